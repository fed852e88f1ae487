"""From "agreement signed" to "first visitor online" (pure): what is known of a town -> its steps, each with how far it is.

Whatever can be found out is found out. Only what nobody but a person can know is ticked by hand (``MANUAL``).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

SILENT: Final = timedelta(minutes=3)
"""Gateways speak at least once a minute."""


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    OPEN = "open"
    WAITING = "waiting"
    """Begun: it goes on by itself, or somebody else has to do something."""
    TROUBLE = "trouble"
    """It was done, or should be, and something is amiss."""


class StepBy(StrEnum):
    """StepBy takes a step."""

    CITY = "city"
    TOWN = "town"


class StepNote(StrEnum):
    """What there is to say beside the state."""

    NONE = ""
    NEVER_LOGGED_IN = "never_logged_in"
    """There is a user who has never logged in."""
    TOKEN_OPEN = "token_open"
    """A one-time token can be used until ``until``."""
    SILENT = "silent"
    """The gateway was heard, but not lately."""
    ON_ITS_WAY = "on_its_way"
    """The gateway has not said yet that the settings are in force."""
    REFUSED = "refused"
    """The gateway cannot apply the settings: ``text`` says why."""
    PRINTED = "printed"
    """The poster was printed; whether it hangs, only a person can know."""
    CITYS = "citys"
    """The city is told of alarms, the town itself is not."""
    NO_MAIL = "no_mail"
    """Whoever is to be told is told by e-mail, and the hub cannot send any."""
    TEST_VISIT = "test_visit"
    """A test visit from the box got online; nobody with a phone has yet."""
    NO_TERMS = "no_terms"
    NO_PLANS = "no_plans"
    NO_OFFER = "no_offer"
    """Which plans the guest networks offer is not said: boxes go by what stands in their own files."""
    HALL = "hall"
    """There is no hall yet."""


MANUAL: Final = {"agreement": False, "preview": True, "box": True, "poster": True}
"""Steps that are ticked by hand -> whether they are of a hall."""
CITYS_TICKS: Final = frozenset({"agreement"})
"""Those that the town's people cannot tick."""
OPTIONAL: Final = frozenset({"branding"})
BY_THEMSELVES: Final = frozenset({"heard", "policy", "report"})
"""Those that nobody takes: they come when those before are done. When they go wrong, somebody has to look."""


class Tick(Struct, frozen=True, kw_only=True):
    """Somebody has ticked a step."""

    step: str
    hall: str
    """"": of the town as a whole."""
    at: datetime
    by: str


class HallFacts(Struct, frozen=True, kw_only=True):
    """What is known of a hall that takes part."""

    name: str
    title: str
    created_at: datetime
    token_until: datetime | None
    """A one-time token that can still be used."""
    enrolled_at: datetime | None
    """Since when it has a gateway."""
    seen_at: datetime | None
    """When the gateway last spoke."""
    policy_wanted: int
    policy: int
    """Serials: what the gateway should have, and what it says it has; 0: none."""
    policy_refused: int
    policy_error: str
    sections: frozenset[str]
    """What its settings say (``said``): those of the city and of the town count."""
    poster_printed: bool
    first_visit: date | None
    online_at: datetime | None = None
    """When the last test visit got online and found nothing amiss; None: it did not, or that is too long ago to say how the hall is."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a town."""

    created_at: datetime
    contact: bool
    users: int
    """StepBy may get in."""
    users_seen: bool
    """One of them has logged in."""
    channels: int
    """By which the town itself is told of alarms."""
    citys_channels: int
    mail_channels: int = 0
    """Of both, those of e-mail."""
    mail: bool = True
    """Can the hub send e-mail?"""
    halls: Sequence[HallFacts]
    ticks: Sequence[Tick]


class ChecklistStep(Struct, frozen=True, kw_only=True):
    """One step."""

    name: str
    hall: str | None
    """None: of the town as a whole."""
    who: StepBy
    state: StepState
    manual: bool
    """Somebody ticks it."""
    optional: bool
    at: datetime | None
    """Since when it is done, where that is known."""
    by: str
    """StepBy ticked it."""
    why: StepNote
    text: str
    """Of a gateway: why it cannot apply the settings."""
    until: datetime | None


