"""The services directory over HTTP: one by one, as a table, and what tables can be full of."""

import csv
import io
import re

import pytest

from hotspot.hub import sheets
from hotspot.hub.access import Role
from hotspot.hub.api import halls
from hotspot.hub.console.settings.services import over
from hotspot.hub.hub import Hub
from hotspot.hub.policy.merge import merge
from hotspot.hub.store import policies
from tests.hub.console import city, faces
from tests.hub.console.conftest import Answer, Seat, Seats
from tests.hub.console.test_branding import apply

pytestmark = pytest.mark.hub
HERE = "/settings/in/partner:musterstadt"
THERE = "/settings/in/hall:musterstadt-rathaus"
NEW = {"services.services._.name.de": "Hundesteuer", "services.services._.purpose.de": "Hund an- und abmelden."}


async def town(hub: Hub, face: bool = True) -> None:
    """A town with a hall, and (``face``) ten services."""
    await city.done(hub, halls.create_partner, {"name": "musterstadt", "title": "Stadt Musterstadt"})
    await city.done(hub, halls.create_hall, {"partner": "musterstadt", "name": "musterstadt-rathaus", "title": "Rathaus"})
    if face:
        await faces.brand(hub)


async def clerk(seats: Seats) -> Seat:
    """Of the town."""
    return await seats("carla", Role.PARTNER_EDITOR, "musterstadt")


async def said(hub: Hub, scope: str = "partner/musterstadt") -> dict[str, object]:
    """The services of a scope as they are in force."""
    async with hub.store.connection() as connection:
        found = await policies.document(connection, scope)
    section = {} if found is None else found.document.get("services", {})
    services: dict[str, object] = section.get("services", {})
    return services


async def sent(seat: Seat, content: bytes | str, whole: str = "no", name: str = "liste.csv") -> Answer:
    """A table, to see what it would do."""
    given = content if isinstance(content, bytes) else content.encode()
    return await seat.upload(f"{HERE}/services-import", {"whole": whole}, {"file": (name, given)})


async def imported(seat: Seat, hub: Hub, content: bytes | str, whole: str = "no") -> None:
    """A good table, to the end."""
    seen = await sent(seat, content, whole)
    assert seen.status == 200, seen.words
    text = sheets.text_of(content if isinstance(content, bytes) else content.encode())
    answer = await seat.upload(f"{HERE}/services-import", {"whole": whole, "table": text}, {})
    assert answer.goal.startswith("/settings/drafts/"), answer.words
    await apply(seat, hub, answer.goal)


async def test_add_change_and_take_away(seats: Seats, hub: Hub) -> None:
    """A service comes with an id made of its name, keeps it when renamed, and goes only when somebody is sure."""
    await town(hub, face=False)
    carla = await clerk(seats)
    assert "There are no services yet." in (await carla.get(f"{HERE}/services")).words
    answer = await carla.post(f"{HERE}/services/_new", NEW)
    await apply(carla, hub, answer.goal)
    assert await said(hub) == {"hundesteuer": {"name": {"de": "Hundesteuer"}, "purpose": {"de": "Hund an- und abmelden."}}}
    answer = await carla.post(f"{HERE}/services/hundesteuer", {**NEW, "services.services._.name.de": "Steuer für Hunde"})
    await apply(carla, hub, answer.goal)
    assert list(await said(hub)) == ["hundesteuer"]
    answer = await carla.post(f"{HERE}/services/_new", NEW)
    await apply(carla, hub, answer.goal)
    assert list(await said(hub)) == ["hundesteuer", "hundesteuer-2"]
    answer = await carla.post(f"{HERE}/services/hundesteuer", {"remove": "yes"})
    assert (answer.status, "Please tick the box" in answer.words) == (422, True)
    answer = await carla.post(f"{HERE}/services/hundesteuer", {"remove": "yes", "sure": "yes"})
    await apply(carla, hub, answer.goal)
    assert list(await said(hub)) == ["hundesteuer-2"]
    assert (await carla.get(f"{HERE}/services/hundesteuer")).status == 404


async def test_what_is_wrong_is_said_at_its_field(seats: Seats, hub: Hub) -> None:
    """In the reader's words; everything that was typed is still there."""
    await town(hub, face=False)
    carla = await clerk(seats)
    fields = {
        **NEW,
        "services.services._.phone": "ruf mich an",
        "services.services._.fee.amount": "12,00",
        "services.services._.fee.iban": "DE89 3704 0044 0532 0130 01",
    }
    answer = await carla.post(f"{HERE}/services/_new", fields)
    assert answer.status == 422
    field = answer.text.index('id="services.services._.phone-fault"')
    assert "Expected a telephone number" in answer.text[field : field + 300]
    assert 'value="DE89 3704 0044 0532 0130 01"' in answer.text
    answer = await carla.post(f"{HERE}/services/_new", {**NEW, "services.services._.name.de": ""})
    assert "Please give it a name." in answer.words
    answer = await carla.post(f"{HERE}/services", {"services.account.iban": "DE00", "services.account.receiver": "Stadtkasse"})
    assert (answer.status, "IBAN" in answer.words) == (422, True)


