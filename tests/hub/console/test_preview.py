"""The preview: the portal's own pages under a policy of their own, with what is in force and with what a draft would change."""

import re

import pytest

from hotspot.hub.access import Role
from hotspot.hub.api import halls, policy
from hotspot.hub.console.preview import SCENES
from hotspot.hub.hub import Hub
from hotspot.portal.catalogues import NAMES
from hotspot.portal.scenes import SCENES as DRAWN
from tests.hub.console import city, faces
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"
FRAME = "/halls/musterstadt-rathaus/preview/public"


async def town(hub: Hub) -> None:
    """Two towns with a hall each; one has a face."""
    for partner, hall in (("musterstadt", "musterstadt-rathaus"), ("kleinheim", "kleinheim-rathaus")):
        await city.done(hub, halls.create_partner, {"name": partner, "title": partner.title()})
        await city.done(hub, halls.create_hall, {"partner": partner, "name": hall, "title": f"Rathaus {partner.title()}"})
    await faces.brand(hub)


async def draft(hub: Hub, seat: Seat, scope: str, fields: dict[str, str]) -> str:
    """Change the branding of a scope; the address of the draft."""
    answer = await seat.post(f"/settings/in/{scope}/branding", fields)
    assert (answer.status, answer.goal.startswith("/settings/drafts/")) == (303, True), answer.words
    return answer.goal


async def test_every_scene_in_every_language_is_drawn(seats: Seats, hub: Hub) -> None:
    """What the list offers is there; pictures are in the page, nothing is loaded, run or sent."""
    await town(hub)
    admin = await seats.admin()
    page = await admin.get("/halls/musterstadt-rathaus/preview")
    assert page.status == 200
    assert page.text.count("<iframe") == len(NAMES)
    offered = [name for scenes in SCENES.values() for name in scenes]
    assert set(offered) <= set(DRAWN)
    shown = re.findall(r'<option value="([a-z-]+)"', page.text[page.text.index('name="scene"') :])
    for scene in [name for name in shown if name in offered]:
        answer = await admin.get(f"{FRAME}?scene={scene}&lang=en")
        assert answer.status == 200, scene
        assert not re.search(r"<script|/brand/|action=|type=\"submit\"|https?://[^<]*wifi4eu", answer.text), scene
        for link in re.findall(r'href="([^"]*)"', answer.text):
            assert link.startswith(("#", "?scene=")), (scene, link)
    for language in NAMES:
        answer = await admin.get(f"{FRAME}?lang={language}")
        assert f'<html lang="{language}"' in answer.text
        assert "data:image/svg+xml;base64," in answer.text


async def test_the_chosen_language_comes_first(seats: Seats, hub: Hub) -> None:
    """Among all languages it is marked; there is one frame of each."""
    await town(hub)
    page = await (await seats.admin()).get("/halls/musterstadt-rathaus/preview?lang=tr")
    phones = re.findall(r'<li( class="chosen")?>\s*<h3><a [^>]*><span lang="([a-z-]+)">', page.text)
    assert (phones[0], len(phones), [code for mark, code in phones if mark]) == ((' class="chosen"', "tr"), len(NAMES), ["tr"])
    assert page.words.count("Türkçe , large chosen") == 1


async def test_the_frames_are_under_a_policy_of_their_own(seats: Seats, hub: Hub) -> None:
    """Their style by its hash, nothing else; a sandbox; only the console may frame them."""
    await town(hub)
    admin = await seats.admin()
    answer = await admin.get(FRAME)
    rules = answer.headers["Content-Security-Policy"].split("; ")
    assert rules[0].startswith("style-src 'sha256-")
    assert rules[1:] == [
        "default-src 'none'", "img-src data:", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'",
        "sandbox allow-same-origin",
    ]  # fmt: skip
    assert "frame-ancestors 'none'" in (await admin.get("/halls/musterstadt-rathaus/preview")).headers["Content-Security-Policy"]


async def test_a_draft_changes_its_pages_and_no_others(seats: Seats, hub: Hub) -> None:
    """Before and after side by side; what is in force stays as it is."""
    await town(hub)
    admin = await seats.admin()
    address = await draft(hub, admin, "partner:musterstadt", {"theme.welcome.de": "Am Freitag geschlossen."})
    after = await admin.get(f"{address}/preview/musterstadt-rathaus/public?lang=de")
    assert "Am Freitag geschlossen." in after.words
    assert "Am Freitag geschlossen." not in (await admin.get(f"{FRAME}?lang=de")).words
    page = await admin.get(f"{address}/preview?view=compare")
    assert page.text.count("<iframe") == 2
    assert (await admin.get(f"{address}/preview?hall=kleinheim-rathaus")).status == 404
    other = await seats("otto", Role.HOST_OPERATOR)
    assert (await other.get(f"{address}/preview")).status == 404


async def test_a_theme_of_markup_harms_nothing(seats: Seats, hub: Hub) -> None:
    """Names and texts full of HTML, control characters and 10,000 letters are shown as text, in the console and in the frames."""
    await town(hub)
    admin = await seats.admin()
    name = HOSTILE + "\u202e\x07" + "W" * 10_000
    document = {
        "hall": {"town": name, "contact": HOSTILE, "address": [HOSTILE]},
        "theme": {"welcome": {"de": HOSTILE}},
        "services": {"services": {"x": {"name": HOSTILE, "purpose": HOSTILE, "keywords": [HOSTILE[:50]]}}},
    }
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "hall/kleinheim-rathaus", "document": document}]})
    for path in (
        "/halls/kleinheim-rathaus/preview",
        *(f"/halls/kleinheim-rathaus/preview/public?scene={scene}" for scene in ("splash", "town", "services", "service-town", "imprint")),
        "/settings/in/hall:kleinheim-rathaus/branding",
        "/settings/in/hall:kleinheim-rathaus/services",
        "/settings/in/hall:kleinheim-rathaus/services/x",
        "/settings/in/hall:kleinheim-rathaus/legal",
    ):
        answer = await admin.get(path)
        assert answer.status == 200, (path, answer.words[:200])
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path


async def test_what_no_gateway_could_use_is_said(seats: Seats, hub: Hub) -> None:
    """In the place of the pages, with key, value and what was expected."""
    await town(hub)
    admin = await seats.admin()
    assert (await admin.get(f"{FRAME}?scene=nothing")).status == 404
    assert (await admin.get(f"{FRAME}?lang=xx")).status == 404
    assert (await admin.get("/halls/musterstadt-rathaus/preview/nowhere")).status == 404
    assert (await admin.get("/halls/nowhere/preview")).status == 404


async def test_only_ones_own_halls_can_be_seen(seats: Seats, hub: Hub) -> None:
    """A partner's people see their own, also without the right to change anything."""
    await town(hub)
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert (await viewer.get("/halls/kleinheim-rathaus/preview")).status == 200
    assert (await viewer.get("/halls/kleinheim-rathaus/preview/public")).status == 200
    assert (await viewer.get("/halls/musterstadt-rathaus/preview")).status == 404
    assert (await viewer.get(FRAME)).status == 404
