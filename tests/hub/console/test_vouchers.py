"""Vouchers and posters at the console: made, printed, shown and withdrawn by those who may; codes are in no address, log or cache."""

import re
from pathlib import Path

import pytest

from hotspot.hub import printer
from hotspot.hub.access import Role
from hotspot.hub.api import policy
from hotspot.hub.api.printing import Busy, PrintFailed, TookTooLong
from hotspot.hub.hub import Hub
from hotspot.session.voucher_codes import parse_voucher
from tests.hotspot.printing.reading import codes_in, fonts_of, image_of, pages_of, text_of
from tests.hub.console import city, papers
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub

HALL = "/halls/kleinheim-rathaus"
ASKED = {"plan": "guest", "count": "26", "devices": "2", "valid": "7", "unit": "d", "not_before": "", "not_after": "", "note": "Schulung"}
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")


@pytest.fixture
async def karl(hub: Hub, seats: Seats) -> Seat:
    """A clerk of Kleinheim, in the city with its policy."""
    await city.people_and_halls(hub)
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": city.POLICY}]})
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


async def made(seat: Seat, **other: str) -> str:
    """Address of a new batch."""
    answer = await seat.post(f"{HALL}/vouchers/new", {**ASKED, **other})
    assert answer.status == 303, answer.words
    return answer.goal


async def test_made_and_shown(karl: Seat) -> None:
    """A batch is in the list with all that was asked for; its codes come by a form only, and nobody keeps the page."""
    batch = await made(karl, not_after="2100-01-31", note="<b>Schulung</b>")
    listed = await karl.get(f"{HALL}/vouchers")
    assert [word in listed.words for word in ("Batch 1", "<b>Schulung</b>", "26", "7 days", "31/01/2100", "karl")] == [True] * 6
    assert "<b>Schulung" not in listed.text
    assert (await karl.get(f"{batch}/codes")).status in (404, 405)
    shown = await karl.post(f"{batch}/codes")
    codes = CODE.findall(shown.words)
    assert (len(codes), [parse_voucher(code) for code in codes], shown.headers["Cache-Control"]) == (26, codes, "no-store")
    page = await karl.get(batch)
    assert CODE.findall(page.words) == []
    table = await karl.post(f"{batch}/export")
    assert (CODE.findall(table.text), table.headers["Cache-Control"]) == (codes, "no-store")
    assert table.headers["Content-Type"].startswith("text/csv")


async def test_a_plan_that_is_not_on_offer(hub: Hub, karl: Seat, seats: Seats) -> None:
    """It is there: what is missing is said, and the way to it, for those who may."""
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "zone/kleinheim-rathaus/public", "document": {"plans": ["free"]}}]})
    viewer, there = await seats("vera", Role.PARTNER_VIEWER, "kleinheim"), "/settings/in/hall:kleinheim-rathaus/zones"
    for path in (f"{HALL}/vouchers", f"{HALL}/vouchers/new"):
        page = await karl.get(path)
        assert "This hall has a plan for vouchers, “Voucher”, but none of its guest networks offers it." in page.words
        assert f'href="{there}"' in page.text and "This hall has no plan for vouchers" not in page.words
    page = await viewer.get(f"{HALL}/vouchers")
    assert "none of its guest networks offers it" in page.words and there not in page.text
    gone = {"plans": {"guest": None}, "zones": {"public": {"plans": ["free"]}}}
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "partner/kleinheim", "document": gone}]})
    assert "This hall has no plan for vouchers" in (await karl.get(f"{HALL}/vouchers")).words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("plan", "free", "Choose one of the plans."),
        ("count", "0", "Enter a whole number from 1 to 10,000."),
        ("count", "viele", "Enter a whole number from 1 to 10,000."),
        ("devices", "101", "Enter a whole number from 1 to 100."),
        ("valid", "367", "at least one hour, at most 366 days"),
        ("unit", "weeks", "at least one hour, at most 366 days"),
        ("not_before", "31.1.2027", "Enter a day"),
        ("not_after", "2020-01-31", "This day is over"),
        ("note", "x" * 201, "Enter at most 200 characters."),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(karl: Seat, field: str, value: str, words: str) -> None:
    """Nothing is made, and nothing that was typed is lost."""
    answer = await karl.post(f"{HALL}/vouchers/new", {**ASKED, field: value})
    assert (answer.status, words in answer.words) == (400, True), answer.words
    if field not in ("plan", "unit"):
        assert f'value="{value}"' in answer.text
    assert 'value="Schulung"' in answer.text or field == "note"
    assert "Batch 1" not in (await karl.get(f"{HALL}/vouchers")).words


