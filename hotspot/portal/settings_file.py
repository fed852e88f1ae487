"""The shape of the settings file, and how it becomes ``Settings``. Unknown keys are errors: a typing error must not be a silent default."""

import ipaddress
import pwd
import zoneinfo
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from firewall.api import PlanName, Rates, ZoneName
from hotspot.portal import settings_hub, settings_internet, settings_legal, settings_policy, settings_town, theme
from hotspot.portal.settings import HallTexts, Settings, Theme, Zone
from hotspot.portal.settings_reader import Files, Reader, host_port, mail_address, telephone, web_address
from hotspot.session import visitor_check
from hotspot.session.hours import Hours, overlap, parse_closed, parse_spans
from hotspot.session.plans import Plan
from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds
from hotspot.wire import Policy

Quantity = str | int | float

GUARANTEED = 64_000
"""bit/s that a client keeps when the zone is full, unless the plan says otherwise: enough for a chat message to get through."""
MAX_PLAN_SECONDS = 31_622_400.0
"""The contract's bound on a grant (``firewall.api.Seconds``): a leap year."""


class _Hall(Struct, forbid_unknown_fields=True):
    name: str
    town: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    address: list[str] = []
    hours: str | None = None
    venue_info_url: str | None = None
    time_zone: str = "Europe/Berlin"


class _Hours(Struct, forbid_unknown_fields=True):
    open: list[str]
    closed: list[Any] = []
    time_zone: str | None = None


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
    voucher: bool = False
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


class _Visitor(Struct, forbid_unknown_fields=True):
    key: str


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
    looks: str = "/run/hotspot-looks"
    blocked_names: str | None = None
    certificate: str | None = None
    key: str | None = None
    theme: str | dict[str, Any] | None = None
    services: str | list[str] | dict[str, Any] = []
    feedback: Any = None
    wifi4eu: Any = None
    legal: Any = None
    hub: Any = None
    visitor: Any = None


def _uid(value: object) -> int:
    if isinstance(value, int):
        return value
    try:
        return pwd.getpwnam(str(value)).pw_uid
    except KeyError:
        raise ValueError("expected a user of this machine or a uid") from None


