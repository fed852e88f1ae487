"""The hub's settings: one TOML file. What staff change while it runs is in the database, not here."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from hotspot.hub.alarms import Limits
from hotspot.hub.certificates import settings as certified
from hotspot.hub.certificates.settings import Certificates
from hotspot.hub.oidc import settings as openid
from hotspot.hub.oidc.settings import OpenId
from hotspot.hub.sources import Network
from hotspot.session.quantities import parse_seconds

T = TypeVar("T")
DAY = 86_400.0


class BadSettings(Exception):
    """The settings cannot be used; the text names file, key, value and what was expected."""


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the hub keeps what grows, in seconds; in the file ``"90 d"``."""

    quarters: float = 90 * DAY
    """Figures by quarter of an hour."""
    hours: float = 400 * DAY
    days: float = 5 * 366 * DAY
    feedback: float = 180 * DAY
    """From the day a message came."""
    alarms: float = 400 * DAY
    audit: float = 3 * 366 * DAY
    orders: float = 3_600.0
    """Live orders with their answers: the only place with device codes."""


class Mail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the hub sends e-mail."""

    server: str
    port: int = 587
    sender: str
    starttls: bool = True
    user: str = ""
    password_file: str = ""


class RemoteWrite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where metrics are pushed to, when nobody scrapes them."""

    url: str
    every: float = 60.0
    """Seconds."""
    token_file: str = ""
    """Bearer token."""


class Machine(Struct, frozen=True, kw_only=True):
    """What else the hub looks at on its machine, for alarms and monitoring: it writes to none of them."""

    certificate: Path | None = None
    """PEM chain that people and gateways are shown; None: not known, as with a proxy elsewhere."""
    database: Path | None = None
    """A folder on the disk of the database; None: that is on another machine."""
    backups: Path | None = None
    """The same of the backups."""
    updates: bool = False
    """Whether Debian's own updates are looked at."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that a hub process is told."""

    database: str
    """As libpq writes it: ``postgresql:///hub?host=/run/postgresql``; several hosts for a standby."""
    listen: tuple[tuple[str, int], ...] = (("127.0.0.1", 8700),)
    """Address and port; 0: any free one."""
    url: str = ""
    """Where gateways and people find the hub, as ``https://hub.stadt.example``: for what is printed at enrolment."""
    certificate: Path | None = None
    """PEM chain; None: plain HTTP, for a proxy in front that speaks TLS."""
    key: Path | None = None
    proxies: tuple[Network, ...] = ()
    """Our own proxies: what they say of where a request comes from (``X-Forwarded-For``) is believed, to tell apart who fails to log in,
    and whether it came over TLS (``X-Forwarded-Proto``). Of anybody else it is not."""
    connections: int = 8
    """To the database, of this process."""
    credential_age: float = 90 * DAY
    """Seconds after which a gateway is told to get another credential."""
    retention: Retention = Retention()
    alarms: Limits = Limits()
    mail: Mail | None = None
    remote_write: RemoteWrite | None = None
    oidc: OpenId | None = None
    """Where people of the city have accounts already."""
    certificates: Certificates | None = None
    """How the halls' portals come to certificates; None: not from here."""
    machine: Machine = Machine()


class _Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quarters: str | float = "90 d"
    hours: str | float = "400 d"
    days: str | float = "1830 d"
    feedback: str | float = "180 d"
    alarms: str | float = "400 d"
    audit: str | float = "1098 d"
    orders: str | float = "1 h"


class _Alarms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    silent: str | float = "3 min"
    pool: Annotated[float, Meta(ge=1, le=99)] = 90
    disk: Annotated[float, Meta(ge=1, le=60)] = 10
    certificate: str | float = "14 d"


class _RemoteWrite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    every: str | float = "1 min"
    token_file: str = ""


class _Machine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    certificate: str = ""
    database: str = ""
    backups: str = ""
    updates: bool = False


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As the file writes it."""

    database: str
    listen: tuple[str, ...] = ("127.0.0.1:8700",)
    url: str = ""
    certificate: str | None = None
    key: str | None = None
    proxies: tuple[str, ...] = ()
    connections: Annotated[int, Meta(ge=2, le=100)] = 8
    credential_age: str | float = "90 d"
    retention: _Retention = _Retention()
    alarms: _Alarms = _Alarms()
    mail: Mail | None = None
    remote_write: _RemoteWrite | None = None
    oidc: openid.File | None = None
    certificates: certified.File | None = None
    machine: _Machine = _Machine()


def load(path: Path) -> Settings:
    """Read and check one file; relative names in it stand beside it. Raises ``BadSettings``."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadSettings(f"cannot read {path}: {error}") from None
    return from_raw(raw, path)


