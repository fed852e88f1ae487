"""The table of probes: complete, and the same as what the portal counts by."""

import pytest

from hotspot.lab.probes import BY_QUESTION, PROBES, SHEETS, Probe
from hotspot.session import probes


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: f"{probe.host}{probe.path}")
def test_the_portal_counts_it_under_its_family(probe: Probe) -> None:
    """What the request says, byte by byte, is known to the portal's figures as the family that sends it."""
    assert probes.family_of(probe.request()) == probe.family


def test_every_host_that_the_portal_knows_is_asked() -> None:
    """No host stands in the figures' table alone: then nobody would ever have tried it."""
    known = {host for hosts in probes._HOSTS.values() for host in hosts}
    assert known - {probe.host for probe in PROBES} == set()


def test_requests_are_written_as_the_systems_write_them() -> None:
    """Apple's first probe is HTTP/1.0 and closes, Firefox's forbids every cache."""
    apple, firefox = (next(probe for probe in PROBES if probe.family == family) for family in ("apple", "firefox"))
    assert apple.request() == (
        b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nUser-Agent: CaptiveNetworkSupport-483.1 wispr\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert firefox.request() == (
        b"GET /canonical.html HTTP/1.1\r\nHost: detectportal.firefox.com\r\n"
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: */*\r\n"
        b"Accept-Encoding: gzip, deflate\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nConnection: keep-alive\r\n\r\n"
    )


def test_what_is_asked_over_one_ip_version_only() -> None:
    """Windows and Firefox learn about IPv4 and IPv6 apart."""
    single = {f"{probe.host}{probe.path}": probe.versions for probe in PROBES if len(probe.versions) == 1}
    assert single == {
        "ipv6.msftconnecttest.com/connecttest.txt": (6,),
        "ipv6.msftncsi.com/ncsi.txt": (6,),
        "detectportal.firefox.com/success.txt?ipv4": (4,),
        "detectportal.firefox.com/success.txt?ipv6": (6,),
    }


def test_a_question_has_one_answer() -> None:
    """Probes and the pages that systems open beside them do not contradict each other."""
    assert len(BY_QUESTION) == len(PROBES) + len(SHEETS)
