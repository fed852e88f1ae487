"""The demonstration: a hall is raised, a phone walks through it, and then a person can look around as that phone until Ctrl-C."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from msgspec import Struct

from hotspot.lab.describe import management_url
from hotspot.lab.hall import Hall
from hotspot.lab.layout import MANAGEMENT_PORT
from hotspot.lab.options import Options
from hotspot.lab.walk import Plan, Step, Walker
from hotspot.lab.window import phone_window, tcp_window
from hotspot.session.quantities import parse_rate

NOT_YET = "steps 8 (report) and 9 (dashboard) come with the hub, which is not in this version yet"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Outcome(Struct, frozen=True):
    """What ``--json`` prints: the walk, and whether every step of it passed."""

    passed: bool
    steps: tuple[Step, ...]
    not_in_this_version: str
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
    walker = Walker(hall, phone, plan, choices.seconds)
    steps = await walker.walk(lambda step: say(row(step)))
    outcome.append(Outcome(walker.complete(steps), tuple(steps), NOT_YET, hall.remark))
    say(f"          {NOT_YET}")
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
        say("\nCtrl-C ends it all")
        await asyncio.Event().wait()


def _print(text: str) -> None:
    """Onto standard output, at once."""
    print(text, flush=True)


def _quiet(text: str) -> None:
    """Not into the JSON: what a person would read goes to standard error."""
    print(text, file=sys.stderr, flush=True)
