"""Towns and halls over HTTP: set up, changed, left, handed over, erased; what was typed is never lost."""

import io
import zipfile

import pytest

from hotspot.hub.access import Role
from hotspot.hub.console import names
from hotspot.hub.hub import Hub
from tests.hub import town
from tests.hub.console.conftest import Seats

pytestmark = pytest.mark.hub
NASTY = '<script>alert(1)</script>&"' + "x" * 150


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Gemeinde Kleinheim", "kleinheim"),
        ("Große Kreisstadt Mühlacker", "grosse-kreisstadt-muehlacker"),
        ("Markt Bergdorf a. d. Ilz", "bergdorf-a-d-ilz"),
        ("Gemeinde", "gemeinde"),
        ("Łódź", "odz"),
        ("東京", ""),
        ("x" * 60, "x" * 40),
    ],
)
def test_short_names_of_towns(title: str, name: str) -> None:
    """From what people type; what leaves nothing is asked for."""
    assert names.of_town(title) == name
    assert not name or names.is_name(name)


def test_short_names_of_halls() -> None:
    """They begin with the town, and say it once; one that is taken gets a number."""
    assert names.of_hall("kleinheim", "Rathaus Kleinheim") == "kleinheim-rathaus"
    assert names.of_hall("kleinheim", "Bürgerhaus") == "kleinheim-buergerhaus"
    assert names.free("a", {"a", "a-2"}) == "a-3"
    assert len(names.free("x" * 40, {"x" * 40})) <= names.LONGEST


async def test_a_town_joins(seats: Seats, hub: Hub) -> None:
    """With its first hall and the agreement ticked, in one form; short names come by themselves."""
    admin = await seats.admin()
    fields = {"title": "Gemeinde Neudorf", "contact": "Frau Muster\nTelefon 123", "hall_title": "Rathaus Neudorf", "agreement": "yes"}
    answer = await admin.post("/partners/new", fields)
    assert (answer.status, answer.goal) == (303, "/partners/neudorf/checklist")
    words = (await admin.get("/partners/neudorf")).words
    assert "Gemeinde Neudorf" in words and "Rathaus Neudorf" in words and "Frau Muster Telefon 123" in words
    assert "The agreement is signed done" in (await admin.get("/partners/neudorf/checklist")).words
    async with hub.store.connection() as connection:
        actions = {row["action"] for row in await connection.fetch("SELECT action FROM audit WHERE partner = 'neudorf'")}
    assert actions == {"partner.create", "hall.create", "checklist.tick"}


async def test_what_was_typed_stays(seats: Seats, hub: Hub) -> None:
    """Each fault stands at its field, nothing is made, and everything is still there."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    good = {"title": "Gemeinde Neudorf", "contact": "Wer?", "hall_title": "Bürgerhaus", "agreement": "yes"}
    for fields, status, said in (
        ({"title": ""}, 400, "at most 200 letters"),
        ({"title": "x" * 201}, 400, "at most 200 letters"),
        ({"name": "Neu Dorf"}, 400, "small letters"),
        ({"title": "東京"}, 400, "small letters"),
        ({"name": "new"}, 400, "small letters"),
        ({"name": "kleinheim"}, 409, "is taken"),
        ({"hall_name": "kleinheim-rathaus"}, 400, "is taken"),
        ({"contact": "y" * 501}, 400, "at most 500"),
    ):
        answer = await admin.post("/partners/new", good | fields)
        assert answer.status == status and said in answer.words, (fields, answer.words)
        for value in (good | fields).values():
            assert value in answer.text, fields
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM partners") == 1


async def test_changed(seats: Seats, hub: Hub) -> None:
    """Title and contact; the way back is the one that the link named, unless it leads elsewhere."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    fields = {"title": "Stadt Kleinheim", "contact": "Bauamt", "back": "/partners/kleinheim/checklist"}
    assert (await admin.post("/partners/kleinheim/change", fields)).goal == "/partners/kleinheim/checklist"
    assert (await admin.post("/partners/kleinheim/change", fields | {"back": "//evil.example"})).goal == "/"
    assert "Stadt Kleinheim" in (await admin.get("/partners")).words
    answer = await admin.post("/partners/kleinheim/change", fields | {"title": " "})
    assert answer.status == 400 and "Bauamt" in answer.text


