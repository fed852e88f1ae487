"""The poster of a hall: what hangs on the wall so that everybody who waits finds the Wi-Fi."""

from msgspec import Struct

from hotspot.printing import pictograms
from hotspot.printing.code import qr, wifi
from hotspot.printing.drawing import HEIGHT, WIDTH, Drawing, Line, Picture, Shape
from hotspot.printing.letters import fitting, lines, width

MARGIN = 14.0
INNER = WIDTH - 2 * MARGIN
MOST_LANGUAGES = 8
"""With more of them the text becomes too small to be read from a step away."""

_BAND, _CARD_TOP, _CARD_HEIGHT, _QR = 96.0, 63.5, 77.0, 67.0
_STEPS_TOP, _ROWS_TOP, _ROWS_END = 148.5, 170.5, 269.0
_COLUMNS = (66.0, 118.5, 171.0)
"""Middle of each step's column; where the main language is written from the right, from the right."""
_COLUMN_WIDTH = 49.0
_LEADING = 1.28
_QUIET, _LINE_COLOUR = "#4a5866", "#d5dde5"


class Colours(Struct, frozen=True):
    """Of the hall's theme; each contrast is checked where the theme is read."""

    accent: str = "#0b5394"
    on_accent: str = "#ffffff"
    soft: str = "#e6f0f9"


class Logo(Struct, frozen=True):
    """The hall's or the town's."""

    media_type: str
    content: bytes


class Steps(Struct, frozen=True):
    """How to, in one language."""

    language: str
    direction: str
    name: str
    """What the language calls itself."""
    title: str
    steps: tuple[str, str, str]


class Poster(Struct, frozen=True, kw_only=True):
    """What the poster says."""

    hall: str
    town: str = ""
    ssid: str
    password: str | None = None
    """None: an open network."""
    network_label: str
    password_label: str
    scan: str
    """What the QR code is for."""
    promise: str
    address: str
    """Of the portal, to be typed."""
    help: str
    """Whom to ask; "" for nobody."""
    colours: Colours = Colours()
    logo: Logo | None = None
    languages: tuple[Steps, ...]
    """The first is the main one."""


class TooManyLanguages(ValueError):
    """They do not fit on one page; the text says how many do."""


def poster(told: Poster) -> Drawing:
    """The page. Raises ``TooManyLanguages``."""
    if not 1 <= len(told.languages) <= MOST_LANGUAGES:
        raise TooManyLanguages(f"cannot lay out the poster: {len(told.languages)} languages, expected 1 to {MOST_LANGUAGES}")
    band_shapes, band_pictures, band_lines = _band(told)
    card_shapes, card_lines = _card(told)
    step_shapes, step_lines = _steps(told)
    foot_shapes, foot_lines = _foot(told)
    return Drawing(
        title=f"{told.languages[0].title} – {told.hall}",
        language=told.languages[0].language,
        shapes=(*band_shapes, *card_shapes, *step_shapes, *foot_shapes),
        pictures=tuple(band_pictures),
        lines=(*band_lines, *card_lines, *step_lines, *foot_lines),
    )