def _time_zone(value: object) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(str(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('expected a time zone that this machine knows, such as "Europe/Berlin"') from None


def _hours(read: Reader, name: str, raw: object, hall: tzinfo) -> Hours:
    key = f"hours.{name}"
    file = read.table(raw, _Hours, key)
    if not file.open:
        raise read.error(f"{key}.open", file.open, 'expected at least one line such as "Mon-Fri 08:00-18:00"')
    spans = {span for text in file.open for span in read.value(f"{key}.open", text, lambda one: parse_spans(str(one)))}
    both = overlap(spans)
    if both is not None:
        raise read.error(f"{key}.open", file.open, f"expected hours that do not overlap, as {both[0].text} and {both[1].text} do")
    return Hours(
        time_zone=hall if file.time_zone is None else read.value(f"{key}.time_zone", file.time_zone, _time_zone),
        spans=tuple(sorted(spans)),
        closed=tuple(read.value(f"{key}.closed", str(day), lambda one: parse_closed(str(one))) for day in file.closed),
    )


def _one_of(read: Reader, key: str, name: str | None, hours: dict[str, Hours]) -> Hours | None:
    if name is not None and name not in hours:
        raise read.error(key, name, f"expected one of the tables of hours: {', '.join(hours) or 'there is none yet'}")
    return None if name is None else hours[name]


def _slow_rates(read: Reader, key: str, file: _Plan, fast: Rates) -> Rates | None:
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


def _plan(read: Reader, name: str, raw: object, hours: dict[str, Hours]) -> Plan:
    key = f"plans.{name}"
    read.value("plans", name, lambda text: msgspec.convert(text, PlanName))
    if name == visitor_check.PLAN:
        raise read.error("plans", name, "expected another name: test visits have a plan of this name")
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
        title=read.texts(f"{key}.title", file.title or name, 60),
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
        voucher=file.voucher,
        hours=_one_of(read, f"{key}.hours", file.hours, hours),
    )


def _zone(read: Reader, name: str, raw: object, plans: dict[str, Plan], hours: dict[str, Hours]) -> Zone:
    key = f"zones.{name}"
    read.value("zones", name, lambda text: msgspec.convert(text, ZoneName))
    file = read.table(raw, _Zone, key)
    if not file.plans:
        raise read.error(f"{key}.plans", file.plans, "expected at least one plan")
    for plan in file.plans:
        if plan not in plans:
            raise read.error(f"{key}.plans", plan, f"expected one of the plans {', '.join(plans)}")
    offered = tuple(plan for plan in file.plans if not plans[plan].voucher)
    if not offered:
        raise read.error(f"{key}.plans", file.plans, "expected at least one plan that needs no voucher")
    for port in ("capture_port", "portal_port", "portal_tls_port"):
        read.value(f"{key}.{port}", getattr(file, port), lambda number: number, 1, 65_535)
    if len({file.capture_port, file.portal_port, file.portal_tls_port}) < 3:
        raise read.error(f"{key}.capture_port", file.capture_port, "expected a port that is neither portal_port nor portal_tls_port")
    for address in file.listen:
        read.value(f"{key}.listen", address, lambda text: ipaddress.ip_address(str(text)))
    url = read.value(f"{key}.portal_url", file.portal_url, web_address)
    return Zone(
        name=name,
        plans=offered,
        voucher_plans=tuple(plan for plan in file.plans if plans[plan].voucher),
        portal_url=url if url.endswith("/") else url + "/",
        lan=file.lan,
        listen=file.listen,
        capture_port=file.capture_port,
        portal_port=file.portal_port,
        portal_tls_port=file.portal_tls_port,
        hours=_one_of(read, f"{key}.hours", file.hours, hours),
    )


def _visitor_key(read: Reader, raw: object) -> bytes:
    """The key of the hall's own test visits; empty without ``[visitor]``."""
    if raw is None:
        return b""
    name = read.table(raw, _Visitor, "visitor").key
    content = read.content("visitor.key", name, visitor_check.MOST_KEY + 1)
    try:
        return visitor_check.key_of(content)
    except ValueError as error:
        raise read.error("visitor.key", name, str(error)) from None


def _hall(read: Reader, raw: object, zone: tzinfo, hours: dict[str, Hours], look: Theme) -> HallTexts:
    hall = read.table(raw, _Hall, "hall")
    return HallTexts(
        name=hall.name,
        town=hall.town,
        contact=hall.contact,
        phone=read.value("hall.phone", hall.phone, telephone) if hall.phone else "",
        email=read.value("hall.email", hall.email, mail_address) if hall.email else "",
        address=tuple(hall.address),
        hours=_one_of(read, "hall.hours", hall.hours, hours),
        venue_info_url=None if hall.venue_info_url is None else read.value("hall.venue_info_url", hall.venue_info_url, web_address),
        time_zone=zone,
        theme=look,
    )


def load(path: Path, files: Files | None = None, policy: Policy | None = None) -> Settings:
    """The whole file and those that it names, read by ``files``, with a policy over it. Raises ``BadSettings``."""
    read = Reader(path, files)
    raw = read.toml()
    if policy is None:
        return _settings(read, raw)
    return with_policy(path, read.files, raw, policy)


def with_policy(path: Path, files: Files, raw: dict[str, Any], policy: Policy) -> Settings:
    """The settings of the tables ``raw``, the file at ``path``, with a policy over them. Raises ``BadSettings``."""
    read, laid = settings_policy.reader(path, files, raw, policy)
    settings = _settings(read, laid.tables)
    place = settings_policy.Place(
        zones=tuple(settings.zones),
        own_names={urlsplit(zone.portal_url).hostname or "" for zone in settings.zones.values()},
        blocks_names=settings.blocked_names is not None,
        voucher_plans={name for zone in settings.zones.values() for name in zone.voucher_plans},
        time_zone=settings.hall.time_zone,
    )
    return msgspec.structs.replace(settings, policy=settings_policy.from_hub(read, policy, laid, place))


def _look(read: Reader, raw: str | dict[str, Any] | None) -> Theme:
    """``theme``: the name of a file, or what would stand in it."""
    if raw is None:
        return Theme()
    return theme.load(read.beside("theme", raw)) if isinstance(raw, str) else theme.of_table(read, raw)


def _settings(read: Reader, raw: dict[str, Any]) -> Settings:
    file = read.table(raw, _File, "")
    hall = read.table(file.hall, _Hall, "hall")
    time_zone = read.value("hall.time_zone", hall.time_zone, _time_zone)
    hours = {name: _hours(read, name, table, time_zone) for name, table in file.hours.items()}
    plans = {name: _plan(read, name, plan, hours) for name, plan in file.plans.items()}
    zones = {name: _zone(read, name, zone, plans, hours) for name, zone in file.zones.items()}
    if not zones:
        raise read.error("zones", file.zones, "expected at least one zone")
    if (file.certificate is None) != (file.key is None):
        raise read.error("certificate", file.certificate, "expected certificate and key together")
    hub = settings_hub.hub(read, file.hub)
    certificate, key = (None if name is None else read.file(name) for name in (file.certificate, file.key))
    if hub is not None and hub.certificate:
        settings_hub.check_certificate(read, file.certificate, [zone.portal_url for zone in zones.values()])
        certificate = key = read.file(file.state_dir) / settings_hub.CERTIFICATE  # both in one file, so that they always fit
    retention = read.value("retention", file.retention, parse_seconds, 1, MAX_PLAN_SECONDS)
    for name, plan in plans.items():
        if plan.pause > retention:
            raise read.error(
                f"plans.{name}.pause", f"{plan.pause} s", f"expected at most retention ({retention:g} s), when devices are forgotten"
            )
    visitor_key = _visitor_key(read, file.visitor)
    if visitor_key:
        plans[visitor_check.PLAN] = visitor_check.CHECK_PLAN  # known, and never on offer
    return Settings(
        state_dir=read.file(file.state_dir),
        firewall_socket=read.file(file.firewall_socket),
        control_socket=read.file(file.control_socket),
        control_users=tuple(read.value("control_users", user, _uid) for user in file.control_users),
        management=read.value("management", file.management, host_port),
        retention=retention,
        usage_interval=read.value("usage_interval", file.usage_interval, parse_seconds, 0.1, 3_600),
        looks=read.file(file.looks),
        visitor_key=visitor_key,
        blocked_names=None if file.blocked_names is None else read.file(file.blocked_names),
        certificate=certificate,
        key=key,
        hall=msgspec.structs.replace(
            _hall(read, file.hall, time_zone, hours, _look(read, file.theme)), wifi4eu=settings_town.wifi4eu(read, file.wifi4eu)
        ),
        terms=settings_legal.terms(read, file.terms),
        plans=plans,
        zones=zones,
        internet=settings_internet.internet(read, file.internet),
        services=settings_town.services(read, file.services),
        feedback=settings_town.feedback(read, file.feedback),
        legal=settings_legal.legal(read, file.legal),
        hub=hub,
    )
