"""The legal pages over HTTP: for whoever asks, before acceptance and for devices that nobody knows."""

import pytest
from msgspec.structs import replace

from hotspot.portal.legal import Imprint, Legal, Party
from hotspot.session.states import State
from tests.hotspot.portal.served_hall import hall, heading

HEADINGS = {"/imprint": "Imprint", "/privacy": "Privacy", "/accessibility": "Accessibility", "/terms": "Terms of use"}


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.0.2.1"], ids=["known", "unknown"])
async def test_before_acceptance(ip: str) -> None:
    """Without a device that we know, without a gateway that answers, by GET and HEAD."""
    async with hall(ip=ip) as at:
        at.desk.gate_up = False
        answers = {path: await at.get(f"{path}?lang=en") for path in HEADINGS}
        assert {path: (answer.status, heading(answer)) for path, answer in answers.items()} == {
            path: (200, name) for path, name in HEADINGS.items()
        }
        assert {(await at.ask("HEAD", path, b"")).status for path in HEADINGS} == {200}


async def test_blocked_devices_too() -> None:
    """Who is kept out may still read why and complain."""
    async with hall() as at:
        at.desk.state = State.BLOCKED
        assert {(await at.get(path)).status for path in HEADINGS} == {200}


async def test_nothing_from_elsewhere() -> None:
    """These pages load nothing, not even from us."""
    async with hall() as at:
        for path in HEADINGS:
            answer = await at.get(path)
            assert "script-src" not in answer.headers["Content-Security-Policy"]
            assert ("<script" in answer.text, "<img" in answer.text) == (False, False)


async def test_a_reload_changes_the_page() -> None:
    """What the settings say now is what the page says now."""
    async with hall() as at:
        assert "Stadt Neustadt" not in (await at.get("/imprint")).text
        at.desk.now_settings = replace(at.desk.settings, legal=Legal(Imprint(Party("Stadt Neustadt"))))
        assert "Stadt Neustadt" in (await at.get("/imprint")).text
