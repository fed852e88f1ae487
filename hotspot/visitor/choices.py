"""What is asked of a visit and what it expects to find; from options, or from the settings of the portal."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from hotspot.looks.words_visit import STEPS
from hotspot.session import visitor_check
from hotspot.visitor.phones import PHONES

USUAL_PHONES: Final = ("ios", "android", "windows")
"""Makes whose probes are asked when nobody says otherwise: most of what people carry."""


class BadChoice(ValueError):
    """An option or a setting that cannot be used; the text names key, value and what was expected."""


class Choices(Struct, frozen=True, kw_only=True):
    """One visit. What is empty is not known, and then not compared."""

    interface: str
    """On the guest side."""
    here: bool = False
    """Use ``interface`` as it is, in the namespace where this program runs; else a new interface on it, in a namespace of its own."""
    zone: str = ""
    families: tuple[int, ...] = (4, 6)
    phones: tuple[str, ...] = USUAL_PHONES
    key: bytes = b""
    """Proves to the portal that this is a visit of ours (``hotspot.session.visitor_check``); empty: it counts as any other."""
    authority: Path | None = None
    """Certificates that are trusted beside the system's; for a lab."""
    portal_url: str = ""
    """Where the portal should be, with a trailing slash."""
    down: float = 0
    """bit/s that the plan promises; 0: not known."""
    up: float = 0
    download: str = ""
    """An http address of a large file on the Internet; "": no rate is measured."""
    upload: str = ""
    """An http address that takes an upload of any size."""
    measured: float = 2.0
    """Seconds of each measurement."""
    neighbours: tuple[str, ...] = ()
    """Addresses of devices in the same Wi-Fi, set up for this test, that must be out of reach."""
    forbidden: tuple[tuple[str, int], ...] = ()
    """Addresses and ports of the town's network that must be out of reach."""
    control: Path | None = None
    """Control socket of the portal, when the visit is made on the gateway itself."""
    patience: float = 1.0
    """Answers are waited for so many times as long as usual."""
    skip: tuple[str, ...] = ()
    """Steps that are not to be tried."""
    most: float = 90.0
    """Seconds until what is left of the visit is skipped."""

    @property
    def api_url(self) -> str:
        """What options 114 and 37 should name; "": not known, or the portal has no certificate and should not be named."""
        return f"{self.portal_url}api/captive" if self.portal_url.startswith("https://") else ""


def phones(text: str) -> tuple[str, ...]:
    """``ios,android`` or ``all``. Raises ``BadChoice``."""
    names = tuple(PHONES) if text == "all" else tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in PHONES]
    if unknown or not names:
        raise BadChoice(f"phones = {text!r}: expected all, or some of {', '.join(PHONES)}")
    return names


def steps(names: Iterable[str]) -> tuple[str, ...]:
    """Names of steps. Raises ``BadChoice``."""
    chosen = tuple(names)
    for name in chosen:
        if name not in STEPS:
            raise BadChoice(f"skip = {name!r}: expected one of {', '.join(STEPS)}")
    return chosen


def address(text: str) -> str:
    """An IP address. Raises ``BadChoice``."""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise BadChoice(f"address = {text!r}: expected an IP address such as 192.0.2.7") from None


def address_port(text: str) -> tuple[str, int]:
    """``10.0.0.5:443`` or ``[2001:db8::5]:443``. Raises ``BadChoice``."""
    host, colon, port = text.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise BadChoice(f"forbidden = {text!r}: expected address and port such as 10.0.0.5:443")
    return address(host), int(port)


def key(path: Path) -> bytes:
    """The key in a file. Raises ``BadChoice``."""
    try:
        return visitor_check.key_of(path.read_bytes())
    except OSError as error:
        raise BadChoice(f"key = {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise BadChoice(f"key = {str(path)!r}: {error}") from None


def of_settings(path: Path, zone: str | None) -> dict[str, object]:
    """Fields of ``Choices`` by the portal's settings and their ``zone`` (None: the only one). Raises ``BadChoice``."""
    from hotspot.portal.settings import BadSettings
    from hotspot.portal.settings_reader import Files
    from hotspot.portal.uplink import kept

    try:
        settings = kept.in_force(path, Files())  # with the hub's policy over them, as the portal has them
    except BadSettings as error:
        raise BadChoice(str(error)) from None
    if zone is None and len(settings.zones) > 1:
        raise BadChoice(f"zone is missing: expected one of {', '.join(settings.zones)}")
    name = zone or next(iter(settings.zones))
    if name not in settings.zones:
        raise BadChoice(f"zone = {name!r}: expected one of {', '.join(settings.zones)}")
    chosen = settings.zones[name]
    rates = settings.plans[chosen.plans[0]].rates
    return {
        "zone": name,
        "portal_url": chosen.portal_url,
        "down": float(rates.ceil_down),
        "up": float(rates.ceil_up),
        "control": settings.control_socket,
        "key": settings.visitor_key,
    }
