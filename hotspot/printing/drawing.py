"""One page to be printed: shapes, pictures and lines of text, each at its place; and its two forms, SVG and HTML (which becomes PDF).

Lengths are millimetres on A4, from the top left corner. Texts are data: they are escaped here and nowhere else.
"""

import base64
from collections.abc import Iterable
from html import escape
from typing import Literal

from msgspec import Struct

WIDTH, HEIGHT = 210.0, 297.0
SIZES = {"A4": 1.0, "A3": 2**0.5}
"""How much larger than A4."""
FONTS = '"Noto Sans","Noto Sans Arabic","DejaVu Sans",Arial,sans-serif'
MONO = '"Noto Sans Mono","DejaVu Sans Mono",Consolas,monospace'
_BASELINE = 0.888
"""Where the baseline of Noto Sans is in a line as high as the font size."""
_FAR = 400.0
"""Wider than any page: what a centred or right-aligned line has to both sides."""


class Line(Struct, frozen=True, kw_only=True):
    """One line of text."""

    text: str
    x: float
    y: float
    """Of the baseline."""
    size: float
    colour: str = "#17212b"
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    """What ``x`` is: the left, the middle or the right of the line, whatever direction it is written in."""
    direction: str = "ltr"
    language: str = "de"
    mono: bool = False


class Shape(Struct, frozen=True):
    """A part of an SVG drawing, written by us: never with a text of the settings in it."""

    svg: str


class Picture(Struct, frozen=True):
    """A logo: it keeps its proportions, in the middle of its box or at its left."""

    media_type: str
    content: bytes
    x: float
    y: float
    width: float
    height: float

    @property
    def address(self) -> str:
        """The picture itself as an address."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


class Drawing(Struct, frozen=True):
    """One page; what comes later lies above."""

    title: str
    language: str
    shapes: tuple[Shape, ...]
    pictures: tuple[Picture, ...]
    lines: tuple[Line, ...]


def _svg_line(line: Line) -> str:
    # For SVG the anchor is relative to the direction of writing.
    turned = {"start": "end", "end": "start"} if line.direction == "rtl" else {}
    anchor = turned.get(line.anchor, line.anchor)
    about = ' direction="rtl" unicode-bidi="embed"' if line.direction == "rtl" else ""
    about += ' font-weight="700"' if line.bold else ""
    about += f" font-family='{MONO}'" if line.mono else ""
    return (
        f'<text x="{line.x:g}" y="{line.y:g}" font-size="{line.size:.4g}" fill="{line.colour}" text-anchor="{anchor}" '
        f'xml:lang="{escape(line.language)}"{about}>{escape(line.text)}</text>'
    )


def svg(drawing: Drawing, scale: float = 1.0) -> str:
    """The page as SVG; its texts stay texts, in a font that the reader has."""
    size = f'width="{WIDTH * scale:.4g}mm" height="{HEIGHT * scale:.4g}mm" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family=\'{FONTS}\' xml:lang="{escape(drawing.language)}">',
        f"<title>{escape(drawing.title)}</title>",
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>',
        *(shape.svg for shape in drawing.shapes),
        *(
            f'<image x="{one.x:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}" preserveAspectRatio="xMinYMid meet" '
            f'href="{one.address}"/>'
            for one in drawing.pictures
        ),
        *map(_svg_line, drawing.lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _html_line(line: Line, scale: float) -> str:
    left = {"start": line.x, "middle": line.x - _FAR / 2, "end": line.x - _FAR}[line.anchor]
    align = {"start": "left", "middle": "center", "end": "right"}[line.anchor]
    style = (
        f"left:{left * scale:.4f}mm;top:{(line.y - _BASELINE * line.size) * scale:.4f}mm;text-align:{align};"
        f"font-size:{line.size * scale:.4f}mm;color:{line.colour};"
        + ("font-weight:700;" if line.bold else "")
        + (f"font-family:{MONO};" if line.mono else "")
    )
    return f'<p lang="{escape(line.language)}" dir="{line.direction}" style="{escape(style)}">{escape(line.text)}</p>'


def _html_picture(picture: Picture, scale: float) -> str:
    style = (
        f"left:{picture.x * scale:.4f}mm;top:{picture.y * scale:.4f}mm;width:{picture.width * scale:.4f}mm;"
        f"height:{picture.height * scale:.4f}mm;object-fit:contain;object-position:left center"
    )
    return f'<img src="{picture.address}" alt="" style="{style}">'


def _html_page(drawing: Drawing, scale: float) -> str:
    size = f'width="{WIDTH * scale:.4f}mm" height="{HEIGHT * scale:.4f}mm" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    shapes = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(shape.svg for shape in drawing.shapes)}</svg>'
    pictures = "".join(_html_picture(picture, scale) for picture in drawing.pictures)
    return f"<section>{shapes}{pictures}{''.join(_html_line(line, scale) for line in drawing.lines)}</section>"


def html(drawings: Iterable[Drawing], scale: float = 1.0) -> str:
    """Pages as one HTML document to be printed, in the language of the first."""
    pages = list(drawings)
    width, height = f"{WIDTH * scale:.4f}mm", f"{HEIGHT * scale:.4f}mm"
    css = (
        f"@page{{size:{width} {height};margin:0}}body{{margin:0;font-family:{FONTS}}}"
        f"section{{position:relative;width:{width};height:{height};overflow:hidden;break-after:page}}section:last-child{{break-after:auto}}"
        f"svg,img,p{{position:absolute;left:0;top:0;margin:0}}p{{width:{_FAR * scale:.4f}mm;line-height:1;white-space:nowrap}}"
    )
    head = f'<meta charset="utf-8"><title>{escape(pages[0].title)}</title><style>{css}</style>'
    body = "".join(_html_page(page, scale) for page in pages)
    return f'<!DOCTYPE html><html lang="{escape(pages[0].language)}"><head>{head}</head><body>{body}</body></html>'
