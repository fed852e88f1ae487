"""Requests that arrived together: decided one after the other, carried out in one kernel transaction.

Opening: class first (tc has no transaction) if that is quick, then elements. Closing: elements first; the echo of their deletion carries
the final counters.
"""

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from firewall.api import Allow, Allowed, AnyReply, Ended, Refused, Replace, Request, Revoke, Revoked
from firewall.classes import make_classes
from firewall.elements import Change
from firewall.grants import Held, Rejected, closing, mark_key, opening, table_of, up_key
from firewall.kernel import Kernel
from firewall.kernel.netlink import KernelRefused
from firewall.kernel.nft import Final
from firewall.metering import Meter
from firewall.shaper import NoSlot
from firewall.state import State

Changing = Allow | Replace | Revoke


class Outcome(Struct, frozen=True):
    """What came of a batch."""

    replies: tuple[AnyReply, ...]
    """In the order of the requests."""
    ended: tuple[Ended, ...]
    opened: tuple[Held, ...]
    """New grants: their clients' captive connections should be forgotten."""
    closed: tuple[Held, ...]
    """Grants that ended: their connections should be forgotten."""


@dataclass
class _Step:
    """One decided request: what to change, what to say, and how to take it back."""

    request: Changing
    changes: tuple[Change, ...]
    done: Callable[[Final, float], AnyReply]
    undo: Callable[[], None]
    grant: Held | None = None
    """Whose classes must be there first."""
    opened: Held | None = None
    closed: Held | None = None


@dataclass
class Turn:
    """One batch in the making."""

    state: State
    kernel: Kernel
    recheck: Callable[[str], None]
    """Called with a zone whose elements are not what they should be."""
    replies: dict[int, AnyReply] = field(default_factory=dict)
    ended: list[Ended] = field(default_factory=list)
    opened: list[Held] = field(default_factory=list)
    closed: list[Held] = field(default_factory=list)

    def run(self, requests: Sequence[Changing], now: float) -> Outcome:
        """Carry out all requests."""
        waiting: list[tuple[int, _Step]] = []
        touched: set[str] = set()
        for number, request in enumerate(requests):
            names = _touches(request, self.state)
            if touched & names:  # one client twice: what the first did must be in the kernel before the second is decided
                self._carry_out(waiting, now)
                waiting, touched = [], set()
            touched |= names
            try:
                step = self._decide(request, now)
            except Rejected as rejected:
                self._refuse(number, request, rejected.code, rejected.field, rejected.message)
            except NoSlot as none:
                self._refuse(number, request, "full", "grant.rates", f"cannot allow: {none}")
            else:
                if isinstance(step, _Step):
                    waiting.append((number, step))
                else:
                    self.replies[number] = step
        self._carry_out(waiting, now)
        replies = tuple(self.replies[number] for number in range(len(requests)))
        return Outcome(replies, tuple(self.ended), tuple(self.opened), tuple(self.closed))

    # Deciding -----------------------------------------------------------------------------------------------------------------------

    def _decide(self, request: Changing, now: float) -> "_Step | AnyReply":
        match request:
            case Allow():
                return self._allow(request, now)
            case Replace():
                return self._replace(request, now)
            case Revoke():
                return self._revoke(request)

    def _allow(self, request: Allow, now: float) -> "_Step | AnyReply":
        state, grant = self.state, request.grant
        standing = state.grants.get(grant.session)
        if standing is not None and _same_terms(standing, request):
            return Allowed(request.id, state.usage(standing, now))
        held = state.grants.admit(grant, now)
        meter = Meter(read_up=grant.bytes_up, read_down=grant.bytes_down, changed=now)

        def done(_final: Final, then: float) -> AnyReply:
            state.meters[grant.session] = meter
            state.counts["allowed"] += 1
            return Allowed(request.id, state.usage(held, then))

        changes = opening(held, now, grant.bytes_up, grant.bytes_down)
        return _Step(request, changes, done, lambda: _forget(state, grant.session), grant=held, opened=held)

    def _replace(self, request: Replace, now: float) -> "_Step | AnyReply":
        state, session = self.state, request.grant.session
        old, new = state.grants.exchange(request.grant, now)
        meter = state.meters[session]
        read_one(self.kernel, old, meter, now)
        packets = meter.packets

        def done(final: Final, then: float) -> AnyReply:
            up, down = _final_bytes(final, old)
            meter.exchanged(0 if up is None else up - meter.read_up, 0 if down is None else down - meter.read_down)
            meter.direct = then
            state.counts["replaced"] += 1
            return Allowed(request.id, state.usage(new, then))

        changes = (*closing(old), *opening(new, now, meter.up, meter.down, packets))
        return _Step(request, changes, done, lambda: state.grants.restore(old), grant=new)

    def _revoke(self, request: Revoke) -> "_Step | AnyReply":
        state = self.state
        held = state.grants.get(request.session)
        if held is None:
            raise Rejected("unknown", "session", f"cannot revoke session {request.session}: it is not in force")

        def done(final: Final, then: float) -> AnyReply:
            up, down = _final_bytes(final, held)
            meter = state.meters[request.session]
            meter.read(meter.read_up if up is None else up, meter.read_down if down is None else down, then)
            ended = state.note_end(held, request.reason, then)
            state.grants.drop(request.session)
            state.counts[f"ended_{request.reason}"] += 1
            self.ended.append(ended)
            return Revoked(request.id, ended.usage)

        return _Step(request, closing(held), done, lambda: None, closed=held)

    # Carrying out -------------------------------------------------------------------------------------------------------------------

    def _carry_out(self, steps: Sequence[tuple[int, _Step]], now: float) -> None:
        if not steps:
            return
        self.state.counts["transactions"] += 1
        try:
            make_classes(self.state, self.kernel, (step.grant for _, step in steps))
            final = self.kernel.elements.apply([change for _, step in steps for change in step.changes])
        except KernelRefused as refused:
            if len(steps) > 1:  # one of them is at fault; the others shall not suffer
                for each in steps:
                    self._carry_out([each], now)
            else:
                self._refused(*steps[0], refused, now)
            return
        for number, step in steps:
            self._finish(number, step, final, now)

    def _finish(self, number: int, step: _Step, final: Final, now: float) -> None:
        self.replies[number] = step.done(final, now)
        if step.opened is not None:
            self.opened.append(step.opened)
        if step.closed is not None:
            self.closed.append(step.closed)

    def _refused(self, number: int, step: _Step, refused: KernelRefused, now: float) -> None:
        zone = step.request.grant.zone if not isinstance(step.request, Revoke) else step.closed.grant.zone if step.closed else ""
        self.recheck(zone)
        if isinstance(step.request, Revoke):
            # Somebody took part of it away already. What is left of it goes one by one; it must not stay open.
            final: Final = {}
            for change in step.changes:
                try:
                    final |= self.kernel.elements.apply([change])
                except KernelRefused as each:
                    if each.errno != errno.ENOENT:
                        step.undo()
                        self._refuse(number, step.request, "kernel", "", str(each))
                        return
            self._finish(number, step, final, now)
            return
        step.undo()
        self._refuse(number, step.request, "kernel", "", str(refused))

    def _refuse(self, number: int, request: Request, code: str, where: str, message: str) -> None:
        self.state.counts["refused"] += 1
        self.replies[number] = Refused(request.id, code, where, message)


