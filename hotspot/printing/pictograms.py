"""Pictograms, drawn on a square of 24 by 24 with lines of one width, so that they go together."""

from hotspot.printing.drawing import Shape

WAVES = (
    '<path d="M2.5 9.2a14 14 0 0 1 19 0M5.8 12.8a9 9 0 0 1 12.4 0M9 16.3a4.4 4.4 0 0 1 6 0"/><path d="M12 19.6h.01" stroke-width="2.6"/>'
)
"""Wi-Fi."""
JOIN = (
    '<rect x="6.5" y="1.5" width="11" height="21" rx="2.2"/><path d="M11 20h2"/>'
    '<path d="M8.6 9.6a5 5 0 0 1 6.8 0M10.2 12a2.6 2.6 0 0 1 3.6 0M12 14.6h.01"/>'
)
"""A telephone that joins."""
PAGE = (
    '<rect x="2.5" y="4" width="19" height="16" rx="2"/><path d="M2.5 8.5h19M5.5 6.25h.01M8 6.25h.01M6 12h7M6 15.5h5"/>'
    '<path d="m14.5 12.5 5.8 2.3-2.5 1-1 2.5z" fill="currentColor" stroke-width="1"/>'
)
"""A page that opens, with something to tap."""
ONLINE = '<circle cx="12" cy="12" r="10"/><path d="m7.2 12.4 3.3 3.3 6.3-7"/>'
"""Done."""
SCISSORS = '<circle cx="5" cy="6.5" r="2.5"/><circle cx="5" cy="17.5" r="2.5"/><path d="M7.2 7.8 21 17M7.2 16.2 21 7"/>'
"""Cut here."""


def pictogram(drawing: str, x: float, y: float, size: float, colour: str, width: float = 1.8) -> Shape:
    """A pictogram in a square of ``size`` at ``x``, ``y``; ``width`` of its lines in 24ths of the square."""
    return Shape(
        f'<g transform="translate({x:.4g} {y:.4g}) scale({size / 24:.4g})" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round">{drawing.replace("currentColor", colour)}</g>'
    )
