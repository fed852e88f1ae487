"""The shape of the settings file, and how it becomes ``Settings``. Unknown keys are errors: a typing error must not be a silent default."""

import ipaddress
import pwd
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from firewall.api import PlanName, Rates, ZoneName
from hotspot.portal.settings import BadSettings, HallTexts, Internet, Settings, Terms, Zone
from hotspot.session.hours import Hours, parse_closed, parse_spans
from hotspot.session.plans import Plan
from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds

Quantity = str | int | float
T = TypeVar("T")

GUARANTEED = 64_000
"""bit/s that a client keeps when the zone is full, unless the plan says otherwise: enough for a chat message to get through."""
MAX_PLAN_SECONDS = 31_622_400.0
"""The contract's bound on a grant (``firewall.api.Seconds``): a leap year."""


class _Hall(Struct, forbid_unknown_fields=True):
    name: str
    contact: str = ""
    venue_info_url: str | None = None
    time_zone: str = "Europe/Berlin"


class _Hours(Struct, forbid_unknown_fields=True):
    open: list[str]
    closed: list[Any] = []
    time_zone: str | None = None


class _Terms(Struct, forbid_unknown_fields=True):
    version: str
    text: dict[str, str] = {}
    file: dict[str, str] = {}


class _Plan(Struct, forbid_unknown_fields=True):
    down: Quantity
    up: Quantity
    time: Quantity
    title: str | dict[str, str] = ""
    down_guaranteed: Quantity | None = None
    up_guaranteed: Quantity | None = None
    volume: Quantity | None = None
    idle: Quantity | None = None
    then_down: Quantity | None = None
    then_up: Quantity | None = None
    daily_time: Quantity | None = None
    daily_volume: Quantity | None = None
    pause: Quantity = 0
    extension: Quantity = 0
    extensions: int = 1
    hours: str | None = None


class _Zone(Struct, forbid_unknown_fields=True):
    plans: list[str]
    portal_url: str
    lan: str | None = None
    listen: tuple[str, ...] = ("0.0.0.0", "::")
    capture_port: int = 8080
    portal_port: int = 8081
    portal_tls_port: int = 8443
    hours: str | None = None


class _Internet(Struct, forbid_unknown_fields=True):
    targets: list[str] = []
    interval: Quantity = 30
    timeout: Quantity = 3


class _File(Struct, forbid_unknown_fields=True):
    """Sections stay raw here, so that an error can name the key of the table it stands in."""

    firewall_socket: str
    control_socket: str
    state_dir: str
    hall: Any
    terms: Any
    plans: dict[str, Any]
    zones: dict[str, Any]
    hours: dict[str, Any] = {}
    internet: Any = {}
    control_users: list[str | int] = []
    management: str = "127.0.0.1:9464"
    retention: Quantity = "24 h"
    usage_interval: Quantity = 5
    blocked_names: str | None = None
    certificate: str | None = None
    key: str | None = None