async def test_a_further_hall(seats: Seats, hub: Hub) -> None:
    """Its short name comes by itself, also when the first one is taken; a wrong time zone is said at its field."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    path = "/partners/kleinheim/halls/new"
    assert (await admin.post(path, {"title": "Rathaus", "time_zone": "Europe/Berlin"})).goal == "/partners/kleinheim"
    answer = await admin.post(path, {"title": "Bad", "time_zone": "Europe/Kleinheim"})
    assert answer.status == 400 and "There is no such time zone" in answer.words and "Europe/Kleinheim" in answer.text
    async with hub.store.connection() as connection:
        found = [row["name"] for row in await connection.fetch("SELECT name FROM halls ORDER BY id")]
    assert found == ["kleinheim-rathaus", "kleinheim-rathaus-2"]


async def test_the_end(seats: Seats, hub: Hub) -> None:
    """First it leaves, then its data is handed over, then it is erased: each by its name; an entry stays."""
    await town.gateway(hub, "kleinheim-rathaus")
    await seats("erna", Role.PARTNER_EDITOR, "kleinheim")
    admin = await seats.admin()
    asked = await admin.get("/partners/kleinheim/leave")
    assert (
        "1 hall is closed." in asked.words and "1 gateway is shut out" in asked.words and "1 account of the town is locked" in asked.words
    )
    assert "It has to leave first" in (await admin.get("/partners/kleinheim/erase")).words
    assert (await admin.post("/partners/kleinheim/erase", {"name": "kleinheim"})).status == 409
    assert (await admin.post("/partners/kleinheim/leave", {"name": "klein"})).status == 400
    assert (await admin.post("/partners/kleinheim/leave", {"name": "kleinheim"})).goal == "/partners/kleinheim"
    assert "This town left on" in (await admin.get("/partners/kleinheim")).words
    answer = await admin.post("/partners/kleinheim/halls/new", {"title": "Bad", "time_zone": "Europe/Berlin"})
    assert answer.status == 400 and "takes part no more" in answer.words
    answer = await admin.post("/partners/kleinheim/export")
    assert "partners.csv" in zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
    assert (await admin.post("/partners/kleinheim/erase", {"name": "Kleinheim"})).status == 400
    assert (await admin.post("/partners/kleinheim/erase", {"name": "kleinheim"})).goal == "/partners"
    assert (await admin.get("/partners/kleinheim")).status == 404
    gone = await admin.get("/partners/erased")
    assert "kleinheim" in gone.words and "console-admin" in gone.words


async def test_the_end_of_a_hall(seats: Seats, hub: Hub) -> None:
    """It is closed elsewhere; here its data is handed over and erased."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    answer = await admin.post("/halls/kleinheim-rathaus/export")
    assert "halls.csv" in zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
    assert (await admin.post("/halls/kleinheim-rathaus/data", {"name": "kleinheim-rathaus"})).status == 409
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET closed_at = now()")
    assert (await admin.post("/halls/kleinheim-rathaus/data", {"name": ""})).status == 400
    assert (await admin.post("/halls/kleinheim-rathaus/data", {"name": "kleinheim-rathaus"})).goal == "/partners/kleinheim"
    assert "This town has no hall yet." in (await admin.get("/partners/kleinheim")).words


async def test_a_town_sees_itself(seats: Seats, hub: Hub) -> None:
    """Its people are led to their own page, which has nothing that they could not do."""
    await town.gateway(hub, "kleinheim-rathaus")
    await town.gateway(hub, "grossdorf-rathaus")
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert (await viewer.get("/partners")).goal == "/partners/kleinheim"
    page = await viewer.get("/partners/kleinheim")
    assert page.status == 200
    assert not [word for word in ("/leave", "/export", "/change", "/halls/new", "/users/") if word in page.text]
    assert (await viewer.get("/partners/grossdorf")).status == 404
    assert (await viewer.get("/partners/erased")).status == 403


async def test_hostile_names(seats: Seats) -> None:
    """HTML in titles and contacts is text, wherever they are shown."""
    admin = await seats.admin()
    fields = {"title": NASTY, "name": "neudorf", "contact": NASTY * 2, "hall_title": NASTY, "hall_name": "neudorf-rathaus"}
    assert (await admin.post("/partners/new", fields)).status == 303
    for path in ("", "/neudorf", "/neudorf/change", "/neudorf/halls/new", "/neudorf/leave", "/neudorf/checklist"):
        answer = await admin.get(f"/partners{path}")
        assert answer.status == 200 and "<script>alert" not in answer.text, path
    assert (await admin.get(f"/partners?q={'%3Cscript%3Ealert'}")).status == 200


async def test_found(seats: Seats, hub: Hub) -> None:
    """A town by its own name, or by that of a hall."""
    await town.gateway(hub, "kleinheim-rathaus")
    await town.gateway(hub, "grossdorf-bad")
    admin = await seats.admin()
    assert "Grossdorf" not in (await admin.get("/partners?q=klein")).words
    assert "Kleinheim" not in (await admin.get("/partners?q=BAD")).words
    assert "No town of that name was found." in (await admin.get("/partners?q=xyz")).words
