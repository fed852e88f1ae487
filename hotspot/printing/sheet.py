"""Sheets of vouchers: tickets to be cut, 24 on a page of A4."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hotspot.printing import pictograms
from hotspot.printing.code import stamp
from hotspot.printing.drawing import HEIGHT, WIDTH, Drawing, Line, Picture, Shape
from hotspot.printing.letters import fitting, lines
from hotspot.printing.poster import Colours, Logo

ACROSS, DOWN = 3, 8
ON_A_PAGE = ACROSS * DOWN
_LEFT, _TOP = 9.0, 12.5
_WIDE, _HIGH = (WIDTH - 2 * _LEFT) / ACROSS, (HEIGHT - 2 * _TOP) / DOWN
_PAD = 3.0
_OVER, _BESIDE = 3.5, 5.0
"""So far cutting lines reach beyond the last ticket."""
_QR = 16.5
_INK, _QUIET, _CUT = "#17212b", "#4a5866", "#8a96a3"


class Ticket(Struct, frozen=True, kw_only=True):
    """What stands on every ticket of a batch, but for its code."""

    title: str
    """What it is for, with the name of the network."""
    hall: str
    facts: tuple[str, ...]
    """What the code gives: time, speed, devices, until when."""
    how: str
    """What to do with it."""
    page: str
    """Address for the QR code; it holds no code of a voucher, which would stay in the telephone's history."""
    batch: str
    """For staff, small."""
    language: str
    direction: Literal["ltr", "rtl"] = "ltr"
    colours: Colours = Colours()
    logo: Logo | None = None


def sheets(ticket: Ticket, codes: Sequence[str]) -> list[Drawing]:
    """The pages, in the order of the codes."""
    pages = [codes[start : start + ON_A_PAGE] for start in range(0, len(codes), ON_A_PAGE)]
    return [_page(ticket, each, f"{ticket.batch} · {number}/{len(pages)}") for number, each in enumerate(pages, 1)]


def _page(ticket: Ticket, codes: Sequence[str], foot: str) -> Drawing:
    shapes, pictures = _cuts(len(codes)), []
    rows = [Line(text=foot, x=WIDTH / 2, y=HEIGHT - 5, size=2.6, colour=_QUIET, anchor="middle")]
    for number, code in enumerate(codes):
        down, across = divmod(number, ACROSS)
        x, y = _LEFT + across * _WIDE, _TOP + down * _HIGH
        shapes += _shapes(ticket, x, y)
        pictures.append(stamp(ticket.page, x + _WIDE - _QR - 1.5, y + _HIGH - _QR - 0.6, _QR))
        if ticket.logo is not None:
            pictures.append(Picture(ticket.logo.media_type, ticket.logo.content, x + _PAD, y + 2.4, 6, 6))
        rows += _lines(ticket, code, x, y)
    return Drawing(ticket.title, ticket.language, tuple(shapes), tuple(pictures), tuple(rows))


def _cuts(tickets: int) -> list[Shape]:
    """Dashed lines around the tickets of a page, from edge to edge, with scissors; none around what stays empty."""
    style = f'stroke="{_CUT}" stroke-width="0.2" stroke-dasharray="1.6 1.2"'
    full, last = divmod(tickets, ACROSS)
    shapes = []
    for number in range(ACROSS + 1):
        rows = full + (1 if last and number <= last else 0)
        if rows:
            shapes.append(Shape(f'<path d="M{_LEFT + number * _WIDE:.4g} 4V{_TOP + rows * _HIGH + _OVER:.5g}" {style}/>'))
    for number in range(full + (2 if last else 1)):
        columns = ACROSS if full and number <= full else last
        shapes.append(Shape(f'<path d="M4 {_TOP + number * _HIGH:.5g}H{_LEFT + columns * _WIDE + _BESIDE:.5g}" {style}/>'))
    return [*shapes, pictograms.pictogram(pictograms.SCISSORS, 4.2, _TOP - 2, 4, _CUT)]


def _shapes(ticket: Ticket, x: float, y: float) -> list[Shape]:
    ground = (
        f'<rect x="{x + _PAD:.5g}" y="{y + 9.2:.5g}" width="{_WIDE - 2 * _PAD:.5g}" height="6.9" rx="1.4" fill="{ticket.colours.soft}"/>'
    )
    return [Shape(ground)]


def _lines(ticket: Ticket, code: str, x: float, y: float) -> list[Line]:
    """One ticket: hall and network, the code, what it gives, what to do."""
    turned, left = ticket.direction == "rtl", x + _PAD + (7.5 if ticket.logo is not None else 0)
    edge, room = x + _WIDE - _PAD, x + _WIDE - _PAD - left

    def line(text: str, y: float, size: float, room: float, colour: str = _INK, *, bold: bool = False, end: float | None = None) -> Line:
        return Line(
            text=text,
            x=(edge if end is None else end) if turned else (left if end is None else x + _PAD),
            y=y,
            size=fitting(text, size, room, bold=bold),
            colour=colour,
            bold=bold,
            anchor="end" if turned else "start",
            direction=ticket.direction,
            language=ticket.language,
        )

    rows = [line(ticket.title, y + 4.7, 3.1, room, ticket.colours.accent, bold=True), line(ticket.hall, y + 7.9, 2.5, room, _QUIET)]
    rows.append(Line(text=code, x=x + _WIDE / 2, y=y + 14.6, size=5.4, bold=True, anchor="middle", mono=True, colour=_INK))
    narrow, below = _WIDE - _QR - _PAD - 2.5, y + 19.5
    end = x + _PAD + narrow
    for text in ticket.facts[:3]:
        rows.append(line(text, below, 2.3, narrow, bold=text is ticket.facts[0], end=end))
        below += 2.75
    for text in lines(ticket.how, 2.1, narrow)[:3]:
        rows.append(line(text, below + 0.3, 2.1, narrow, _QUIET, end=end))
        below += 2.4
    return rows