def said(settings: Mapping[str, Any]) -> frozenset[str]:
    """What the settings of a hall say that steps ask for: ``plans``, ``offer``, ``terms``, ``town``, ``operator``, ``theme``."""

    def at(*path: str) -> Any:
        found: Any = settings
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    zones = at("zones")
    there = {
        "plans": at("plans"),
        "offer": isinstance(zones, Mapping) and any(at("zones", zone, "plans") for zone in zones),
        "terms": at("terms", "version"),
        "town": at("hall", "town"),
        "operator": at("legal", "operator"),
        "theme": at("theme"),
    }
    return frozenset(name for name, found in there.items() if found)


def _step(
    name: str, who: StepBy, state: StepState | bool, *, hall: str | None = None, at: datetime | None = None, by: str = "",
    why: StepNote = StepNote.NONE, text: str = "", until: datetime | None = None,
) -> ChecklistStep:  # fmt: skip
    if isinstance(state, bool):
        state = StepState.DONE if state else StepState.OPEN
    return ChecklistStep(
        name=name, hall=hall, who=who, state=state, manual=name in MANUAL, optional=name in OPTIONAL, at=at, by=by, why=why, text=text,
        until=until,
    )  # fmt: skip


def steps(facts: Facts, now: datetime) -> list[ChecklistStep]:
    """All of them, in the order in which they are taken."""
    ticks = {(tick.step, tick.hall): tick for tick in facts.ticks}
    found = [
        _ticked(ticks, "agreement", StepBy.CITY),
        _step("town", StepBy.CITY, True, at=facts.created_at),
        _step("contact", StepBy.CITY, facts.contact),
        _user(facts),
        _step("halls", StepBy.CITY, bool(facts.halls), at=min((hall.created_at for hall in facts.halls), default=None)),
        *_settings(facts.halls),
        _channel(facts),
    ]
    for hall in facts.halls:
        found += _of_hall(hall, ticks, now)
    visits = [hall.first_visit for hall in facts.halls if hall.first_visit is not None]
    report = StepState.OPEN if not visits else StepState.DONE if min(visits) < now.date() else StepState.WAITING
    return [*found, _step("report", StepBy.TOWN, report)]


def _ticked(ticks: Mapping[tuple[str, str], Tick], name: str, who: StepBy, hall: str | None = None) -> ChecklistStep:
    tick = ticks.get((name, hall or ""))
    return _step(name, who, tick is not None, hall=hall, at=tick.at if tick else None, by=tick.by if tick else "")


def _user(facts: Facts) -> ChecklistStep:
    if facts.users and not facts.users_seen:
        return _step("user", StepBy.CITY, StepState.WAITING, why=StepNote.NEVER_LOGGED_IN)
    return _step("user", StepBy.CITY, facts.users > 0)


def _settings(halls: Sequence[HallFacts]) -> list[ChecklistStep]:
    """Of all halls: one without is enough to have it open."""

    def missing(section: str) -> bool:
        return any(section not in hall.sections for hall in halls)

    if not halls:
        return [_step(name, StepBy.TOWN, False, why=StepNote.HALL) for name in ("settings", "contacts", "imprint", "branding")]
    wanting = (("plans", StepNote.NO_PLANS), ("offer", StepNote.NO_OFFER), ("terms", StepNote.NO_TERMS))
    settings = next((note for section, note in wanting if missing(section)), StepNote.NONE)
    return [
        _step("settings", StepBy.TOWN, settings is StepNote.NONE, why=settings),
        _step("contacts", StepBy.TOWN, not missing("town")),
        _step("imprint", StepBy.TOWN, not missing("operator")),
        _step("branding", StepBy.TOWN, not missing("theme")),
    ]


def _channel(facts: Facts) -> ChecklistStep:
    if not facts.mail and facts.mail_channels and facts.mail_channels == facts.channels + facts.citys_channels:
        return _step("channel", StepBy.CITY, StepState.TROUBLE, why=StepNote.NO_MAIL)
    if not facts.channels and facts.citys_channels:
        return _step("channel", StepBy.CITY, True, why=StepNote.CITYS)
    return _step("channel", StepBy.CITY, facts.channels > 0)


