"""Sheets of vouchers, as they come out of the printer."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot.printing.pdf import pdf
from hotspot.printing.sheet import Ticket, sheets
from hotspot.session.voucher_codes import codes
from tests.hotspot.printing.examples import LOGO
from tests.hotspot.printing.reading import codes_in, fonts_of, image_of, pages_of, text_of, words_of

CODES = codes(bytes(16), 50)
TICKET = Ticket(
    title="Gutschein für das WLAN Rathaus-WLAN",
    hall="Rathaus Neustadt",
    facts=("Gast, 50 / 10 Mbit/s, 5 GB", "Gültig 7 Tage ab der ersten Nutzung", "Geräte: 2 · Einlösen bis 31. Januar 2027"),
    how="Mit dem WLAN verbinden, portal.hall.example/voucher öffnen und den Code eingeben.",
    page="http://portal.hall.example/voucher",
    batch="7 – Schulung",
    language="de",
    logo=LOGO,
)


def test_on_paper(tmp_path: Path) -> None:
    """Every code once and in order, 24 on a page; every QR code leads to the page and holds no code; all fonts are embedded."""
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf(sheets(TICKET, CODES)))
    texts = [text_of(file, page) for page in (1, 2, 3)]
    on_pages = [[code for code in CODES if code in text] for text in texts]
    assert (pages_of(file), on_pages) == ((3, "595.276 x 841.89 pts (A4)"), [list(CODES[:24]), list(CODES[24:48]), list(CODES[48:])])
    assert codes_in(image_of(file, page=3, dots=200)) == ["http://portal.hall.example/voucher"] * 2
    assert all(fonts_of(file).values())
    assert ["7 – Schulung · 3/3" in texts[2], texts[2].count("Geräte: 2 · Einlösen bis 31. Januar 2027")] == [True, 2]


@pytest.mark.parametrize(("count", "down", "across"), [(24, [8] * 4, [3] * 9), (2, [1] * 3, [2] * 2), (7, [3, 3, 2, 2], [3, 3, 3, 1])])
def test_only_tickets_are_cut_out(count: int, down: list[int], across: list[int]) -> None:
    """How many tickets long each cutting line is, of a full page and of one with room left."""
    (page,) = sheets(TICKET, CODES[:count])
    cuts = [shape.svg for shape in page.shapes if "stroke-dasharray" in shape.svg]
    vertical = [float(found[1]) for cut in cuts if (found := re.search(r"V([\d.]+)", cut))]
    level = [float(found[1]) for cut in cuts if (found := re.search(r"H([\d.]+)", cut))]
    assert [round((end - 3.5 - 12.5) / 34) for end in vertical] == down
    assert [round((end - 5 - 9) / 64) for end in level] == across


def test_long_texts_stay_on_their_ticket(tmp_path: Path) -> None:
    """Whatever a hall is called, no word crosses a cutting line."""
    ticket = replace(
        TICKET,
        title="Gutschein für das WLAN Verwaltungsgemeinschaft-Gäste",
        hall="Verwaltungsgemeinschaft Oberes Niederbergland, Rathaus II, Nebenstelle",
        facts=tuple(fact * 2 for fact in TICKET.facts),
    )
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf(sheets(ticket, CODES[:24])))
    left, wide, top, high = 25.5, 181.4, 35.4, 96.4  # points
    crossing = [
        word
        for word in words_of(file)
        if word.bottom < 800
        and ((word.left - left) // wide != (word.right - left) // wide or (word.top - top + 1) // high != (word.bottom - top - 1) // high)
    ]
    assert crossing == []