async def test_a_hall_says_only_what_is_different(seats: Seats, hub: Hub) -> None:
    """A service of the town is changed in one hall: the rest follows the town; it can be hidden there, and brought back."""
    await town(hub)
    carla = await clerk(seats)
    page = await carla.get(f"{THERE}/services/fundbuero")
    assert "taken over from above" in page.words
    answer = await carla.post(f"{THERE}/services/fundbuero", {"services.services._.room.de": "Keller"})
    await apply(carla, hub, answer.goal, "hall/musterstadt-rathaus")
    assert await said(hub, "hall/musterstadt-rathaus") == {"fundbuero": {"room": {"de": "Keller"}}}
    answer = await carla.post(f"{THERE}/services/fundbuero", {"remove": "yes", "sure": "yes"})
    await apply(carla, hub, answer.goal, "hall/musterstadt-rathaus")
    assert await said(hub, "hall/musterstadt-rathaus") == {"fundbuero": None}
    shown = await carla.get("/halls/musterstadt-rathaus/preview/public?scene=services&lang=de")
    assert "Fundbüro" not in shown.words
    assert "not shown here" in (await carla.get(f"{THERE}/services")).words
    answer = await carla.post(f"{THERE}/services/fundbuero", {"restore": "yes"})
    await apply(carla, hub, answer.goal, "hall/musterstadt-rathaus")
    assert await said(hub, "hall/musterstadt-rathaus") == {}


def test_over_says_what_makes_the_difference() -> None:
    """Laid over what is above, it gives what is wanted."""
    above = {"name": {"de": "A", "en": "B"}, "phone": "1", "hours": ["Mo 8-12"]}
    for wanted in (
        above,
        {"name": {"de": "A"}},
        {"name": {"de": "C", "en": "B", "tr": "D"}, "hours": []},
        {**above, "fee": {"amount": "1"}},
    ):
        assert merge(above, over(above, wanted)) == wanted
    assert over(above, above) == {}


async def test_the_list_is_found_and_sorted(seats: Seats, hub: Hub) -> None:
    """By a part of a name or an office, however it is written; by name, or by office."""
    await town(hub)
    carla = await clerk(seats)
    names = re.compile(r'class="in-table" href="[^"]+/([a-z-]+)"')
    assert names.findall((await carla.get(f"{HERE}/services?q=BÜRGERbuero")).text) == ["meldebescheinigung", "personalausweis"]
    listed = names.findall((await carla.get(f"{HERE}/services")).text)
    assert (listed[0], len(listed)) == ("sperrmuell", 10)  # Bulky waste
    assert names.findall((await carla.get(f"{HERE}/services?sort=office")).text)[0] == "meldebescheinigung"


# Tables ----------------------------------------------------------------------------------------------------------------------------------


async def test_a_table_goes_out_and_comes_back(seats: Seats, hub: Hub) -> None:
    """Exported, changed in a spreadsheet as German Excel saves it, and imported: first what it does, then a draft."""
    await town(hub)
    carla = await clerk(seats)
    exported = await carla.get(f"{HERE}/services.csv")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="services-partner-musterstadt.csv"'
    assert exported.body.startswith(b"\xef\xbb\xbfKennung;Name;")
    seen = await sent(carla, exported.body)
    assert re.search(r"new 0 changed 0 stay as they are 10", seen.words), seen.words
    before = await said(hub)
    rows = list(csv.reader(io.StringIO(exported.body.decode("utf-8-sig"), newline=""), delimiter=";"))
    rows = [row for row in rows if row[0] != "kita"]
    rows[1][rows[0].index("Telefon")] = "+49 1234 999"
    rows.append(["", "Bücherei"] + [""] * (len(rows[0]) - 2))
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    changed = out.getvalue().encode("cp1252", "replace")
    seen = await sent(carla, changed, "yes")
    assert re.search(r"new 1 changed \d+ stay as they are \d+ go 1", seen.words), seen.words
    await imported(carla, hub, out.getvalue(), "yes")
    after = await said(hub)
    assert set(after) == {*before, "buecherei"} - {"kita"}
    assert after["wohngeld"] == before["wohngeld"]
    changed_one = next(id_ for id_ in before if id_ != "kita" and after[id_] != before[id_])
    assert rows[1][0] == changed_one


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_encodings(seats: Seats, hub: Hub, encoding: str) -> None:
    """As Excel and LibreOffice save a table."""
    await town(hub, face=False)
    carla = await clerk(seats)
    await imported(carla, hub, "Name;Zuständige Stelle\r\nHundesteuer;Kämmerei\r\n".encode(encoding))
    assert await said(hub) == {"hundesteuer": {"name": {"de": "Hundesteuer"}, "authority_name": {"de": "Kämmerei"}}}