def _of_hall(hall: HallFacts, ticks: Mapping[tuple[str, str], Tick], now: datetime) -> list[ChecklistStep]:
    name = hall.name
    if hall.enrolled_at is not None:
        enrolled = _step("enrolled", StepBy.CITY, True, hall=name, at=hall.enrolled_at)
    elif hall.token_until is not None:
        enrolled = _step("enrolled", StepBy.CITY, StepState.WAITING, hall=name, why=StepNote.TOKEN_OPEN, until=hall.token_until)
    else:
        enrolled = _step("enrolled", StepBy.CITY, False, hall=name)
    tried = hall.online_at if hall.first_visit is None else None
    return [
        _ticked(ticks, "preview", StepBy.TOWN, name),
        enrolled,
        _box(hall, ticks),
        _heard(hall, now),
        _in_force(hall),
        _poster(hall, ticks),
        _step(
            "visitor",
            StepBy.TOWN,
            hall.first_visit is not None,
            hall=name,
            at=tried,
            why=StepNote.NONE if tried is None else StepNote.TEST_VISIT,
        ),
    ]


def _box(hall: HallFacts, ticks: Mapping[tuple[str, str], Tick]) -> ChecklistStep:
    """A box that has served a visitor stands where it should."""
    standing = _ticked(ticks, "box", StepBy.TOWN, hall.name)
    return standing if hall.first_visit is None or standing.state is StepState.DONE else _step("box", StepBy.TOWN, True, hall=hall.name)


def _poster(hall: HallFacts, ticks: Mapping[tuple[str, str], Tick]) -> ChecklistStep:
    hung = _ticked(ticks, "poster", StepBy.TOWN, hall.name)
    if hung.state is StepState.OPEN and hall.poster_printed:
        return _step("poster", StepBy.TOWN, StepState.WAITING, hall=hall.name, why=StepNote.PRINTED)
    return hung


def _heard(hall: HallFacts, now: datetime) -> ChecklistStep:
    if hall.enrolled_at is None or hall.seen_at is None:
        return _step("heard", StepBy.TOWN, False, hall=hall.name)
    if now - hall.seen_at > SILENT:
        return _step("heard", StepBy.TOWN, StepState.TROUBLE, hall=hall.name, why=StepNote.SILENT, at=hall.seen_at)
    return _step("heard", StepBy.TOWN, True, hall=hall.name, at=hall.seen_at)


def _in_force(hall: HallFacts) -> ChecklistStep:
    if hall.enrolled_at is None or hall.seen_at is None or not hall.policy_wanted:
        return _step("policy", StepBy.CITY, False, hall=hall.name)
    if hall.policy_refused == hall.policy_wanted:
        return _step("policy", StepBy.CITY, StepState.TROUBLE, hall=hall.name, why=StepNote.REFUSED, text=hall.policy_error)
    if hall.policy != hall.policy_wanted:
        return _step("policy", StepBy.CITY, StepState.WAITING, hall=hall.name, why=StepNote.ON_ITS_WAY)
    return _step("policy", StepBy.CITY, True, hall=hall.name)


def to_come(found: Sequence[ChecklistStep]) -> ChecklistStep | None:
    """The first step that somebody can take now; when there is none, the first one that is waited for. None: all is done, but for the
    report, which comes by itself tomorrow."""
    left = [step for step in found if step.state is not StepState.DONE and not step.optional]
    left = [step for step in left if (step.name, step.state) != ("report", StepState.WAITING)]
    return next((step for step in left if can_be_taken(step, found)), next(iter(left), None))


def can_be_taken(step: ChecklistStep, found: Sequence[ChecklistStep]) -> bool:
    """Can somebody do something now about a step that is not done? Not when it is under way, comes by itself, or needs another one (of
    ``found``) before."""
    if step.state is StepState.TROUBLE:
        return step.why is not StepNote.NO_MAIL  # that is mended on the server, and need not keep anybody from the next step
    if step.name in BY_THEMSELVES or step.why is StepNote.HALL or (step.state is StepState.WAITING and not step.manual):
        return False
    heard = {each.hall for each in found if each.name == "heard" and each.state is StepState.DONE}
    return step.name != "visitor" or step.hall in heard
