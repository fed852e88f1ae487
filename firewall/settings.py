"""The daemon's settings: one root-owned TOML, parsed once into frozen values. They hold the ceilings that no request can pass."""

import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from firewall.api import BitsPerSecond, Bytes, PositiveSeconds

InterfaceName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$")]
Port = Annotated[int, Meta(ge=1, le=65_535)]
PortOf = Annotated[str, Meta(pattern="^(tcp|udp)/[0-9]{1,5}$")]


MOST_ZONES = 12
"""Zones of one gateway: each has an HTB class below 1:10 and one for its walled garden from 1:fff0 on."""


class SettingsError(ValueError):
    """A setting that cannot be: names file, key, value and what was expected."""


class Ceilings(Struct, frozen=True, forbid_unknown_fields=True):
    """The most that a grant may ask for, whoever asks."""

    rate_down: BitsPerSecond = 1_000_000_000
    rate_up: BitsPerSecond = 1_000_000_000
    seconds: PositiveSeconds = 86_400
    volume: Bytes | None = None
    """None: a grant needs no volume."""


BLOCKED_NETWORKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
    *("::/127", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)
"""Private, link-local, shared and group addresses: behind a town's line they are the town's own machines."""


LINE_PORTS = ("tcp/22",)
"""What of the gateway itself the line may reach by default: whoever looks after it."""


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """One LAN interface with its addresses and rules."""

    lan: InterfaceName
    wan: InterfaceName
    addresses: tuple[str, ...]
    """The gateway's own addresses on ``lan`` with their prefix length, IPv4 and IPv6."""
    total_down: BitsPerSecond
    """All clients of the zone together; below the line's speed, so that the queue is here."""
    total_up: BitsPerSecond
    capture_port: Port = 8080
    portal_port: Port = 8081
    portal_tls_port: Port = 8443
    captive_dns_port: Port = 5300
    """A name server for captive clients, which knows only the record types that a phone needs."""
    max_clients: Annotated[int, Meta(ge=1, le=16_000)] = 1_000
    ceilings: Ceilings = Ceilings()
    leases: str | None = None
    """dnsmasq's file of leases: a client may use the IPv4 address that it has leased. None: any of the zone."""
    pool: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    """IPv4 addresses that dnsmasq has to lease (``dhcp-range``); None: all of the zone's networks."""
    addresses6: Annotated[int, Meta(ge=1, le=1_000)] = 16
    """IPv6 addresses of one client."""
    prefix6: Literal["fixed", "delegated", "translated"] = "fixed"
    """Where the clients' IPv6 prefix is from. ``fixed``: it is in ``addresses`` and routed to this gateway. ``delegated``: the line gives
    it (DHCPv6, RFC 8415 §6.3) and may change it at any time; it is whatever the kernel routes to ``lan``. ``translated``: a private one in
    ``addresses`` (RFC 4193), behind the gateway's own address on ``wan``: for lines that give one address and no prefix."""
    connections: Annotated[int, Meta(ge=10, le=60_000)] = 1_000
    """Open connections of one client."""
    new_connections: Annotated[int, Meta(ge=5, le=10_000)] = 100
    """Connections that one client may open in a second, and five times as many at once."""
    blocked_networks: tuple[str, ...] = BLOCKED_NETWORKS
    """Where no client may go: the town's own networks above all."""
    blocked_ports: tuple[PortOf, ...] = ("tcp/25",)
    garden_rate: BitsPerSecond = 1_000_000
    """All captive clients together, in the walled garden, each way."""
    garden_bytes: Bytes = 20_000_000
    """One captive client in the walled garden, a day, each way."""

    def networks(self, version: int) -> tuple[str, ...]:
        """The zone's IPv4 or IPv6 prefixes."""
        interfaces = map(ipaddress.ip_interface, self.addresses)
        return tuple(str(each.network) for each in interfaces if each.version == version)

    @property
    def pool_size(self) -> int:
        """IPv4 addresses for clients, as far as it is known; 0: leases are not looked at."""
        if self.leases is None:
            return 0
        networks = {ipaddress.ip_network(network) for network in self.networks(4)}
        all_of_them = sum(max(0, network.num_addresses - 2) for network in networks) - len(self.own(4))
        return self.pool if self.pool is not None else max(0, all_of_them)

    def own(self, version: int) -> tuple[str, ...]:
        """The gateway's own IPv4 or IPv6 addresses in the zone."""
        interfaces = map(ipaddress.ip_interface, self.addresses)
        return tuple(str(each.ip) for each in interfaces if each.version == version)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of ``firewall.toml``."""

    zones: dict[Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,14}$")], Zone]
    socket: str = "/run/hotspot-firewall/firewall.sock"
    clients: tuple[str | int, ...] = ("hotspot-portal",)
    """Users (names or uids) whose processes may connect; root and the daemon's own user always may."""
    line_ports: tuple[PortOf, ...] = LINE_PORTS
    """Where the line may begin something with the gateway itself; empty where the IT staff have a network of their own."""
    runtime_dir: str = "/run/hotspot-firewall"
    """Where the daemon remembers how the kernel prints the tables that it loaded."""
    usage_interval: Annotated[float, Meta(ge=0.5, le=300)] = 5.0
    """Seconds between readings of all counters."""