async def test_nothing_is_half_imported(seats: Seats, hub: Hub) -> None:
    """Rows that cannot be used are named with line, column and cell; there is no button, and the second form is refused too."""
    await town(hub, face=False)
    carla = await clerk(seats)
    heads = "Kennung;Name;E-Mail;Gebühr;IBAN;Empfänger;Verwendungszweck"
    rows = (
        ";Gut;gut@stadt.example;;;;",
        ";Schlecht;kein at;;;;",
        ";Teuer;;12,00;DE99;Kasse;Pass",
        ";;x@stadt.example;;;;",
        ";Gut;;;;;",
        ";Wie;;9;;;",
    )
    table = "\n".join((heads, *rows))
    answer = await sent(carla, table)
    assert answer.status == 422
    words = answer.words
    assert "5 rows cannot be used." in words
    for line, column, cell, expected in (
        ("3", "E-Mail", "kein at", "expected an e-mail address"),
        ("4", "IBAN", "DE99", "expected"),
        ("5", "Name", "", "This cell is empty, but others need it."),
        ("6", "Kennung", "gut", "expected another id than in line 2"),
        ("7", "Verwendungszweck", "", "This cell is empty, but others need it."),
    ):
        assert re.search(rf"{line} [^|]*cannot be used {column} {re.escape(cell)} ?{re.escape(expected)}", words), (line, words)
    assert 'name="table"' not in answer.text
    answer = await carla.upload(f"{HERE}/services-import", {"table": table, "whole": "no"}, {})
    assert answer.status == 422
    assert await said(hub) == {}
    assert (await carla.get(f"{HERE}/services")).text.count("in-table") == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"Name",
        b"Farbe;Form\nrot;rund\n",
        b"Name;Name\na;b\n",
        b"Name;Name (xx)\na;b\n",
        b'Name\n"offen',
        b"Name;Zweck\na;b;c;d\n",
        b"PK\x03\x04 an xlsx is a zip",
        bytes(range(256)),
        b"Name\n" + b"x\x00y\n",
        b"\xff\xfeN",
        b"Name;" * 2_000 + b"\n",
        b"Name\n" + b"".join(b"S%d\n" % number for number in range(501)),
        b"Name\n" + b"x" * 1_000_001,
    ],
    ids=["empty", "blank", "no-rows", "other", "twice", "language", "quote", "wide", "zip", "bytes", "nul", "half", "many", "rows", "huge"],
)
async def test_what_is_no_table_is_said(seats: Seats, hub: Hub, content: bytes) -> None:
    """Never an error of the server, and nothing is kept."""
    await town(hub, face=False)
    carla = await clerk(seats)
    answer = await sent(carla, content)
    assert answer.status == 422, answer.words
    assert "no table of services" in answer.words or "no rows" in answer.words
    assert (await carla.upload(f"{HERE}/services-import", {"whole": "no"}, {})).status == 422


async def test_a_hostile_table_harms_nothing(seats: Seats, hub: Hub) -> None:
    """Markup, formulas, control characters and 10,000 letters are shown as text, refused where the reader refuses, and defused on the way
    out."""
    await town(hub, face=False)
    carla = await clerk(seats)
    evil = "<script>alert(1)</script>\"'&"
    rows = [["Kennung", "Name", "Zweck", "Telefon"], ["a", evil, "=HYPERLINK(1)", "+49 1234 5"], ["b", "@SUM", "\t=1+1", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    seen = await sent(carla, out.getvalue(), name=f"{evil}.csv")
    assert seen.status == 200, seen.words
    assert "<script>alert" not in seen.text
    await imported(carla, hub, out.getvalue())
    listed = await carla.get(f"{HERE}/services")
    assert "<script>alert" not in listed.text
    exported = list(csv.reader(io.StringIO((await carla.get(f"{HERE}/services.csv")).body.decode("utf-8-sig"), newline=""), delimiter=";"))
    cells = {row[0]: row for row in exported}
    assert cells["a"][2] == "'=HYPERLINK(1)"
    assert cells["b"][1] == "'@SUM"
    assert "+49 1234 5" in cells["a"]
    long = await sent(carla, f"Name\n{'W' * 10_000}\n")
    assert (long.status, len(long.words) < 8_000) == (422, True)


async def test_the_template_can_be_imported(seats: Seats, hub: Hub) -> None:
    """As it is: its example is a service."""
    await town(hub, face=False)
    carla = await clerk(seats)
    template = await carla.get("/settings/services.csv")
    await imported(carla, hub, template.body)
    assert list(await said(hub)) == ["personalausweis"]
