"""``hotspot check …``: for Icinga, Nagios and Checkmk: one line with performance data, and the exit status says how it is.

0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (the check itself cannot be made: wrong options, no permission, token not valid).
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from msgspec import Struct

from hotspot.console import Elsewhere, socket_option

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
OK, WARNING, CRITICAL, UNKNOWN = range(4)
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


class _Wrong(click.UsageError):
    """Wrong options."""

    exit_code = UNKNOWN


class Asked(click.Command):
    """A check; wrong options make its result unknown."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        """As ever, with another exit status."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise _Wrong(error.format_message(), error.ctx) from None


class _Checks(Elsewhere):
    """The checks; one that there is not is unknown too."""

    command_class = Asked

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As ever, with another exit status."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _Wrong(error.format_message(), error.ctx) from None


@click.group(cls=_Checks, elsewhere=dict.fromkeys(("visit", "doctor", "guard"), "hotspot.cli_check_looks"))
def check() -> None:
    """Checks for Icinga, Nagios and Checkmk. Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""


class Limit(Struct, frozen=True):
    """From which value on it is a warning, and critical; ``low``: down to which."""

    warning: float
    critical: float
    low: bool = False

    def state(self, value: float) -> int:
        """How it is."""
        if self.low:
            return CRITICAL if value <= self.critical else WARNING if value <= self.warning else OK
        return CRITICAL if value >= self.critical else WARNING if value >= self.warning else OK


class Result:
    """What a check finds: parts that are amiss, and numbers."""

    def __init__(self) -> None:
        self._state, self._amiss, self._numbers = OK, list[tuple[int, str]](), list[str]()

    def amiss(self, state: int, text: str) -> None:
        """Something is wrong; ``OK``: it is not."""
        if state:
            self._state = max(self._state, state)
            self._amiss.append((state, text))

    def number(self, name: str, value: float, limit: Limit | None = None, unit: str = "") -> None:
        """Performance data: ``name=value[unit];warning;critical``; a limit that a value should stay above is written ``10:``."""
        marks = ""
        if limit is not None:
            after = ":" if limit.low else ""
            marks = f";{limit.warning:g}{after};{limit.critical:g}{after}"
        self._numbers.append(f"{_quoted(name)}={round(value, 3):.10g}{unit}{marks}")

    def end(self, well: str) -> NoReturn:
        """Print the line and exit; ``well``: what to say when nothing is amiss."""
        gravest = sorted(self._amiss, key=lambda each: -each[0])
        text = "; ".join(text for _, text in gravest[:10]) + (f"; and {len(gravest) - 10} more" if len(gravest) > 10 else "")
        end(self._state, text or well, self._numbers)


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name


def end(state: int, text: str, numbers: list[str] | None = None) -> NoReturn:
    """One line; a bar would begin the performance data."""
    readable = "".join(letter if letter.isprintable() else " " for letter in text.replace("|", "/"))
    line = f"{_WORDS[state]} - {' '.join(readable.split())[:900]}"
    click.echo(f"{line} | {' '.join(numbers)}" if numbers else line)
    sys.exit(state)


def limit_option(name: str, warning: float, critical: float, text: str) -> Callable[[F], F]:
    """An option with two values."""
    return click.option(name, nargs=2, type=float, default=(warning, critical), show_default=True, metavar="WARNING CRITICAL", help=text)


_timeout = click.option("--timeout", type=click.FloatRange(1, 300), default=10.0, show_default=True, help="Seconds for the whole check.")


# The hub ----------------------------------------------------------------------------------------------------------------------------


def _hub_options(command: F) -> F:
    """Which hub, and whose token."""
    for option in (
        click.option("--token-file", type=click.Path(path_type=Path), help="File with a token; without it HOTSPOT_HUB_TOKEN."),
        click.option("--authority", type=click.Path(), help="PEM file of the authority of its certificate."),
        click.option("--url", help="Address of the hub; without it HOTSPOT_HUB_URL."),
        _timeout,
    ):
        command = option(command)
    return command


class _Hub:
    """The hub's API within a time; every failure ends the check."""

    def __init__(self, url: str | None, authority: str | None, token_file: Path | None, seconds: float) -> None:
        from hotspot.hub_client import Client, HubUnavailable, login

        def late(_number: int, _frame: object) -> None:
            raise TimeoutError

        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            token = None if token_file is None else token_file.read_text(encoding="utf-8").strip()
            self._client = Client(login(os.environ, url, authority, token), seconds)
        except (OSError, UnicodeDecodeError) as error:
            end(UNKNOWN, f"cannot read the token: {error}")
        except HubUnavailable as error:
            end(UNKNOWN, str(error))

    def get(self, path: str, kind: type[T], **query: object) -> T:
        """An answer as ``kind``."""
        from hotspot.hub_client import HubRefused, HubUnavailable

        try:
            return msgspec.convert(self._client.ask("GET", path, **query), kind)
        except HubUnavailable as error:
            end(CRITICAL, str(error))
        except TimeoutError:
            end(CRITICAL, "no answer in time")
        except HubRefused as error:
            end(CRITICAL if error.status >= 500 else UNKNOWN, f"the hub refuses: {error}")
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            end(UNKNOWN, f"cannot understand the hub: {error}")


