"""QR codes as shapes (ISO/IEC 18004, made by segno), dark on white with their quiet zone, so that every camera reads them."""

from functools import lru_cache
from io import BytesIO

import segno
from segno import helpers

from hotspot.printing.drawing import Picture, Shape

QUIET = 4
"""Modules of white around a code, as the standard wants."""
DARK = "#000"


def wifi(ssid: str, password: str | None = None) -> str:
    """What a phone reads to join a network: open (also where OWE encrypts it), or with a password (WPA2, WPA3)."""
    return helpers.make_wifi_data(ssid, password, "nopass" if password is None else "WPA")


@lru_cache(maxsize=64)
def _png(data: str) -> bytes:
    """Black and white, ten dots to a module."""
    file = BytesIO()
    segno.make_qr(data, error="m", boost_error=True).save(file, kind="png", scale=10, border=QUIET)
    return file.getvalue()


def stamp(data: str, x: float, y: float, size: float) -> Picture:
    """A code as ``qr`` draws it, as a picture: what is on a page many times is in the PDF once."""
    return Picture("image/png", _png(data), x, y, size, size)


def qr(data: str, x: float, y: float, size: float, error: str = "m") -> Shape:
    """A code, with its quiet zone in a square of ``size`` at ``x``, ``y``."""
    rows = segno.make_qr(data, error=error, boost_error=True).matrix
    module = size / (len(rows) + 2 * QUIET)
    steps = []
    for down, row in enumerate(rows):
        start = None
        for across, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = across
            elif not dark and start is not None:
                steps.append(f"M{start} {down}h{across - start}v1h-{across - start}z")
                start = None
    place = f"translate({x + QUIET * module:.4f} {y + QUIET * module:.4f}) scale({module:.5f})"
    return Shape(
        f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="#fff"/>'
        f'<path transform="{place}" fill="{DARK}" d="{"".join(steps)}"/>'
    )