SCALES: dict[str, dict[str, float]] = {
    "rate": {"bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9},
    "size": {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30},
    "time": {"ms": 1e-3, "s": 1, "min": 60, "h": 3_600, "d": 86_400},
}
"""Units that settings may be written in, by kind of value."""


def quantity(value: object, kind: str) -> object:
    """``"10 Mbit/s"`` -> 10000000, ``"2 h"`` -> 7200; what is no text stays as it is. Raises ``ValueError`` with the units expected."""
    if not isinstance(value, str):
        return value
    number, _, unit = value.strip().partition(" ")
    scale = SCALES[kind].get(unit.strip())
    try:
        amount = float(number) * (scale if scale is not None else float("nan"))
        return int(amount) if amount == int(amount) else amount
    except (ValueError, OverflowError):
        units = ", ".join(SCALES[kind])
        raise ValueError(f'expected a number and a unit of {units}, as in "10 {list(SCALES[kind])[2]}"') from None


_QUANTITIES = {
    ("zones", "*", "total_down"): "rate",
    ("zones", "*", "total_up"): "rate",
    ("zones", "*", "ceilings", "rate_down"): "rate",
    ("zones", "*", "ceilings", "rate_up"): "rate",
    ("zones", "*", "ceilings", "seconds"): "time",
    ("zones", "*", "ceilings", "volume"): "size",
    ("usage_interval",): "time",
    ("zones", "*", "garden_rate"): "rate",
    ("zones", "*", "garden_bytes"): "size",
}

_Value = TypeVar("_Value")


def _scaled(tree: Any, path: tuple[str, ...], shown: str) -> Any:
    if isinstance(tree, dict):
        return {
            key: _scaled(value, (*path, "*" if path == ("zones",) else key), f"{shown}.{key}".lstrip(".")) for key, value in tree.items()
        }
    kind = _QUANTITIES.get(path)
    try:
        return tree if kind is None else quantity(tree, kind)
    except ValueError as error:
        raise ValueError(f"{shown} = {tree!r}: {error}") from None


def parse(text: str, source: str) -> Settings:
    """TOML text -> settings; raises ``SettingsError`` that starts with ``source``."""
    try:
        tree = _scaled(tomllib.loads(text), (), "")
        zones = tree.get("zones", {})
        for name, zone in zones.items() if isinstance(zones, dict) else ():  # one by one, so that an error can name the zone
            if not _ZONE_NAME.fullmatch(name):
                raise ValueError(f"zones.{name}: expected a name of at most 15 letters a-z, digits and _, a letter first")
            _convert(zone, Zone, f"zones.{name}")
        settings = _convert(tree, Settings, "")
        _check(settings)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise SettingsError(f"cannot use {source}: {error}") from error
    return settings


_ZONE_NAME = re.compile("[a-z][a-z0-9_]{0,14}")
_AT = re.compile(r"(?P<what>.*) - at `(?:key in )?\$\.?(?P<path>[^`]*)`", re.DOTALL)


def _convert(tree: Any, kind: type[_Value], where: str) -> _Value:
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as error:
        match = _AT.fullmatch(str(error))
        path = match["path"] if match else ""
        value: Any = tree
        for key in re.findall(r"[A-Za-z_]+|(?<=\[)\d+", path):
            value = value[int(key) if key.isdecimal() else key] if isinstance(value, dict | list) else value
        shown = ".".join(filter(None, (where, path)))
        what = match["what"] if match else str(error)
        raise ValueError(f"{shown} = {value!r}: {what}" if path and "..." not in path else f"{shown}: {what}".lstrip(": ")) from None


def _check(settings: Settings) -> None:
    if not settings.zones:
        raise ValueError("zones: expected at least one [zones.<name>]")
    if len(settings.zones) > MOST_ZONES:
        raise ValueError(
            f"zones: {len(settings.zones)} of them, expected at most {MOST_ZONES} on one gateway (HTB classes 1:1 to 1:c are theirs)"
        )
    seen: dict[str, str] = {}
    for name, zone in settings.zones.items():
        if zone.lan in seen:
            raise ValueError(f"zones.{name}.lan = {zone.lan!r}: already the interface of zone {seen[zone.lan]!r}, expected one of its own")
        seen[zone.lan] = name
        if zone.lan == zone.wan:
            raise ValueError(f"zones.{name}.wan = {zone.wan!r}: is also lan, expected another interface")
        for address in zone.addresses:
            try:
                ipaddress.ip_interface(address)
            except ValueError:
                raise ValueError(
                    f"zones.{name}.addresses: {address!r}: expected an address with prefix length such as 198.18.0.1/20"
                ) from None
        if not zone.own(4) and not zone.own(6):
            raise ValueError(f"zones.{name}.addresses: expected at least one address with prefix length")
        if zone.prefix6 == "translated" and not zone.own(6):
            raise ValueError(
                f'zones.{name}.prefix6 = "translated": addresses has no IPv6 address; expected a private one such as fd00:1::1/64'
            )
        ports = (zone.capture_port, zone.portal_port, zone.portal_tls_port, zone.captive_dns_port)
        if len(set(ports)) != len(ports):
            keys = "capture_port, portal_port, portal_tls_port and captive_dns_port"
            raise ValueError(f"zones.{name}: {keys} are {ports}, expected four different ports")
        for network in zone.blocked_networks:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"zones.{name}.blocked_networks: {network!r}: expected a network such as 10.0.0.0/8") from None
        for port in zone.blocked_ports:
            if not 1 <= int(port.partition("/")[2]) <= 65_535:
                raise ValueError(f"zones.{name}.blocked_ports: {port!r}: expected a port from 1 to 65535")
    for port in settings.line_ports:
        if not 1 <= int(port.partition("/")[2]) <= 65_535:
            raise ValueError(f"line_ports: {port!r}: expected a port from 1 to 65535")
    clients = sum(zone.max_clients for zone in settings.zones.values())
    if clients > 30_000:
        raise ValueError(f"zones: max_clients add up to {clients}, expected at most 30000 on one gateway (HTB class ids have 16 bit)")


def load(path: str | Path) -> Settings:
    """Read and parse a file; raises ``SettingsError``."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot use {path}: {error}") from error
    return parse(text, str(path))