class _HallNow(Struct):
    hall: str
    state: str
    online: int
    visits_today: int


class _Alarm(Struct):
    severity: str
    hall: str | None
    text: str


class _Zone(Struct):
    zone: str
    online: int
    pool_used: int
    pool_size: int


class _Gateway(Struct):
    gateway: str
    silent_seconds: float
    firewall: bool
    journal: bool
    internet: bool
    faults: list[str]
    zones: list[_Zone]
    accepts: int
    accept_errors: int
    disk_free: int
    disk_size: int
    certificate_until: str | None
    backlog: int
    policy_refused: bool


class _Hall(Struct):
    closed: bool
    gateways: list[_Gateway]
    alarms: dict[str, int]


@check.command("hub")
@limit_option("--silent", 1, 1, "Halls that say nothing.")
@limit_option("--faulty", 1, 5, "Halls in which something fails.")
@click.option("--partner", help="Only the halls of this town.")
@_hub_options
def check_hub(
    silent: tuple[float, float],
    faulty: tuple[float, float],
    partner: str | None,
    url: str | None,
    authority: str | None,
    token_file: Path | None,
    timeout: float,
) -> None:
    """The hub answers, and how all its halls are."""
    import time

    begun = time.monotonic()
    hub = _Hub(url, authority, token_file, timeout)
    halls = hub.get("/figures/now", list[_HallNow], partner=partner)
    alarms = hub.get("/alarms", list[_Alarm], partner=partner)
    result = Result()
    for state, limit in (("silent", Limit(*silent)), ("faulty", Limit(*faulty))):
        names = [hall.hall for hall in halls if hall.state == state]
        result.amiss(limit.state(len(names)), f"{len(names)} {state}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}")
        result.number(state, len(names), limit)
    of_hub = [alarm.text for alarm in alarms if alarm.hall is None]
    result.amiss(WARNING if of_hub else OK, f"the hub itself: {', '.join(of_hub[:3])}")
    online = sum(hall.online for hall in halls)
    result.number("halls", len(halls))
    result.number("online", online)
    result.number("visits_today", sum(hall.visits_today for hall in halls))
    for severity in ("urgent", "warning", "notice"):
        result.number(f"alarms_{severity}", sum(alarm.severity == severity for alarm in alarms))
    result.number("time", time.monotonic() - begun, unit="s")
    result.end(f"{len(halls)} halls, {online} online")


@check.command("hall")
@click.argument("name")
@limit_option("--silent", 180, 300, "Seconds without a word from a gateway.")
@limit_option("--pool", 90, 98, "Percent of a zone's addresses that are leased.")
@limit_option("--disk", 10, 3, "Percent of the disk that is free.")
@limit_option("--certificate", 14, 3, "Days until the certificate ends.")
@limit_option("--backlog", 60, 1_000, "Reports that wait in the gateway.")
@_hub_options
def check_hall(
    name: str,
    silent: tuple[float, float],
    pool: tuple[float, float],
    disk: tuple[float, float],
    certificate: tuple[float, float],
    backlog: tuple[float, float],
    url: str | None,
    authority: str | None,
    token_file: Path | None,
    timeout: float,
) -> None:
    """One hall, as its gateways told the hub."""
    from hotspot.hub_client import part

    hall = _Hub(url, authority, token_file, timeout).get(f"/halls/{part(name)}/health", _Hall)
    if hall.closed:
        end(OK, f"{name} does not take part any more")
    if not hall.gateways:
        end(WARNING, f"{name}: no gateway has spoken yet")
    result, online = Result(), 0
    limits = {"silent": Limit(*silent), "pool": Limit(*pool), "backlog": Limit(*backlog)}
    limits |= {"disk": Limit(*disk, low=True), "certificate": Limit(*certificate, low=True)}
    for gateway in hall.gateways:
        _look(result, gateway, limits, "" if len(hall.gateways) == 1 else f"{gateway.gateway} ")
        online += sum(zone.online for zone in gateway.zones)
    result.number("online", online)
    for severity, number in hall.alarms.items():
        result.number(f"alarms_{severity}", number)
    result.end(f"{name}: {online} online")