def read_one(kernel: Kernel, held: Held, meter: Meter, now: float) -> None:
    """A fresh reading of one grant; the last one stands if the kernel has lost its elements."""
    table = table_of(held.grant.zone)
    try:
        (up,) = kernel.elements.get(table, "up", [up_key(held)])
        (down,) = kernel.elements.get(table, "down", [mark_key(held)])
    except (KernelRefused, ValueError):
        return
    meter.read(up.byte_count, down.byte_count, now)
    meter.packets = (up.packets, down.packets)
    meter.direct = now


def _touches(request: Changing, state: State) -> set[str]:
    if isinstance(request, Revoke):
        held = state.grants.get(request.session)
        return {request.session} | ({f"{held.grant.zone} {held.grant.mac}"} if held is not None else set())
    return {request.grant.session, f"{request.grant.zone} {request.grant.mac}"}


def _same_terms(standing: Held, request: Allow) -> bool:
    asked, has = request.grant, standing.grant
    return (asked.zone, asked.mac, asked.plan, asked.rates, asked.volume, asked.idle) == (
        has.zone,
        has.mac,
        has.plan,
        has.rates,
        has.volume,
        has.idle,
    )


def _forget(state: State, session: str) -> None:
    state.grants.drop(session)


def _final_bytes(final: Final, held: Held) -> tuple[int | None, int | None]:
    table = table_of(held.grant.zone)
    up = final.get((table, "up", up_key(held)))
    down = final.get((table, "down", mark_key(held)))
    return (None if up is None else up.byte_count), (None if down is None else down.byte_count)
