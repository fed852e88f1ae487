"""Whom the phones of a hall believe beside the public authorities, where the town has one of its own: a file beside ``portal.toml``.

Who looks reads it without being told, so that a visit by hand, by the timer and by ``hotspot-change`` say the same of the same certificate.
"""

from pathlib import Path
from typing import Final

FILE: Final = "portal-authority.pem"


def beside(settings: Path) -> Path | None:
    """The file that belongs to these settings; None: there is none. Whether it can be used says whoever uses it."""
    path = settings.with_name(FILE)
    try:
        path.stat()
    except OSError:
        return None
    return path