def _look(result: Result, gateway: _Gateway, limits: dict[str, Limit], of: str) -> None:
    """One gateway; ``of`` begins its texts and names."""
    from datetime import UTC, datetime

    def look(name: str, of_what: str, value: float, text: str, unit: str) -> None:
        result.amiss(limits[of_what].state(value), f"{of}{text}")
        result.number(f"{of}{name}", value, limits[of_what], unit)

    look("silent", "silent", gateway.silent_seconds, f"silent for {gateway.silent_seconds:.0f} s", "s")
    for well, text in (
        (gateway.firewall, "firewall down"),
        (gateway.journal, "journal cannot be written"),
        (gateway.internet, "no Internet"),
    ):
        result.amiss(OK if well else CRITICAL, f"{of}{text}")
    for fault in gateway.faults if gateway.firewall and gateway.journal and gateway.internet else ():
        result.amiss(WARNING, f"{of}{fault}")
    result.amiss(WARNING if gateway.policy_refused else OK, f"{of}policy cannot be applied")
    for zone in gateway.zones:
        if zone.pool_size:
            used = 100 * zone.pool_used / zone.pool_size
            look(f"pool_{zone.zone}", "pool", used, f"{used:.0f} % of the addresses of {zone.zone} are leased", "%")
    if gateway.disk_size:
        free = 100 * gateway.disk_free / gateway.disk_size
        look("disk_free", "disk", free, f"{free:.1f} % of the disk are free", "%")
    if gateway.certificate_until is not None:
        until = datetime.fromisoformat(gateway.certificate_until.replace("Z", "+00:00"))
        days = (until - datetime.now(UTC)).total_seconds() / 86_400
        look("certificate_days", "certificate", days, f"certificate ends in {days:.1f} days", "")
    look("backlog", "backlog", gateway.backlog, f"{gateway.backlog} reports wait", "")
    result.number(f"{of}accepts", gateway.accepts, unit="c")
    result.number(f"{of}accept_errors", gateway.accept_errors, unit="c")


# This machine -----------------------------------------------------------------------------------------------------------------------


@check.command("gateway")
@socket_option
@_timeout
@click.option("--alarm-minutes", type=click.FloatRange(0, 1_440), default=60.0, show_default=True, help="How long an alarm is a warning.")
def check_gateway(path: Path, timeout: float, alarm_minutes: float) -> None:
    """The portal on this machine."""
    import time

    from hotspot import control
    from hotspot.ask import PortalUnavailable, ask

    if path.exists() and not os.access(path, os.W_OK):
        end(UNKNOWN, f"no permission to use {path} (control_users in portal.toml)")
    begun = time.monotonic()
    try:
        reply = ask(path, control.Status(), timeout)
    except PortalUnavailable as error:
        end(CRITICAL, str(error))
    if not isinstance(reply, control.StatusIs):
        end(UNKNOWN, f"the portal refuses: {getattr(reply, 'message', reply)}")
    result = Result()
    for well, text in (
        (reply.firewall, "firewall is not connected"),
        (reply.journal, "journal is unwell"),
        (reply.internet, "no Internet"),
    ):
        result.amiss(OK if well else CRITICAL, text)
    for fault in reply.faults:
        result.amiss(CRITICAL, fault)
    for warning in reply.warnings:
        result.amiss(WARNING, warning)
    late = [alarm for alarm in reply.alarms if time.time() - alarm.last <= 60 * alarm_minutes]
    result.amiss(WARNING if late else OK, f"{len(late)} alarms, the last: {late[-1].kind if late else ''}")
    for zone in reply.zones:
        result.number(f"online_{zone.zone}", zone.online)
    result.number("blocked", reply.blocked)
    result.number("time", time.monotonic() - begun, unit="s")
    result.end(f"{sum(zone.online for zone in reply.zones)} online in {len(reply.zones)} zones")