async def test_printed(karl: Seat, tmp_path: Path) -> None:
    """The tickets hold every code once, fonts are in the file, and the QR code leads to the page of this hall; without the name of the
    Wi-Fi the page asks for it first."""
    batch = await made(karl)
    assert "Enter the name of the Wi-Fi" in (await karl.get(batch)).words
    refused = await karl.post(f"{batch}/print", {"language": "de"})
    assert (refused.status, "setNetwork" in refused.words) == (409, True)
    told = await karl.post(f"{HALL}/network", {"zone": "public", "password": "", "back": batch, **papers.WIFI})
    assert (told.status, told.goal) == (303, batch)
    codes = CODE.findall((await karl.post(f"{batch}/codes")).words)
    printed = await karl.post(f"{batch}/print", {"language": "de"})
    assert (printed.status, printed.headers["Content-Type"], printed.headers["Cache-Control"]) == (200, "application/pdf", "no-store")
    file = tmp_path / "tickets.pdf"
    file.write_bytes(printed.body)
    texts = text_of(file, 1) + text_of(file, 2)
    assert (pages_of(file)[0], sorted(CODE.findall(texts)), all(fonts_of(file).values())) == (2, sorted(codes), True)
    assert ["Rathaus-WLAN" in texts, "Rathaus Kleinheim" in texts] == [True, True]
    assert codes_in(image_of(file, page=2, dots=200)) == ["http://portal.kleinheim.example/voucher"] * 2


async def test_in_parts(karl: Seat) -> None:
    """Many codes come in several files; there is no part behind the last one."""
    batch = await made(karl, count="241")
    await karl.post(f"{HALL}/network", {"zone": "public", "password": "", **papers.WIFI})
    assert "241 to 241" in (await karl.get(batch)).words
    last = await karl.post(f"{batch}/print", {"language": "ar", "part": "2"})
    assert (last.status, last.headers["Content-Disposition"].endswith('-2.pdf"')) == (200, True)
    assert (await karl.post(f"{batch}/print", {"language": "ar", "part": "3"})).status == 404
    assert (await karl.post(f"{batch}/print", {"language": "tlh"})).status == 422


