"""When channels are told of alarms, and what."""

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspot.hub
from hotspot.hub import alarm_texts
from hotspot.hub.alarms import EVENTS
from hotspot.hub.console.kinds import KINDS as CONSOLE
from hotspot.hub.console.texts import text as translated
from hotspot.hub.notifications import Channel, Event, body, concerns, next_attempt, plan, quiet

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
CHANNEL = Channel(quiet_from=time(22), quiet_until=time(7))


def event(number: int, at: datetime, what: str = "raised", severity: str = "urgent", kind: str = "silent", **more: object) -> Event:
    """One event of a hall of its own."""
    alarm = {"kind": kind, "partner": "k", "hall": f"hall-{number}", "gateway": f"g-{number}", "subject": "", "detail": {"seen": 0}}
    return Event(id=number, alarm_id=number, what=what, severity=severity, at=at, alarm={**alarm, **more})


def after(**span: float) -> timedelta:
    """For short."""
    return timedelta(**span)


def test_three_hundred_halls_are_one_message() -> None:
    """Halls fall silent over a minute, as their reports were spread; whoever looks every five seconds finds exactly one thing to tell."""
    events = [event(number, NOON + after(seconds=number * 60 / 300 // 15 * 15)) for number in range(300)]
    told = []
    pending: list[Event] = []
    last = None
    for step in range(120):
        now = NOON + after(seconds=5 * step)
        pending += [each for each in events if now - after(seconds=5) < each.at <= now]
        tell = plan(CHANNEL, pending, now, last).tell
        if tell:
            told.append((step * 5, len(tell)))
            pending, last = [], now
    assert told == [(70, 300)]
    message = body(events, NOON)
    assert (message["counts"], message["urgent"]) == ({"raised": 300, "ended": 0, "kinds": {"silent": 300}}, True)
    assert alarm_texts.subject(message) == "[hotspot] DRINGEND: 300 Alarme (300 x Gateway meldet sich nicht)"
    text = alarm_texts.text(message)
    assert (text.count("hall-0:"), "- Gateway meldet sich nicht: 275 weitere" in text, "- Gateway silent: 275 more" in text) == (
        2,
        True,
        True,
    )


def test_what_came_and_went_is_not_told() -> None:
    """Raised and ended before anybody was told: both are forgotten; the end of what was told is told."""
    flap = [event(1, NOON), event(1, NOON + after(seconds=20), "ended"), event(2, NOON, "ended")]
    decided = plan(Channel(), flap, NOON + after(minutes=10), None)
    assert ([each.alarm_id for each in decided.forget], [each.alarm_id for each in decided.tell]) == ([1, 1], [2])


def test_the_end_of_an_alarm_that_became_graver_is_told() -> None:
    """It was told before it became graver, so its end is news, though both wait."""
    events = [event(1, NOON, again=True), event(1, NOON + after(seconds=20), "ended")]
    decided = plan(Channel(), events, NOON + after(minutes=10), None)
    assert (len(decided.tell), decided.forget) == (2, ())


def test_at_night_only_what_is_urgent_goes_out() -> None:
    """A warning and the end of an alarm wait until seven in the morning of the channel's own clock."""
    warning, urgent, over = event(1, NIGHT, severity="warning"), event(2, NIGHT), event(3, NIGHT, "ended")
    assert plan(CHANNEL, [warning, urgent, over], NIGHT + after(minutes=5), None).tell == (urgent,)
    assert plan(CHANNEL, [warning, over], NIGHT + after(hours=6, minutes=29), None).tell == ()
    assert plan(CHANNEL, [warning, over], NIGHT + after(hours=6, minutes=31), None).tell == (warning, over)


def test_after_a_message_comes_a_pause() -> None:
    """Two minutes when something urgent waits, else fifteen."""
    urgent, warning = event(1, NOON), event(2, NOON, severity="warning")
    later = NOON + after(minutes=10)
    assert plan(CHANNEL, [urgent], later, later - after(seconds=119)).tell == ()
    assert plan(CHANNEL, [urgent], later, later - after(seconds=120)).tell == (urgent,)
    assert plan(CHANNEL, [warning], later, later - after(minutes=14)).tell == ()
    assert plan(CHANNEL, [warning, urgent], later, later - after(minutes=14)).tell == (warning, urgent)


@given(
    st.times(),
    st.times(),
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_day_and_night_are_opposite(begins: time, ends: time, now: datetime) -> None:
    """Whatever the hours: a moment is quiet from a to b or from b to a, never both, unless they are the same."""
    there = quiet(Channel(quiet_from=begins, quiet_until=ends, time_zone="UTC"), now)
    back = quiet(Channel(quiet_from=ends, quiet_until=begins, time_zone="UTC"), now)
    assert there is not back if begins != ends else not there


def test_quiet_hours_follow_the_channels_clock() -> None:
    """22 h in Berlin is 21 h UTC in winter; a channel without quiet hours has no night."""
    assert [quiet(CHANNEL, datetime(2026, 11, 23, hour, 30, tzinfo=UTC)) for hour in (20, 21, 5, 6)] == [False, True, True, False]
    assert not quiet(Channel(), NIGHT)


def test_who_is_told_of_what() -> None:
    """A channel is told of what is as grave as it wants, and graver."""
    assert [concerns(Channel(lowest="warning"), severity) for severity in ("notice", "warning", "urgent")] == [False, True, True]


def test_attempts_become_rare_and_end_after_a_day() -> None:
    """15 s, 30 s … 30 min, then every hour; a message of yesterday is given up."""
    waits = [next_attempt(number, NOON, NOON) for number in range(1, 10)]
    assert [(each - NOON).total_seconds() if each else None for each in waits] == [15, 30, 60, 120, 300, 600, 1800, 3600, 3600]
    assert next_attempt(3, NOON - after(days=1), NOON) is None


def test_the_gravest_comes_first_and_each_alarm_once() -> None:
    """A message has the graver version of an alarm only."""
    events = [event(1, NOON, severity="warning"), event(2, NOON, severity="warning"), event(2, NOON, severity="urgent", again=True)]
    message = body(events, NOON)
    assert [(each["id"], each["severity"]) for each in message["raised"]] == [(2, "urgent"), (1, "warning")]


@pytest.mark.parametrize("kind", [*alarm_texts.KINDS, *EVENTS])
def test_every_kind_has_words_in_both_languages(kind: str) -> None:
    """With the detail that it has, and without any."""
    detail = {
        "seen": 0.0,
        "count": 3,
        "minutes": 15.0,
        "percent": 95.0,
        "days": 2.5,
        "serial": 4,
        "has": 3,
        "text": "x",
        "times": 1,
        "seconds": 9,
    }
    words = alarm_texts.say(kind, detail)
    assert words.german != words.english
    assert "{" not in words.german + words.english + alarm_texts.say(kind, {}).german


def test_a_certificate_that_has_ended() -> None:
    """It does not end in minus two days."""
    assert alarm_texts.say("certificate", {"days": -2.0}).german.startswith("Zertifikat seit 2.0 Tagen abgelaufen: Besucher kommen nur ")
    assert alarm_texts.say("certificate", {"days": 2.0}).english == "certificate ends in 2.0 days"


def test_what_the_hub_finds_has_words() -> None:
    """Every kind of finding that the hub's sources write down."""
    hub = Path(hotspot.hub.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted(hub.rglob("*.py")))
    kinds = set(re.findall(r'(?:_find\(sender|Finding\([^"]*), "([a-z_]+)"', sources))
    assert {"clock", "restored", "twin", "refused", "stale_credential", "token_reused"} <= kinds <= EVENTS.keys()
    assert EVENTS.keys() <= alarm_texts.KINDS.keys()


def test_a_stranger_kind_and_strange_words_do_no_harm() -> None:
    """A kind without words is its own name; nothing from a gateway ends a line of the subject."""
    assert alarm_texts.say("meteor", {}) == alarm_texts.Words("meteor", "meteor")
    message = body([event(1, NOON, kind="fault", detail={"text": "a\r\nBcc: x@example.org"})], NOON)
    assert alarm_texts.subject(message) == "[hotspot] DRINGEND: hall-1: Störung: a Bcc: x@example.org"


def test_the_end_of_alarms_has_a_subject_too() -> None:
    """One and many."""
    assert alarm_texts.subject(body([event(1, NOON, "ended")], NOON)) == "[hotspot] 1 Alarm beendet"
    assert alarm_texts.subject(body([event(1, NOON, "ended"), event(2, NOON, "ended")], NOON)) == "[hotspot] 2 Alarme beendet"


def test_what_was_found_is_told_in_words() -> None:
    """The name of a finding is no German word: the network stands there instead, and how many more there are."""
    detail = {"german": "Handys öffnen die Seite nicht", "english": "phones do not open the page", "zone": "public", "more": 2}
    message = body([event(1, NOON, kind="visit", subject="option114-missing", detail=detail)], NOON)
    words = "hall-1/public: Probebesuch: Handys öffnen die Seite nicht (und 2 weitere)"
    assert alarm_texts.subject(message) == f"[hotspot] DRINGEND: {words}"
    text = alarm_texts.text(message)
    assert (words in text, "option114" in text) == (True, False)
    assert "hall-1/public: test visit: phones do not open the page (and 2 more)" in text


def test_every_kind_has_a_name_in_both_languages() -> None:
    """The one of the console, where both exist."""
    assert alarm_texts.NAMES.keys() == alarm_texts.KINDS.keys()
    assert {kind: (name.german, name.english) for kind, name in alarm_texts.NAMES.items()} == {
        kind: (translated("de", words), words) for kind, words in CONSOLE.items()
    }