class _Reader:
    """Turns values into what they mean; every error is a ``BadSettings`` that names the key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, key: str, value: object, expected: str) -> BadSettings:
        """``cannot use portal.toml: plans.free.down = "fast": expected a rate ...``."""
        return BadSettings(f"cannot use {self.path}: {key} = {value!r}: {expected}")

    def table(self, raw: object, kind: type[T], key: str) -> T:
        """A table as ``kind``; ``key`` is where it stands, "" for the whole file."""
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at `$")
            steps = re.findall(r"[a-z_]+|\[[0-9]+\]", place)
            where = ".".join(filter(None, [key, *(step for step in steps if step[0] != "[")]))
            unknown = re.search(r"unknown field `([^`]+)`", what)
            missing = re.search(r"missing required field `([^`]+)`", what)
            if unknown:
                known = ", ".join(getattr(kind, "__struct_fields__", ()))
                where = ".".join(filter(None, [where, unknown[1]]))
                raise self.error(where, _look_up(raw, [*steps, unknown[1]]), f"unknown key, expected one of {known}") from None
            if missing:
                raise BadSettings(f"cannot use {self.path}: {'.'.join(filter(None, [where, missing[1]]))} is missing") from None
            raise self.error(where, _look_up(raw, steps), what) from None

    def value(self, key: str, value: object, parse: Callable[[object], T], low: float | None = None, high: float | None = None) -> T:
        """A quantity, within bounds."""
        try:
            parsed = parse(value)
        except ValueError as error:
            raise self.error(key, value, str(error)) from None
        if isinstance(parsed, int | float) and ((low is not None and parsed < low) or (high is not None and parsed > high)):
            raise self.error(key, value, f"expected {low:.15g} to {high:.15g}" if high is not None else f"expected at least {low:.15g}")
        return parsed

    def file(self, text: str) -> Path:
        """A path; relative ones stand beside the settings file."""
        return self.path.parent / text


def _look_up(raw: object, steps: Sequence[str]) -> object:
    for step in steps:
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and step[0] == "[":
            raw = raw[int(step[1:-1])]
    return raw


def _host_port(value: object) -> tuple[str, int]:
    """``127.0.0.1:9464`` or ``[::1]:9464``."""
    expected = 'expected address and port such as "127.0.0.1:9464" or "[::1]:9464"'
    host, colon, port = str(value).rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(expected)
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise ValueError(expected) from None


def _uid(value: object) -> int:
    if isinstance(value, int):
        return value
    try:
        return pwd.getpwnam(str(value)).pw_uid
    except KeyError:
        raise ValueError("expected a user of this machine or a uid") from None


def _url(value: object) -> str:
    parts = urlsplit(str(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname or not str(value).isascii() or re.search(r"[\s\"<>]", str(value)):
        raise ValueError('expected an address such as "http://portal.hall.example/"')
    return str(value)


def _time_zone(value: object) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(str(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('expected a time zone that this machine knows, such as "Europe/Berlin"') from None


def _hours(read: _Reader, name: str, raw: object, hall: tzinfo) -> Hours:
    key = f"hours.{name}"
    file = read.table(raw, _Hours, key)
    if not file.open:
        raise read.error(f"{key}.open", file.open, 'expected at least one line such as "Mon-Fri 08:00-18:00"')
    spans = {span for text in file.open for span in read.value(f"{key}.open", text, lambda one: parse_spans(str(one)))}
    return Hours(
        time_zone=hall if file.time_zone is None else read.value(f"{key}.time_zone", file.time_zone, _time_zone),
        spans=tuple(sorted(spans)),
        closed=tuple(read.value(f"{key}.closed", str(day), lambda one: parse_closed(str(one))) for day in file.closed),
    )


def _one_of(read: _Reader, key: str, name: str | None, hours: dict[str, Hours]) -> Hours | None:
    if name is not None and name not in hours:
        raise read.error(key, name, f"expected one of the tables of hours: {', '.join(hours) or 'there is none yet'}")
    return None if name is None else hours[name]


def _slow_rates(read: _Reader, key: str, file: _Plan, fast: Rates) -> Rates | None:
    """The rates after the volume, if the plan has any."""
    if file.then_down is None and file.then_up is None:
        return None
    if file.then_down is None or file.then_up is None or file.volume is None:
        given = file.then_up if file.then_down is None else file.then_down
        raise read.error(
            f"{key}.then_{'up' if file.then_down is None else 'down'}", given, "expected then_down, then_up and volume together"
        )
    down = read.value(f"{key}.then_down", file.then_down, parse_rate, 8_000, fast.ceil_down)
    up = read.value(f"{key}.then_up", file.then_up, parse_rate, 8_000, fast.ceil_up)
    return Rates(rate_down=min(fast.rate_down, down), ceil_down=down, rate_up=min(fast.rate_up, up), ceil_up=up)


def _plan(read: _Reader, name: str, raw: object, hours: dict[str, Hours]) -> Plan:
    key = f"plans.{name}"
    read.value("plans", name, lambda text: msgspec.convert(text, PlanName))
    file = read.table(raw, _Plan, key)

    def seconds(field: str, value: Quantity | None, low: float = 1) -> int | None:
        return None if value is None else round(read.value(f"{key}.{field}", value, parse_seconds, low, MAX_PLAN_SECONDS))

    def volume(field: str, value: Quantity | None) -> int | None:
        return None if value is None else read.value(f"{key}.{field}", value, parse_bytes, 1, 2.0**62)

    rates: dict[str, int] = {}
    for way, ceil, rate in (("down", file.down, file.down_guaranteed), ("up", file.up, file.up_guaranteed)):
        rates[f"ceil_{way}"] = read.value(f"{key}.{way}", ceil, parse_rate, 8_000, 100_000_000_000)
        rates[f"rate_{way}"] = min(GUARANTEED, rates[f"ceil_{way}"])
        if rate is not None:
            rates[f"rate_{way}"] = read.value(f"{key}.{way}_guaranteed", rate, parse_rate, 8_000, rates[f"ceil_{way}"])
    fast = Rates(**rates)
    return Plan(
        name=name,
        title=file.title if isinstance(file.title, dict) else {"de": file.title or name},
        rates=fast,
        seconds=seconds("time", file.time) or 0,
        volume=volume("volume", file.volume),
        idle=seconds("idle", file.idle),
        slow=_slow_rates(read, key, file, fast),
        daily_seconds=seconds("daily_time", file.daily_time),
        daily_volume=volume("daily_volume", file.daily_volume),
        pause=seconds("pause", file.pause, 0) or 0,
        extension=seconds("extension", file.extension, 0) or 0,
        extensions=read.value(f"{key}.extensions", file.extensions, lambda number: int(str(number)), 1, 1_000),
        hours=_one_of(read, f"{key}.hours", file.hours, hours),
    )


def _zone(read: _Reader, name: str, raw: object, plans: dict[str, Plan], hours: dict[str, Hours]) -> Zone:
    key = f"zones.{name}"
    read.value("zones", name, lambda text: msgspec.convert(text, ZoneName))
    file = read.table(raw, _Zone, key)
    if not file.plans:
        raise read.error(f"{key}.plans", file.plans, "expected at least one plan")
    for plan in file.plans:
        if plan not in plans:
            raise read.error(f"{key}.plans", plan, f"expected one of the plans {', '.join(plans)}")
    for port in ("capture_port", "portal_port", "portal_tls_port"):
        read.value(f"{key}.{port}", getattr(file, port), lambda number: number, 1, 65_535)
    if len({file.capture_port, file.portal_port, file.portal_tls_port}) < 3:
        raise read.error(f"{key}.capture_port", file.capture_port, "expected a port that is neither portal_port nor portal_tls_port")
    for address in file.listen:
        read.value(f"{key}.listen", address, lambda text: ipaddress.ip_address(str(text)))
    url = read.value(f"{key}.portal_url", file.portal_url, _url)
    return Zone(
        name=name,
        plans=tuple(file.plans),
        portal_url=url if url.endswith("/") else url + "/",
        lan=file.lan,
        listen=file.listen,
        capture_port=file.capture_port,
        portal_port=file.portal_port,
        portal_tls_port=file.portal_tls_port,
        hours=_one_of(read, f"{key}.hours", file.hours, hours),
    )


def _terms(read: _Reader, raw: object) -> Terms:
    file = read.table(raw, _Terms, "terms")
    text = dict(file.text)
    for language, name in file.file.items():
        try:
            text[language] = read.file(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise read.error(f"terms.file.{language}", name, f"expected a readable text file ({error})") from None
    if not text:
        raise read.error("terms.text", file.text, "expected the terms in at least one language")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", file.version):
        raise read.error("terms.version", file.version, 'expected up to 32 letters, digits, dots and dashes, such as "2026-11"')
    return Terms(version=file.version, text=text)


def load(path: Path) -> Settings:
    """The whole file. Raises ``BadSettings``."""
    read = _Reader(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"cannot read {path}: {error}") from None
    file = read.table(raw, _File, "")
    hall = read.table(file.hall, _Hall, "hall")
    internet = read.table(file.internet, _Internet, "internet")
    time_zone = read.value("hall.time_zone", hall.time_zone, _time_zone)
    hours = {name: _hours(read, name, table, time_zone) for name, table in file.hours.items()}
    plans = {name: _plan(read, name, plan, hours) for name, plan in file.plans.items()}
    zones = {name: _zone(read, name, zone, plans, hours) for name, zone in file.zones.items()}
    if not zones:
        raise read.error("zones", file.zones, "expected at least one zone")
    if (file.certificate is None) != (file.key is None):
        raise read.error("certificate", file.certificate, "expected certificate and key together")
    retention = read.value("retention", file.retention, parse_seconds, 1, MAX_PLAN_SECONDS)
    for name, plan in plans.items():
        if plan.pause > retention:
            raise read.error(
                f"plans.{name}.pause", f"{plan.pause} s", f"expected at most retention ({retention:g} s), when devices are forgotten"
            )
    venue = None if hall.venue_info_url is None else read.value("hall.venue_info_url", hall.venue_info_url, _url)
    return Settings(
        state_dir=read.file(file.state_dir),
        firewall_socket=read.file(file.firewall_socket),
        control_socket=read.file(file.control_socket),
        control_users=tuple(read.value("control_users", user, _uid) for user in file.control_users),
        management=read.value("management", file.management, _host_port),
        retention=retention,
        usage_interval=read.value("usage_interval", file.usage_interval, parse_seconds, 0.1, 3_600),
        blocked_names=None if file.blocked_names is None else read.file(file.blocked_names),
        certificate=None if file.certificate is None else read.file(file.certificate),
        key=None if file.key is None else read.file(file.key),
        hall=HallTexts(name=hall.name, contact=hall.contact, venue_info_url=venue, time_zone=time_zone),
        terms=_terms(read, file.terms),
        plans=plans,
        zones=zones,
        internet=Internet(
            targets=tuple(read.value("internet.targets", target, _host_port) for target in internet.targets),
            interval=read.value("internet.interval", internet.interval, parse_seconds, 0.1, 86_400),
            timeout=read.value("internet.timeout", internet.timeout, parse_seconds, 0.1, 60),
        ),
    )