async def test_a_busy_printer_says_so(karl: Seat, hub: Hub) -> None:
    """The page comes back with what was chosen, and says when to try again."""
    batch = await made(karl)
    await karl.post(f"{HALL}/network", {"zone": "public", "password": "", **papers.WIFI})
    hub.printer = printer.Printer(in_line=0)
    answer = await karl.post(f"{batch}/print", {"language": "tr"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert ["try again in a few seconds" in answer.words, 'value="tr" selected' in answer.text] == [True, True]
    poster = await karl.get(f"{HALL}/poster.pdf")
    assert (poster.status, "try again in a few seconds" in poster.words) == (503, True)


async def test_a_print_that_fails_says_how(karl: Seat, hub: Hub) -> None:
    """One that takes too long, and one of which the process dies, are no busy printer; programs are told by a code of its own."""
    batch = await made(karl)
    await karl.post(f"{HALL}/network", {"zone": "public", "password": "", **papers.WIFI})
    for failing, words in (
        (printer.Printer(seconds=0.05), "Making this PDF took too long"),
        (printer.Printer(memory=1_000_000), "The program that makes PDFs has stopped"),
    ):
        hub.printer = failing
        answer = await karl.post(f"{batch}/print", {"language": "tr"})
        assert (answer.status, words in answer.words, "too much to do" in answer.words) == (503, True, False), answer.words
        poster = await karl.get(f"{HALL}/poster.pdf")
        assert (poster.status, words in poster.words) == (503, True)
    assert len({fault.code for fault in (Busy, TookTooLong, PrintFailed)}) == 3


async def test_withdrawn(karl: Seat) -> None:
    """Only with the box ticked; then nothing of it can be printed or withdrawn any more, and the reason is kept."""
    batch = await made(karl)
    unsure = await karl.post(f"{batch}/withdraw", {"why": "Bogen <i>verloren</i>"})
    assert (unsure.status, "please tick the box" in unsure.words, "Bogen &lt;i&gt;verloren" in unsure.text) == (400, True, True)
    assert (await karl.post(f"{batch}/withdraw", {"why": "Bogen <i>verloren</i>", "sure": "yes"})).goal == f"{HALL}/vouchers"
    page = await karl.get(batch)
    assert ["Bogen <i>verloren</i>" in page.words, "Withdraw the batch" in page.words, "Show the codes" in page.words] == [
        True,
        False,
        False,
    ]
    assert (await karl.post(f"{batch}/withdraw", {"sure": "yes"})).status == 409
    assert ["Batch 1" in (await karl.get(f"{HALL}/vouchers{more}")).words for more in ("", "?all=yes")] == [False, True]


async def test_viewers_and_other_towns(karl: Seat, seats: Seats) -> None:
    """A viewer sees batches and the poster, but no code and no button; another town's people find nothing."""
    batch = await made(karl)
    vera = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    page = await vera.get(batch)
    assert (page.status, "Show the codes" in page.words, "Withdraw" in page.words) == (200, False, False)
    statuses = [(await vera.post(f"{batch}/{what}", {"sure": "yes"})).status for what in ("codes", "export", "print", "withdraw")]
    assert statuses + [(await vera.get(f"{HALL}/{what}")).status for what in ("vouchers/new", "network", "poster")] == [403] * 6 + [200]
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "bergdorf")
    assert [(await gerda.get(path)).status for path in (batch, f"{HALL}/vouchers", f"{HALL}/poster", f"{HALL}/poster.svg")] == [404] * 4
    assert [(await gerda.post(f"{batch}/{what}", {"sure": "yes"})).status for what in ("codes", "export", "print")] == [404] * 3
    assert "Kleinheim" not in (await gerda.get("/vouchers")).words


async def test_a_hall_without_such_a_plan(hub: Hub, seats: Seats) -> None:
    """It says what is missing and where that is set up."""
    await city.people_and_halls(hub)
    admin = await seats.admin()
    for path in (f"{HALL}/vouchers", f"{HALL}/vouchers/new"):
        assert "This hall has no plan for vouchers." in (await admin.get(path)).words


async def test_the_name_of_the_wifi(karl: Seat) -> None:
    """What cannot be a name, a password or an address is said at its field; ``back`` leads nowhere else."""
    wrong = {"zone": "public", "ssid": "ä" * 17, "password": "", "address": "portal.example"}
    assert "umlauts count twice" in (await karl.post(f"{HALL}/network", wrong)).words
    answer = await karl.post(f"{HALL}/network", {**wrong, "ssid": "WLAN", "password": "kurz"})
    assert (answer.status, "8 to 63 letters" in answer.words, 'value="kurz"' in answer.text) == (400, True, True)
    for address in ("http://portal.example/x", "javascript:alert(1)", "", 'portal.example/"onclick'):
        assert "such as portal.rathaus.example" in (await karl.post(f"{HALL}/network", {**wrong, "ssid": "WLAN", "address": address})).words
    assert "Choose one of the networks." in (await karl.post(f"{HALL}/network", {**wrong, "ssid": "WLAN", "zone": "x"})).words
    saved = await karl.post(f"{HALL}/network", {**wrong, "ssid": "WLAN <b>", "back": "//evil.example/"})
    assert (saved.status, saved.goal) == (303, "/")
    page = await karl.get(f"{HALL}/network")
    assert ["WLAN &lt;b&gt;" in page.text, 'value="http://portal.example/"' in page.text] == [True, True]


async def test_posters(karl: Seat, tmp_path: Path) -> None:
    """The picture and the PDF say what the hall's settings say, in the languages that were chosen; too many of them are said."""
    await karl.post(f"{HALL}/network", {"zone": "public", "password": 'geheim-1 ;"', **papers.WIFI})
    page = await karl.get(f"{HALL}/poster?first=de&language=ar&language=tr&size=A3")
    picture = re.search(r'src="(/halls/[^"]+poster\.svg[^"]+)"', page.text)
    assert picture is not None
    drawn = await karl.get(picture[1].replace("&amp;", "&"))
    assert (drawn.status, drawn.headers["Content-Type"]) == (200, "image/svg+xml")
    assert ("sandbox" in drawn.headers["Content-Security-Policy"], "العربية" in drawn.text, "Українська" in drawn.text) == (
        True,
        True,
        False,
    )
    printed = await karl.get(f"{HALL}/poster.pdf?first=de&language=ar&language=tr&size=A3")
    file = tmp_path / "poster.pdf"
    file.write_bytes(printed.body)
    text = text_of(file)
    assert (pages_of(file)[0], pages_of(file)[1].endswith("(A3)"), all(fonts_of(file).values())) == (1, True, True)
    assert ["Rathaus-WLAN" in text, "Gemeinde Kleinheim" in text, "Rathaus Kleinheim" in text, "portal.kleinheim.example" in text] == [
        True
    ] * 4
    assert codes_in(image_of(file, dots=60)) == ['WIFI:T:WPA;S:Rathaus-WLAN;P:geheim-1 \\;\\";;']
    every = "&".join(f"language={code}" for code in ("de", "en", "fr", "tr", "ar", "uk", "ru", "pl", "ro"))
    crowded = await karl.get(f"{HALL}/poster?first=de&{every}")
    assert (crowded.status, "These are 9 languages" in crowded.words) == (200, True)
    assert (await karl.get(f"{HALL}/poster.svg?first=de&{every}")).status == 422
    assert (await karl.get(f"{HALL}/poster?first=de&size=A9")).status == 200
    assert (await karl.get(f"{HALL}/poster.pdf?first=de&size=A9")).status == 400


async def test_without_weasyprint(karl: Seat, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages say so, and offer the table instead."""
    batch = await made(karl)
    await karl.post(f"{HALL}/network", {"zone": "public", "password": "", **papers.WIFI})
    monkeypatch.setattr(printer.Printer, "installed", False)
    page = await karl.get(batch)
    assert ["WeasyPrint is not installed" in page.words, "Print (PDF)" in page.words, "Codes as a table" in page.words] == [
        True,
        False,
        True,
    ]
    assert "WeasyPrint is not installed" in (await karl.get(f"{HALL}/poster")).words


async def test_what_is_written_down(karl: Seat, hub: Hub) -> None:
    """Making, reading and printing are in the audit log, without a code."""
    batch = await made(karl)
    await karl.post(f"{HALL}/network", {"zone": "public", "password": "ein langes", **papers.WIFI})
    codes = CODE.findall((await karl.post(f"{batch}/codes")).words)
    await karl.get(f"{HALL}/poster.pdf")
    async with hub.store.connection() as connection:
        rows = await connection.fetch("SELECT action, detail::text FROM audit WHERE actor = 'user karl' ORDER BY at, id")
    actions = [row["action"] for row in rows]
    assert actions == ["policy.vouchers.add", "network.set", "policy.vouchers.codes", "poster.print"]
    told = " ".join(row["detail"] for row in rows)
    assert ([code for code in codes if code in told], "ein langes" in told) == ([], False)