def _box(x: float, y: float, wide: float, high: float, colour: str, corner: float = 0.0, more: str = "") -> Shape:
    return Shape(f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="{corner:g}" fill="{colour}"{more}/>')


def _band(told: Poster) -> tuple[list[Shape], list[Picture], list[Line]]:
    """The coloured top: whose Wi-Fi it is, and what it is, in all languages."""
    main, ink = told.languages[0], told.colours.on_accent
    shapes = [_box(0, 0, WIDTH, _BAND, told.colours.accent)]
    shapes += [Shape(f'<g opacity="0.1">{pictograms.pictogram(pictograms.WAVES, 118, -14, 112, ink, 2.2).svg}</g>')]
    pictures, start = [], MARGIN
    if told.logo is not None:
        shapes.append(_box(MARGIN, 9, 20, 20, "#ffffff", 2.5))
        pictures.append(Picture(told.logo.media_type, told.logo.content, MARGIN + 2, 11, 16, 16))
        start += 25
    room = WIDTH - MARGIN - start
    rows = [
        Line(text=told.hall, x=start, y=23.5 if told.town else 21.5, size=fitting(told.hall, 6.4, room, bold=True), colour=ink, bold=True)
    ]
    if told.town:
        rows.append(Line(text=told.town, x=start, y=15.5, size=fitting(told.town, 4.2, room), colour=ink))
    title = fitting(main.title, 19 if main.direction == "ltr" else 15, INNER, bold=True)
    rows.append(_along(main, main.title, 47, title, ink, bold=True))
    place = MARGIN
    others = {each.title: each for each in reversed(told.languages) if each.title != main.title}  # German and Leichte Sprache: once
    for each in reversed(others.values()):
        wide = width(each.title, 4.6)
        if place + wide > WIDTH - MARGIN:
            break  # the titles stand with the steps, too
        rows.append(Line(text=each.title, x=place, y=57, size=4.6, colour=ink, direction=each.direction, language=each.language))
        place += wide + 3.5
    return shapes, pictures, rows


def _along(steps: Steps, text: str, y: float, size: float, colour: str, *, bold: bool = False) -> Line:
    """A line that begins at the margin where its language begins."""
    turned = steps.direction == "rtl"
    return Line(
        text=text,
        x=WIDTH - MARGIN if turned else MARGIN,
        y=y,
        size=size,
        colour=colour,
        bold=bold,
        anchor="end" if turned else "start",
        direction=steps.direction,
        language=steps.language,
    )


def _card(told: Poster) -> tuple[list[Shape], list[Line]]:
    """The white card: the QR code, and the name of the network for whoever has no camera."""
    main, accent = told.languages[0], told.colours.accent
    turned = main.direction == "rtl"
    code_left = WIDTH - MARGIN - 5 - _QR if turned else MARGIN + 5
    side = code_left - 8 if turned else code_left + _QR + 8
    room = INNER - _QR - 5 - 8 - 6
    shapes = [
        _box(MARGIN, _CARD_TOP, INNER, _CARD_HEIGHT, "#ffffff", 5, f' stroke="{_LINE_COLOUR}" stroke-width="0.4"'),
        qr(wifi(told.ssid, told.password), code_left, _CARD_TOP + 5, _QR),
    ]
    rows: list[Line] = []

    def say(text: str, y: float, size: float, colour: str, *, bold: bool = False, mono: bool = False) -> None:
        direction = "ltr" if mono or text in told.ssid else main.direction
        rows.append(
            Line(
                text=text,
                x=side,
                y=y,
                size=size,
                colour=colour,
                bold=bold,
                mono=mono,
                anchor="end" if turned else "start",
                direction=direction,
                language=main.language,
            )
        )

    large = fitting(told.ssid, 11, room, bold=True)
    parts = [told.ssid] if large > 6.5 else lines(told.ssid, 7, room, bold=True)
    y = _CARD_TOP + (14 if len(parts) == 1 else 10)
    say(told.network_label, y, 4.2, _QUIET)
    for number, part in enumerate(parts):
        say(
            part,
            y + (11.5 if large > 6.5 else 9.5) + number * 8,
            large if large > 6.5 else fitting(part, 7, room, bold=True),
            "#17212b",
            bold=True,
        )
    y += 17 + 8 * len(parts)
    if told.password is not None:
        say(told.password_label, y, 4.2, _QUIET)
        say(told.password, y + 8.5, fitting(told.password, 7, room, bold=True), "#17212b", bold=True, mono=True)
    else:
        for number, text in enumerate(lines(told.promise, 5, room)[:3]):
            say(text, y + 1 + number * 6.5, 5, "#17212b")
    shapes.append(pictograms.pictogram(pictograms.JOIN, side - (15 if turned else 1), _CARD_TOP + 54, 16, accent))
    side += -19 if turned else 19
    scan = lines(told.scan, 4.8, room - 19)[:3]
    for number, text in enumerate(scan):
        say(text, _CARD_TOP + 63.5 - 3.1 * (len(scan) - 1) + number * 6.2, 4.8, accent, bold=True)
    return shapes, rows


def _steps(told: Poster) -> tuple[list[Shape], list[Line]]:
    """Three steps as pictograms, and below them in every language what to do."""
    colours, turned = told.colours, told.languages[0].direction == "rtl"
    order = tuple(WIDTH - middle for middle in _COLUMNS) if turned else _COLUMNS
    shapes: list[Shape] = []
    rows: list[Line] = []
    for number, (middle, drawing) in enumerate(zip(order, (pictograms.JOIN, pictograms.PAGE, pictograms.ONLINE), strict=True), 1):
        shapes.append(Shape(f'<circle cx="{middle:g}" cy="{_STEPS_TOP + 9:g}" r="9.5" fill="{colours.soft}"/>'))
        shapes.append(pictograms.pictogram(drawing, middle - 5.5, _STEPS_TOP + 3.5, 11, colours.accent))
        shapes.append(Shape(f'<circle cx="{middle - 9:g}" cy="{_STEPS_TOP + 2.5:g}" r="3.6" fill="{colours.accent}"/>'))
        rows.append(
            Line(text=str(number), x=middle - 9, y=_STEPS_TOP + 4.1, size=4.6, colour=colours.on_accent, bold=True, anchor="middle")
        )
    size = next(size for step in range(40) if _height(told.languages, size := 4.6 - step * 0.05) <= _ROWS_END - _ROWS_TOP or size < 2.5)
    y = _ROWS_TOP
    for number, each in enumerate(told.languages):
        mine = size * (1.12 if number == 0 else 1.0)
        if number:
            shapes.append(_box(MARGIN, y, INNER, 0.25, _LINE_COLOUR))
        y += size * 1.5
        rows.append(
            Line(
                text=each.name,
                x=WIDTH - MARGIN if turned else MARGIN,
                y=y,
                size=fitting(each.name, mine * 0.9, _COLUMNS[0] - _COLUMN_WIDTH / 2 - MARGIN - 1, bold=True),
                colour=_QUIET,
                bold=True,
                anchor="end" if turned else "start",
                direction=each.direction,
                language=each.language,
            )
        )
        for middle, text in zip(order, each.steps, strict=True):
            rows += [
                Line(
                    text=part,
                    x=middle,
                    y=y + place * mine * _LEADING,
                    size=min(mine, fitting(part, mine, _COLUMN_WIDTH, bold=number == 0)),
                    bold=number == 0,
                    anchor="middle",
                    direction=each.direction,
                    language=each.language,
                )
                for place, part in enumerate(lines(text, mine, _COLUMN_WIDTH, bold=number == 0))
            ]
        y += _row_height(each, mine, bold=number == 0) - size * 0.4
    return shapes, rows


def _row_height(each: Steps, size: float, *, bold: bool) -> float:
    return max(len(lines(text, size, _COLUMN_WIDTH, bold=bold)) for text in each.steps) * size * _LEADING


def _height(languages: tuple[Steps, ...], size: float) -> float:
    """Of all rows."""
    of_each = (
        _row_height(each, size * (1.12 if number == 0 else 1.0), bold=number == 0) + size * 1.1 for number, each in enumerate(languages)
    )
    return sum(of_each)


def _foot(told: Poster) -> tuple[list[Shape], list[Line]]:
    """Where to find the page by hand, and whom to ask."""
    main, top = told.languages[0], 273.0
    shapes = [_box(0, top, WIDTH, HEIGHT - top, told.colours.soft), _box(0, top, WIDTH, 1.2, told.colours.accent)]
    shapes.append(pictograms.pictogram(pictograms.WAVES, MARGIN - 1, top + 7.5, 10, told.colours.accent, 2.2))
    room = INNER - 12 if not told.help else 72.0
    rows = [
        Line(
            text=told.address,
            x=MARGIN + 12,
            y=top + 14.8,
            size=fitting(told.address, 6, room, bold=True),
            colour=told.colours.accent,
            bold=True,
        )
    ]
    parts = lines(told.help, 4, INNER - 12 - 72 - 6)[:3]
    for number, text in enumerate(parts):
        y = top + 14.2 + (number - (len(parts) - 1) / 2) * 5.2
        rows.append(
            Line(text=text, x=WIDTH - MARGIN, y=y, size=4, colour=_QUIET, anchor="end", direction=main.direction, language=main.language)
        )
    return shapes, rows
