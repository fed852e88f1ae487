"""The states of a client and what moves it from one to another.

Rule 1: every transition is in ``MOVES``; a missing cell is an error ("cannot extend while CAPTIVE").
Rule 2: this file knows no HTTP, no kernel, no clock.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Final

from msgspec import Struct


class State(Enum):
    """Where a client is. CAPTIVE and ONLINE are those of RFC 8952; ENDED is captive again after a session; BLOCKED is captive by order."""

    CAPTIVE = "captive"
    ONLINE = "online"
    ENDED = "ended"
    BLOCKED = "blocked"


class Event(Struct, frozen=True):
    """Something that happened to a client."""

    verb: ClassVar[str] = "change"
    """For error texts: ``cannot <verb> while <STATE>``."""


class TermsAccepted(Event, frozen=True):
    """The visitor accepted the terms on the splash page."""

    verb: ClassVar[str] = "accept"


class LetIn(Event, frozen=True):
    """Staff let the device in without an acceptance; lifts a block."""

    verb: ClassVar[str] = "let in"


class Adopted(Event, frozen=True):
    """The kernel has a session that the journal did not know; it is taken over, never cut."""

    verb: ClassVar[str] = "adopt"


class Extended(Event, frozen=True):
    """The session got another plan or more time."""

    verb: ClassVar[str] = "extend"


class Unblocked(Event, frozen=True):
    """A block was lifted or ran out."""

    verb: ClassVar[str] = "unblock"


class EndEvent(Event, frozen=True):
    """An event that ends a session. ``reason`` is what the journal and the metrics say."""

    verb: ClassVar[str] = "end"
    reason: ClassVar[str] = "ended"


class TimeUp(EndEvent, frozen=True):
    """The plan's time is over."""

    reason: ClassVar[str] = "time"


class VolumeUsed(EndEvent, frozen=True):
    """The plan's volume is used up."""

    reason: ClassVar[str] = "volume"


class ClosingTime(EndEvent, frozen=True):
    """The zone or the plan has closed."""

    reason: ClassVar[str] = "closed"


class DayUsed(EndEvent, frozen=True):
    """Today's allowance of time or volume is used up."""

    reason: ClassVar[str] = "daily"


class CodeOver(EndEvent, frozen=True):
    """The time of the voucher code is over."""

    reason: ClassVar[str] = "voucher"


class WentAway(EndEvent, frozen=True):
    """Nothing was heard of the client for the plan's idle time."""

    reason: ClassVar[str] = "idle"


class Lost(EndEvent, frozen=True):
    """The kernel no longer has the session and it cannot be opened again."""

    reason: ClassVar[str] = "gone"


class LeftByChoice(EndEvent, frozen=True):
    """The visitor pressed the leave button."""

    verb: ClassVar[str] = "leave"
    reason: ClassVar[str] = "left"


class Kicked(EndEvent, frozen=True):
    """Staff ended the session; the visitor may accept again."""

    verb: ClassVar[str] = "kick"
    reason: ClassVar[str] = "kicked"


class NotGranted(EndEvent, frozen=True):
    """The acceptance is in the journal, but the kernel was not opened."""

    reason: ClassVar[str] = "not_granted"


class Blocked(EndEvent, frozen=True):
    """Staff blocked the device."""

    verb: ClassVar[str] = "block"
    reason: ClassVar[str] = "blocked"


_ENDINGS: Final = (TimeUp, VolumeUsed, ClosingTime, DayUsed, CodeOver, WentAway, Lost, LeftByChoice, Kicked, NotGranted)
_ENDS: Final[dict[type[Event], State]] = dict.fromkeys(_ENDINGS, State.ENDED)

MOVES: Final[Mapping[State, Mapping[type[Event], State]]] = MappingProxyType(
    {
        State.CAPTIVE: {TermsAccepted: State.ONLINE, LetIn: State.ONLINE, Adopted: State.ONLINE, Blocked: State.BLOCKED},
        State.ONLINE: {Extended: State.ONLINE, Blocked: State.BLOCKED, **_ENDS},
        State.ENDED: {TermsAccepted: State.ONLINE, LetIn: State.ONLINE, Adopted: State.ONLINE, Blocked: State.BLOCKED},
        State.BLOCKED: {LetIn: State.ONLINE, Unblocked: State.CAPTIVE},
    }
)
"""State -> event -> next state."""

END_EVENTS: Final[Mapping[str, type[EndEvent]]] = MappingProxyType({event.reason: event for event in (*_ENDINGS, Blocked)})
"""Reason (as the firewall daemon and the journal write it) -> event."""


class IllegalMove(Exception):
    """The event is not possible in this state; the text says ``cannot <verb> while <STATE>``."""


def move(state: State, event: Event) -> State:
    """The state after ``event``; raises ``IllegalMove`` when ``MOVES`` has no such cell."""
    try:
        return MOVES[state][type(event)]
    except KeyError:
        raise IllegalMove(f"cannot {event.verb} while {state.name}") from None


def end_event(reason: str) -> EndEvent:
    """The event for a reason in the daemon's words; a reason that is not ours counts as lost."""
    return END_EVENTS.get(reason, Lost)()
