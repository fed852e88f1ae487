"""The demonstration: a hall is raised, a phone walks through it, and then a person can look around as that phone until Ctrl-C."""

import asyncio
import contextlib
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from hotspot.lab.describe import management_url
from hotspot.lab.hall import Hall
from hotspot.lab.layout import HUB_PORT, HUB_URL, LINK_WAN, MANAGEMENT_PORT
from hotspot.lab.options import Options
from hotspot.lab.record import Folder
from hotspot.lab.walk import Plan, Step, Walker
from hotspot.lab.walk_hub import HubWalk
from hotspot.lab.window import phone_window, tcp_window
from hotspot.session.quantities import parse_rate

if TYPE_CHECKING:
    from hotspot.lab.city import City

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Outcome(Struct, frozen=True):
    """What ``--json`` prints: the walk, and whether every step of it passed."""

    passed: bool
    steps: tuple[Step, ...]
    remark: str


class Choices(Struct, frozen=True):
    """What the command line chose."""

    hall: str
    options: Options
    once: bool
    as_json: bool
    port: int
    seconds: float
    """Length of each speed measurement."""


def row(step: Step) -> str:
    """A step as a line of the table."""
    return f"{'ok    ' if step.passed else 'FAILED'}  {step.number:>3}  {step.name:<12}  {step.saw}"


def city_lines(city: "City", folder: Folder, port: int, console: int) -> list[str]:
    """How to look around at the hub, which windows show on loopback: ``port`` as it is, ``console`` without TLS."""
    url = f"https://127.0.0.1:{port}"
    logins = [
        f"     {one.user:<10} {one.password:<18} {one.role}{f' of {one.partner}' if one.partner else f', key of their app: {one.key}'}"
        for one in city.logins
    ]
    return [
        f"\nopen http://localhost:{console}/ : the console of the city's IT staff; name, password and role of its people:",
        *logins,
        "     the city's people need a code beside the password: hotspot lab code KEY shows it, as an authenticator app with that key does",
        f"\nthe same hub for programs is at {url} (in {city.namespace}: {HUB_URL})",
        "run  this first, with the administrator's token:",
        f"     export HOTSPOT_HUB_URL={url} HOTSPOT_HUB_AUTHORITY={folder.authority}",
        f"     export HOTSPOT_HUB_TOKEN={city.token}",
        "run  hotspot hub figures now : all halls at this moment",
        f"run  hotspot hub figures hall {city.hall} --step month : a year of this one",
        f"run  hotspot hub order sessions {city.gateway} : who is online here; hotspot hub order end {city.gateway} CODE ends one",
        f"run  hotspot hub policy explain {city.hall} : what this hall is told, and by whom",
        "run  hotspot hub gateway list; hotspot hub alarm list; hotspot hub audit; hotspot check hub; hotspot hub --help",
        f'run  curl --cacert {folder.authority} -H "Authorization: Bearer $HOTSPOT_HUB_TOKEN" {url}/metrics : for Prometheus',
        f"     and {url}/api/v1/figures/now : the API, described at {url}/api/v1/openapi.json",
        f"run  psql -U postgres -h {city.database} hub : the database",
    ]


async def demo(choices: Choices) -> int:
    """Raise, walk, stay (unless ``once``), take down. Exit status 0 when every step passed. Raises ``LabFailed`` when there is no hall."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:  # a second Ctrl-C must not keep the first from clearing up
        loop.add_signal_handler(number, stop.set)
    outcome: list[Outcome] = []
    say = _quiet if choices.as_json else _print
    say(f"raising {choices.hall} …")
    async with Hall(choices.hall, choices.options) as hall:
        await _until(stop, _show(hall, choices, say, outcome))
        if not choices.once and not stop.is_set():
            await stop.wait()
        say(f"\ntaking {choices.hall} down …")
    say("nothing is left of it")
    return 0 if outcome and outcome[0].passed else 1


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end, or until ``stop`` is set."""
    async with asyncio.TaskGroup() as group:
        working, stopping = group.create_task(work), group.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        stopping.cancel()


async def _show(hall: Hall, choices: Choices, say: Callable[[str], None], outcome: list[Outcome]) -> None:
    """The walk and its table; then the windows, for as long as nobody cancels."""
    if hall.remark:
        say(f"note: {hall.remark}")
    say(f"logs: {hall.folder.logs}\n")
    phone = await hall.add_phone("anna")
    plan = Plan(down=parse_rate(choices.options.plan_down), up=parse_rate(choices.options.plan_up))
    walker = Walker(hall, phone, plan, choices.seconds, HubWalk(hall.city) if hall.city is not None else None)
    steps = await walker.walk(lambda step: say(row(step)))
    outcome.append(Outcome(walker.complete(steps), tuple(steps), hall.remark))
    say(f"\n{'every step passed' if outcome[0].passed else 'NOT every step passed'}")
    if choices.as_json:
        _print(msgspec.json.format(msgspec.json.encode(outcome[0]), indent=1).decode())
    if choices.once or not steps[0].passed:
        return
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(phone_window(phone, walker.portal, choices.port))
        metrics = await stack.enter_async_context(tcp_window(hall.layout.gateway, "127.0.0.1", MANAGEMENT_PORT))
        say(f"\nopen {url} : the portal as phone {phone.name} sees it")
        say(f"open http://127.0.0.1:{metrics}/metrics : the portal's metrics (in {hall.layout.gateway}: {management_url('/metrics')})")
        say(f"run  ip netns exec {phone.namespace} curl -i http://www.town.example/ : anything as that phone")
        say(f"run  hotspot sessions --socket {hall.folder.control_socket} : what staff see")
        if hall.city is not None:
            port = await stack.enter_async_context(tcp_window(hall.layout.wan, LINK_WAN, HUB_PORT))
            tls = ssl.create_default_context(cafile=str(hall.folder.authority))
            console = await stack.enter_async_context(tcp_window(hall.layout.wan, LINK_WAN, HUB_PORT, choices.port + 1, tls))
            say("\n".join(city_lines(hall.city, hall.folder, port, console)))
        say("\nCtrl-C ends it all")
        await asyncio.Event().wait()


def _print(text: str) -> None:
    """Onto standard output, at once."""
    print(text, flush=True)


def _quiet(text: str) -> None:
    """Not into the JSON: what a person would read goes to standard error."""
    print(text, file=sys.stderr, flush=True)
