"""What each system makes of a portal's answer: the whole table, one cell a test."""

import pytest

from hotspot.lab.browse import Response
from hotspot.lab.detectors import DETECTORS, Verdict, detector, plain
from hotspot.lab.probes import PROBES, Probe

PROBE_OF = {family: next(probe for probe in PROBES if probe.family == family) for family in DETECTORS}
PORTAL, ONLINE, FAILED = Verdict.PORTAL, Verdict.ONLINE, Verdict.FAILED


def answer(status: int, body: str = "", *headers: tuple[str, str]) -> Response:
    """An answer with a length, as far as a detector looks at one."""
    sent = () if status == 204 else (("content-length", str(len(body))),)
    return Response(status, (*sent, *headers), body.encode(), 0, 0.0)


PAGE = "<!doctype html><html><body>Welcome to our Wi-Fi</body></html>"
LOCATION = ("location", "http://portal.hall.example/")
SYSTEMS = ("android", "chromium", "firefox", "networkmanager", "windows", "apple")
TABLE: dict[str, tuple[Response | None, tuple[Verdict, ...]]] = {
    "302, the page after it for Chromium": (answer(302, PAGE, LOCATION), (PORTAL,) * 6),
    "303": (answer(303, PAGE, LOCATION), (PORTAL,) * 6),
    "307": (answer(307, PAGE, LOCATION), (PORTAL,) * 6),
    "200 with a page": (answer(200, PAGE), (PORTAL,) * 6),
    "200 with four bytes": (answer(200, "none"), (FAILED, PORTAL, PORTAL, PORTAL, PORTAL, PORTAL)),
    "200 with nothing": (answer(200), (FAILED, ONLINE, PORTAL, PORTAL, PORTAL, PORTAL)),
    "204": (answer(204), (ONLINE, ONLINE, PORTAL, PORTAL, PORTAL, PORTAL)),
    "511": (answer(511, PAGE), (FAILED, PORTAL, PORTAL, PORTAL, PORTAL, PORTAL)),
    "503": (answer(503, PAGE), (FAILED, FAILED, FAILED, PORTAL, PORTAL, FAILED)),
    "404": (answer(404, PAGE), (FAILED, FAILED, FAILED, PORTAL, PORTAL, FAILED)),
    "reset or no answer": (None, (FAILED,) * 6),
}
"""What comes -> what android, chromium, firefox, networkmanager, windows and apple say."""


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("what", TABLE)
def test_the_verdict_of_each_system(what: str, system: str) -> None:
    """One answer, one system, one verdict."""
    given, expected = TABLE[what]
    assert DETECTORS[system](PROBE_OF[system], given) is expected[SYSTEMS.index(system)]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: f"{probe.host}{probe.path}")
def test_the_good_answer_is_online(probe: Probe) -> None:
    """Every system takes its own server's answer for the Internet."""
    good = answer(probe.status, probe.body, *((key.lower(), value) for key, value in probe.headers))
    assert detector(probe.family)(probe, good) is ONLINE


def test_networkmanager_without_an_expected_answer() -> None:
    """Where a distribution's configuration expects nothing, nothing is online: an empty answer of a portal would pass."""
    ubuntu = next(probe for probe in PROBES if probe.host == "connectivity-check.ubuntu.com")
    answers = [answer(200), answer(204), answer(200, PAGE), answer(302, "", LOCATION)]
    assert [DETECTORS["networkmanager"](ubuntu, each) for each in answers] == [ONLINE, ONLINE, PORTAL, PORTAL]


def test_a_device_whose_code_is_not_public() -> None:
    """Nintendo's consoles want their header: without it the right words are a portal's."""
    switch = next(probe for probe in PROBES if probe.host == "ctest.cdn.nintendo.net")
    answers = [answer(200, "ok"), answer(302, PAGE, LOCATION), answer(500), None]
    assert [plain(switch, each) for each in answers] == [PORTAL, PORTAL, FAILED, FAILED]
    assert detector("nintendo") is plain