def from_raw(raw: dict[str, Any], path: Path) -> Settings:
    """The same from a parsed file that stood at ``path``."""

    def bad(key: str, value: object, expected: str) -> BadSettings:
        return BadSettings(f"cannot use {path}: {key} = {value!r}: expected {expected}")

    def seconds(key: str, value: str | float, low: float, high: float) -> float:
        try:
            found = parse_seconds(value)
        except ValueError as error:
            raise BadSettings(f"cannot use {path}: {key} = {value!r}: {error}") from None
        if not low <= found <= high:
            raise bad(key, value, f'{low:g} to {high:g} seconds, such as "90 d"')
        return found

    try:
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise BadSettings(f"cannot use {path}: {error}") from None
    if (file.certificate is None) != (file.key is None):
        raise bad("certificate", file.certificate, "certificate and key together")
    if file.url and not file.url.startswith(("https://", "http://")):
        raise bad("url", file.url, 'an address such as "https://hub.stadt.example"')
    kept = {
        name: seconds(f"retention.{name}", value, 60, 100 * 366 * DAY) for name, value in msgspec.structs.asdict(file.retention).items()
    }
    push = file.remote_write
    return Settings(
        database=file.database,
        listen=tuple(_host_port(bad, value) for value in file.listen),
        url=file.url.rstrip("/"),
        certificate=None if file.certificate is None else path.parent / file.certificate,
        key=None if file.key is None else path.parent / file.key,
        proxies=tuple(_network(bad, value) for value in file.proxies),
        connections=file.connections,
        credential_age=seconds("credential_age", file.credential_age, 3_600, 10 * 366 * DAY),
        retention=Retention(**kept),
        alarms=Limits(
            silent=seconds("alarms.silent", file.alarms.silent, 120, 86_400),
            pool=file.alarms.pool,
            disk=file.alarms.disk,
            certificate=seconds("alarms.certificate", file.alarms.certificate, DAY, 365 * DAY),
        ),
        mail=None if file.mail is None else msgspec.structs.replace(file.mail, password_file=_beside(path, file.mail.password_file)),
        remote_write=None
        if push is None
        else RemoteWrite(
            url=push.url, every=seconds("remote_write.every", push.every, 1, 3_600), token_file=_beside(path, push.token_file)
        ),
        oidc=None if file.oidc is None else openid.used(file.oidc, file.url, path.parent, bad),
        certificates=None if file.certificates is None else certified.used(file.certificates, path.parent, bad),
        machine=_machine(bad, file, path.parent),
    )


def _machine(bad: Any, file: _File, folder: Path) -> Machine:
    """Folders that are absolute, and the certificate that is shown: the hub's own, unless another one is named."""
    for name in ("database", "backups"):
        value = getattr(file.machine, name)
        if value and not value.startswith("/"):
            error: BadSettings = bad(f"machine.{name}", value, 'a folder such as "/var/lib/postgresql"')
            raise error
    shown = file.machine.certificate or file.certificate
    return Machine(
        certificate=folder / shown if shown else None,
        database=Path(file.machine.database) if file.machine.database else None,
        backups=Path(file.machine.backups) if file.machine.backups else None,
        updates=file.machine.updates,
    )


def _beside(path: Path, name: str) -> str:
    return str(path.parent / name) if name else ""


def _network(bad: Any, value: str) -> Network:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        error: BadSettings = bad("proxies", value, 'an address such as "127.0.0.1", or a network such as "192.0.2.8/29"')
        raise error from None
    if not network.prefixlen:
        raise bad("proxies", value, "our own proxies: everybody would be believed")
    return network


def _host_port(bad: Any, value: str) -> tuple[str, int]:
    host, colon, port = value.rpartition(":")
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        address = ""
    if not (address and colon and port.isascii() and port.isdigit() and int(port) < 65_536):
        error: BadSettings = bad("listen", value, 'address and port such as "127.0.0.1:8700" or "[::]:8700"')
        raise error
    return address, int(port)
