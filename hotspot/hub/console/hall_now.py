"""A hall at this moment: its state in one sentence, its alarms, zones and gateways."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from hotspot.hub.api import alarms, gateways, hall_figures, health
from hotspot.hub.api.figures import Now
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.halls import Hall
from hotspot.hub.api.health import GatewayHealth, ZoneNow
from hotspot.hub.console import gateway_checks
from hotspot.hub.console.gateway_checks import Check
from hotspot.hub.console.gateway_words import HALL_STATES, STATES, Kind
from hotspot.hub.console.hall_words import OF_LOOKS
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.looks.values import By, Severity
from hotspot.looks.verdict import Outcome


class Box(Struct, frozen=True, kw_only=True):
    """A gateway of the hall, as the page shows it."""

    gateway: Gateway
    kind: Kind
    state: str
    amiss: list[Check]
    """Points that somebody should see to."""
    faults: list[tuple[str, bool]]
    """What it says itself; True: in its own words."""
    warnings: list[tuple[str, bool]]


class Moment(Struct, frozen=True, kw_only=True):
    """The hall at this moment."""

    now: Now
    kind: Kind
    state: str
    sentence: str
    alarms: list[tuple[alarms.Alarm, int]]
    """Each with how many more its program found: those stand in its own part of the page."""
    zones: list[ZoneNow]
    boxes: list[Box]
    """In use; and revoked ones when there are no others."""


async def moment_of(visit: Visit, hall: Hall) -> Moment:
    """How it is."""
    now = await visit.ask(hall_figures.show_now, hall=hall.name)
    in_force = await visit.ask(alarms.list_alarms, query={"hall": hall.name})
    last = [] if in_force else await visit.ask(alarms.list_past_alarms, query={"hall": hall.name, "limit": 1})
    told = {one.gateway: one for one in (await visit.ask(health.show_hall_health, hall=hall.name)).gateways}
    there = await visit.ask(gateways.list_gateways, query={"hall": hall.name})
    kind, state = HALL_STATES[now.state]
    if hall.closed_at is not None:
        kind, state = "quiet", N_("Closed")
    elif kind == "good" and any(alarm.severity != "notice" for alarm in in_force):
        kind, state = "warn", N_("Served, with alarms")
    if kind in ("good", "warn") and _tried(in_force) in (Outcome.STUCK, Outcome.OPEN):
        kind, state = "bad", N_("Fault")
    return Moment(
        now=now,
        kind=kind,
        state=visit.text(state),
        sentence=_sentence(visit, hall, now, in_force, last),
        alarms=_gathered(in_force),
        zones=[zone for one in told.values() for zone in one.zones],
        boxes=[_box(visit, one, told.get(one.name)) for one in used(there)],
    )


_TRIED: Final[Mapping[Outcome, str]] = {
    Outcome.STUCK: N_("Visitors do not get online: a test visit has noticed it since %(when)s."),
    Outcome.OPEN: N_("Visitors are online without accepting the terms: a test visit has noticed it since %(when)s."),
    Outcome.UNKNOWN: N_("Whether visitors get online is not known: test visits have broken off since %(when)s."),
}


def _outcome(alarm: alarms.Alarm) -> Outcome | None:
    """What a test visit says about visitors by one alarm; None: nothing, or that they get online."""
    if alarm.kind != By.VISIT:
        return None
    if alarm.detail.get("stuck"):
        return Outcome.STUCK
    return next((one for one in _TRIED if one == alarm.detail.get("outcome")), None)


def _tried(in_force: list[alarms.Alarm]) -> Outcome | None:
    """The gravest of them."""
    return max(filter(None, map(_outcome, in_force)), key=lambda one: one.rank, default=None)


def _order(alarm: alarms.Alarm) -> tuple[int, bool, bool]:
    return -Severity(alarm.severity).rank, alarm.kind in OF_LOOKS, not alarm.detail.get("stuck")


def _gathered(in_force: list[alarms.Alarm]) -> list[tuple[alarms.Alarm, int]]:
    """The gravest first, and what everybody can see to before what a program found; of what each program found the gravest alone: what
    has to be done first must not be lost among the rest."""
    first: dict[tuple[str, object], alarms.Alarm] = {}
    more: Counter[tuple[str, object]] = Counter()
    for alarm in sorted(in_force, key=_order):
        key = (alarm.kind, alarm.gateway) if alarm.kind in OF_LOOKS else (alarm.kind, alarm.id)
        more[key] += key in first
        first.setdefault(key, alarm)
    return [(alarm, more[key]) for key, alarm in first.items()]


def used(there: list[Gateway]) -> list[Gateway]:
    """Gateways that are in use; all of them when none is."""
    return [one for one in there if one.revoked_at is None] or there


def _box(visit: Visit, gateway: Gateway, told: GatewayHealth | None) -> Box:
    kind, state = STATES[gateway.state]
    found = gateway_checks.checks(visit.text, visit.formats, gateway, told, visit.hub.now())
    return Box(
        gateway=gateway,
        kind=kind,
        state=visit.text(state),
        amiss=gateway_checks.amiss(found),
        faults=gateway_checks.own_words(visit.text, told.faults if told else []),
        warnings=gateway_checks.own_words(visit.text, told.warnings if told else []),
    )


def _sentence(visit: Visit, hall: Hall, now: Now, in_force: list[alarms.Alarm], last: list[alarms.Alarm]) -> str:
    """How the hall is, and since when."""
    say, formats, at = visit.text, visit.formats, visit.hub.now()

    def when(moment: datetime) -> str:
        return formats.moment(moment, hall.time_zone)

    if hall.closed_at is not None:
        return say(N_("The hall has been closed since %(when)s. Its figures are still here."), when=when(hall.closed_at))
    if now.state == "new":
        return say(N_("No gateway of this hall has spoken yet."))
    if now.state == "silent" and now.seen_at is not None:
        return say(
            N_("Nothing has been heard of the hall since %(when)s (%(ago)s)."), when=when(now.seen_at), ago=formats.ago(now.seen_at, at)
        )
    if in_force:
        since = min(alarm.since for alarm in in_force)
        tried = _tried(in_force)
        if tried is not None:
            return say(_TRIED[tried], when=when(min(alarm.since for alarm in in_force if _outcome(alarm) is tried)))
        if now.state == "well":
            return say(N_("Visitors are served, but since %(when)s there is something to see to."), when=when(since))
        return say(N_("Something is amiss since %(when)s."), when=when(since))
    if now.state != "well":
        return say(N_("Something is amiss: the gateway says below what it is."))
    ended = last[0].ended_at if last else None
    if ended is not None:
        return say(N_("All is well since %(when)s."), when=when(ended))
    return say(N_("All is well; there was no alarm in the last 30 days."))
