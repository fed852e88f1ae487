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
    shapes, pictures, rows = list(_cuts()), [], [Line(text=foot, x=WIDTH / 2, y=HEIGHT - 5, size=2.6, colour=_QUIET, anchor="middle")]
    for number, code in enumerate(codes):
        down, across = divmod(number, ACROSS)
        x, y = _LEFT + across * _WIDE, _TOP + down * _HIGH
        shapes += _shapes(ticket, x, y)
        pictures.append(stamp(ticket.page, x + _WIDE - _QR - 1.5, y + _HIGH - _QR - 0.6, _QR))
        if ticket.logo is not None:
            pictures.append(Picture(ticket.logo.media_type, ticket.logo.content, x + _PAD, y + 2.4, 6, 6))
        rows += _lines(ticket, code, x, y)
    return Drawing(ticket.title, ticket.language, tuple(shapes), tuple(pictures), tuple(rows))


def _cuts() -> list[Shape]:
    """Dashed lines from edge to edge, with scissors."""
    style = f'stroke="{_CUT}" stroke-width="0.2" stroke-dasharray="1.6 1.2"'
    down = [_LEFT + number * _WIDE for number in range(ACROSS + 1)]
    across = [_TOP + number * _HIGH for number in range(DOWN + 1)]
    shapes = [Shape(f'<path d="M{x:.4g} 4V{HEIGHT - 9:g}" {style}/>') for x in down]
    shapes += [Shape(f'<path d="M4 {y:.5g}H{WIDTH - 4:g}" {style}/>') for y in across]
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
