"""The branding and the legal pages over HTTP: who may, what is refused and why, what is kept when something is wrong."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from hotspot.hub import faces as judged_faces
from hotspot.hub.access import Role
from hotspot.hub.api import halls
from hotspot.hub.hub import Hub
from hotspot.hub.store import policies
from tests.hub.console import city, faces
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub
HERE = "/settings/in/partner:musterstadt"
LOGO = faces.TOWN.joinpath("wappen.svg").read_bytes()
OPEN = re.compile(r'<(input|textarea|select)(?![^>]*(hidden|disabled))[^>]*name="(theme|legal|feedback|services|hall)')
"""A field that takes something."""
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10" + bytes(40)


async def town(hub: Hub) -> None:
    """A town with a hall, and nothing said."""
    await city.done(hub, halls.create_partner, {"name": "musterstadt", "title": "Stadt Musterstadt"})
    await city.done(hub, halls.create_hall, {"partner": "musterstadt", "name": "musterstadt-rathaus", "title": "Rathaus"})


async def clerk(seats: Seats) -> Seat:
    """Of the town."""
    return await seats("carla", Role.PARTNER_EDITOR, "musterstadt")


async def apply(seat: Seat, hub: Hub, draft: str, scope: str = "partner/musterstadt") -> dict[str, Any]:
    """Take a draft over; what is said in the scope then."""
    page = await seat.get(draft)
    seen = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert seen is not None, page.words
    answer = await seat.post(f"{draft}/apply", {"seen": seen[1], "how": "all"})
    assert answer.status == 303, answer.words
    async with hub.store.connection() as connection:
        found = await policies.document(connection, scope)
    assert found is not None
    return found.document


async def test_a_clerk_gives_the_town_its_face(seats: Seats, hub: Hub) -> None:
    """Name, colours, coat of arms and a notice, in one form; the draft has them, then the halls."""
    await town(hub)
    carla = await clerk(seats)
    fields = {"hall.town": "Stadt Musterstadt", "theme.colours.accent": "#0b5394", "theme.welcome.de": "Willkommen!"}
    answer = await carla.upload(f"{HERE}/branding", fields, {"logo": ("Wappen der Stadt.SVG", LOGO)})
    assert (answer.status, answer.goal[:17]) == (303, "/settings/drafts/"), answer.words
    page = await carla.get(f"{HERE}/branding")
    assert re.search(r"Set here: logo-[0-9a-f]{8}\.svg", page.words), page.words
    document = await apply(carla, hub, answer.goal)
    theme = document["theme"]
    assert isinstance(theme, dict)
    assert document["hall"] == {"town": "Stadt Musterstadt"}
    assert (theme["colours"], theme["welcome"]) == ({"accent": "#0b5394"}, {"de": "Willkommen!"})
    shown = await carla.get("/halls/musterstadt-rathaus/preview/public?lang=de")
    assert "data:image/svg+xml;base64," in shown.text
    assert "Willkommen!" in shown.words
    assert "--accent:#0b5394" in shown.text


async def test_nothing_changes_when_nothing_was_changed(seats: Seats, hub: Hub) -> None:
    """The form of a town with a face, sent as it is shown, leads back and keeps no draft."""
    await city.done(hub, halls.create_partner, {"name": "musterstadt", "title": "Stadt Musterstadt"})
    await city.done(hub, halls.create_hall, {"partner": "musterstadt", "name": "musterstadt-rathaus", "title": "Rathaus"})
    await faces.brand(hub)
    carla = await clerk(seats)
    for section in ("branding", "legal", "messages", "services/personalausweis"):
        page = await carla.get(f"{HERE}/{section}")
        form = next(each for each in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL) if f'action="{HERE}/{section}"' in each)
        answer = await carla.post(f"{HERE}/{section}", filled(form))
        assert answer.status == 303, (section, answer.words)
        assert not answer.goal.startswith("/settings/drafts"), (section, (await carla.get(answer.goal)).words)


def filled(form: str) -> dict[str, str]:
    """What a browser would send for a form as it is."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if named.get("type", "text") not in ("file", "checkbox", "hidden", "radio"):
            found[named["name"]] = unescape(named.get("value", ""))
    found |= {name: unescape(text) for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)}
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = (re.findall(r'<option value="([^"]*)" selected', options) or [""])[0]
    return found


@pytest.mark.parametrize(
    ("what", "name", "content", "said"),
    [
        ("logo", "wappen.gif", b"GIF89a", "its name has to end with .svg, .png, .webp, .jpg, .jpeg"),
        ("logo", "wappen.png", LOGO, "inside it is something else than its name says"),
        ("logo", "wappen.png", PNG + bytes(100_000), "it has 101 KB, at most 100 KB are possible"),
        ("photo", "rathaus.jpg", b"\xff\xd8\xff" + bytes(500_000), "at most 500 KB"),
        ("sign_language", "film.mp4", b"not a film", "inside it is something else"),
    ],
)
async def test_pictures_are_looked_at(seats: Seats, hub: Hub, what: str, name: str, content: bytes, said: str) -> None:
    """By the gateways' own reader; what was typed beside stays, and so does a good file."""
    await town(hub)
    carla = await clerk(seats)
    files = {what: (name, content)}
    if what != "photo":
        files["photo"] = ("rathaus.png", PNG)
    answer = await carla.upload(f"{HERE}/branding", {"theme.welcome.de": "Bleibt stehen", "hall.town": "Musterstadt"}, files)
    assert answer.status == 422
    assert said in answer.words
    assert "Bleibt stehen" in answer.text
    if what != "photo":
        assert "Set here: photo-" in answer.words


