"""What is asked of a visit and what it expects to find; from options, or from the settings of the portal."""

import ipaddress
import ssl
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

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
    plug: Path | None = None
    """Socket of ``hotspot-visit-plug.service``: it plugs this process in, whose network namespace is its own and empty."""
    zone: str = ""
    lan: str = ""
    """What the gateway calls its guest interface, for the commands that a finding names; "": not known."""
    families: tuple[int, ...] = (4, 6)
    phones: tuple[str, ...] = USUAL_PHONES
    key: bytes = b""
    """Proves to the portal that this is a visit of ours (``hotspot.session.visitor_check``); empty: it counts as any other."""
    authority: str = ""
    """Certificates (PEM) that are trusted beside the system's; for a lab."""
    portal_url: str = ""
    """Where the portal should be, with a trailing slash."""
    down: float = 0
    """bit/s that the plan allows at most; 0: not known."""
    up: float = 0
    least_down: float = 0
    """bit/s that it gets on a full line as well."""
    least_up: float = 0
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


def web_address(text: str) -> str:
    """An http address to measure with; "" stays so. Raises ``BadChoice``."""
    try:
        parts = urlsplit(text)
        usable = not text or (parts.scheme == "http" and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadChoice(f"address = {text!r}: expected one such as http://speed.example/100MB.bin")
    return text


def key(path: Path) -> bytes:
    """The key in a file. Raises ``BadChoice``."""
    try:
        return visitor_check.key_of(path.read_bytes())
    except OSError as error:
        raise BadChoice(f"key = {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise BadChoice(f"key = {str(path)!r}: {error}") from None


def authority(path: Path) -> str:
    """The certificates in a file. Raises ``BadChoice``."""
    try:
        pem = path.read_text(encoding="utf-8")
        ssl.create_default_context(cadata=pem)
    except OSError as error:  # ssl.SSLError is one
        raise BadChoice(f"authority = {str(path)!r}: {error.strerror or error}") from None
    except ValueError:
        raise BadChoice(f"authority = {str(path)!r}: expected certificates in PEM") from None
    return pem


def zones(settings: Path | None, interfaces: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    """Fields of ``Choices``, one visit each: of the zones that were named, or of all, each on its interface. Without settings there is one
    visit, and its zone may have any name. Raises ``BadChoice``."""
    if settings is None:
        if len(interfaces) != 1 or len(names) > 1:
            raise BadChoice("interface is missing: expected one, and at most one zone, where there are no settings")
        return [{"interface": interfaces[0], "zone": "".join(names)}]
    known = of_settings(settings)
    if not names and len(interfaces) == 1 and len(known) > 1:
        raise BadChoice(f"zone is missing: expected one of {', '.join(known)}")
    chosen = list(names) or list(known)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise BadChoice(f"zone = {unknown[0]!r}: expected one of {', '.join(known)}")
    if interfaces and len(interfaces) != len(chosen):
        raise BadChoice(f"interface = {', '.join(interfaces)}: expected one for each of the zones {', '.join(chosen)}")
    where = list(interfaces) or [str(known[name]["lan"]) for name in chosen]
    if "" in where:
        raise BadChoice(f"interface is missing: zone {chosen[where.index('')]!r} has none in firewall.toml beside {settings}")
    return [known[name] | {"interface": interface} for name, interface in zip(chosen, where, strict=True)]


def of_settings(path: Path) -> dict[str, dict[str, Any]]:
    """Fields of ``Choices`` by zone, as the portal's settings have them, and the firewall's beside them. Raises ``BadChoice``."""
    from hotspot.portal.settings import BadSettings
    from hotspot.portal.settings_reader import Files
    from hotspot.portal.uplink import kept

    try:
        settings = kept.in_force(path, Files())  # with the hub's policy over them, as the portal has them
    except BadSettings as error:
        raise BadChoice(str(error)) from None
    walls = _walls(path.with_name("firewall.toml"))
    found: dict[str, dict[str, Any]] = {}
    for name, zone in settings.zones.items():
        rates = settings.plans[zone.plans[0]].rates
        found[name] = {
            "zone": name,
            "portal_url": zone.portal_url,
            "down": float(rates.ceil_down),
            "up": float(rates.ceil_up),
            "least_down": float(rates.rate_down),
            "least_up": float(rates.rate_up),
            "control": settings.control_socket,
            "key": settings.visitor_key,
            **_wall(walls.get(name)),
        }
    return found


def _walls(path: Path) -> dict[str, Any]:
    """The zones in the firewall's settings; {}: there are none here, as where another machine visits. They are checked by who uses them."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("zones")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _wall(zone: object) -> dict[str, object]:
    """The zone's interface, and the IP versions that it has an address for."""
    given = zone if isinstance(zone, dict) else {}
    lan, addresses = given.get("lan"), given.get("addresses")
    fields: dict[str, object] = {"lan": lan if isinstance(lan, str) else ""}
    own6 = isinstance(addresses, list) and any(":" in str(one) for one in addresses)
    if isinstance(addresses, list) and addresses and not own6 and given.get("prefix6") != "delegated":
        fields["families"] = (4,)  # the hall has no IPv6: nothing of it is missing
    return fields