@pytest.mark.parametrize(
    ("accent", "dark", "said"),
    [
        ("#ffee00", "", "The contrast is 1 : 1, at least 4.5 : 1 is needed. The nearest colour that can be read is #787000."),
        ("#0b5394", "#333333", "The nearest colour that can be read is #8b8b8b."),
        ("red", "", "A colour is written as # and six digits"),
        ("#0b5394;}</style><script>", "", "A colour is written as # and six digits"),
    ],
)
async def test_colours_that_cannot_be_read_are_refused(seats: Seats, hub: Hub, accent: str, dark: str, said: str) -> None:
    """With the figure and one that would do, before anything is kept."""
    await town(hub)
    carla = await clerk(seats)
    answer = await carla.post(f"{HERE}/branding", {"theme.colours.accent": accent, "theme.colours.dark": dark})
    assert answer.status == 422
    assert said in answer.words
    assert "<script>" not in answer.text
    part = await carla.get(f"/settings/contrast?{urlencode({'theme.colours.accent': accent, 'theme.colours.dark': dark})}")
    assert "These colours cannot be used" in part.words


async def test_colours_can_be_checked_without_a_script(seats: Seats, hub: Hub) -> None:
    """The button shows the figures; another takes the colour that would do."""
    await town(hub)
    carla = await clerk(seats)
    checked = await carla.post(f"{HERE}/branding", {"theme.colours.accent": "#ffee00", "check": ""})
    assert (checked.status, "Take #787000" in checked.words) == (200, True)
    taken = await carla.post(f"{HERE}/branding", {"theme.colours.accent": "#ffee00", "take": "#787000"})
    assert 'value="#787000"' in taken.text
    assert "These colours can be read well" in taken.words


def test_what_is_judged_good_is_good() -> None:
    """For many colours: words and figures say the same as the reader."""
    for red in range(0, 256, 51):
        for green in range(0, 256, 51):
            for blue in range(0, 256, 51):
                found = judged_faces.judge(f"#{red:02x}{green:02x}{blue:02x}")
                low = [pair for pair in found.pairs if not pair.enough and pair.use in (judged_faces.Use.LINK, judged_faces.Use.GROUND)]
                assert bool(low) == (found.wrong == "accent"), found
                if found.better:
                    assert judged_faces.judge(found.better).wrong == ""


async def test_a_hall_takes_over_and_may_do_without(seats: Seats, hub: Hub) -> None:
    """What the town has set is shown as such; a box takes the picture away here alone, and gives it back."""
    await town(hub)
    await faces.brand(hub)
    carla = await clerk(seats)
    here = "/settings/in/hall:musterstadt-rathaus/branding"
    page = await carla.get(here)
    assert "Taken over from above: wappen.svg." in page.words
    answer = await carla.post(here, {"logo.off": "yes"})
    assert await apply(carla, hub, answer.goal, "hall/musterstadt-rathaus") == {"theme": {"logo": None}}
    assert "Not shown here, though there is one above." in (await carla.get(here)).words
    answer = await carla.post(here, {"logo.off": "yes"})
    assert await apply(carla, hub, answer.goal, "hall/musterstadt-rathaus") == {}


async def test_legal_pages_are_kept_by_key(seats: Seats, hub: Hub) -> None:
    """Names, addresses and texts by language; what no reader takes is said at its field, with what was typed."""
    await town(hub)
    carla = await clerk(seats)
    address = "Marktplatz 1\n12345 Musterstadt\n"
    fields = {"legal.operator.name": "Stadt Musterstadt", "legal.operator.address": address, "legal.operator.phone": "abc"}
    answer = await carla.post(f"{HERE}/legal", fields)
    assert answer.status == 422
    assert "Expected a telephone number" in answer.words
    assert 'value="abc"' in answer.text
    fields |= {"legal.operator.phone": "+49 1234 5670", "legal.privacy.text.tr": "Metin", "legal.privacy.instead": "yes"}
    answer = await carla.post(f"{HERE}/legal", fields)
    document = await apply(carla, hub, answer.goal)
    assert document == {
        "legal": {
            "operator": {"name": "Stadt Musterstadt", "address": ["Marktplatz 1", "12345 Musterstadt"], "phone": "+49 1234 5670"},
            "privacy": {"text": {"tr": "Metin"}, "instead": True},
        }
    }
    answer = await carla.post(
        f"{HERE}/messages", {"feedback.enabled": "yes", "feedback.next.de": "Wir lesen alles.", "feedback.keep": "1 h"}
    )
    assert answer.status == 422
    answer = await carla.post(
        f"{HERE}/messages", {"feedback.enabled": "yes", "feedback.next.de": "Wir lesen alles.", "feedback.keep": "90 d"}
    )
    document = await apply(carla, hub, answer.goal)
    assert document["feedback"] == {"enabled": True, "next": {"de": "Wir lesen alles."}, "keep": "90 d"}


async def test_a_viewer_reads_only(seats: Seats, hub: Hub) -> None:
    """No button, no open field; a form of theirs is refused, and so is one for the city or another town."""
    await town(hub)
    viewer = await seats("vera", Role.PARTNER_VIEWER, "musterstadt")
    for section in ("branding", "legal", "messages", "services", "services/_new"):
        page = await viewer.get(f"{HERE}/{section}")
        assert page.status == 200
        assert "You can read these settings, but not change them." in page.words
        assert not OPEN.search(page.text)
        assert (await viewer.post(f"{HERE}/{section}", {"hall.town": "x"})).status == 403
    carla = await clerk(seats)
    assert (await carla.post("/settings/in/host/branding", {"hall.town": "x"})).status == 403
    assert (await carla.get("/settings/in/partner:kleinheim/branding")).status == 404
