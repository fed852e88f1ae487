"""Scenes of a visitor's path: start page, online, ended, not now, and all that can go wrong.

What the settings do not have (a second plan, a volume, an extension) is made up here, so that all states can be seen with the settings of
any town.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from firewall.api import Rates
from hotspot.portal import web_vouchers
from hotspot.portal.pages import INLINE_TERMS, More
from hotspot.portal.settings import Terms
from hotspot.portal.stage import CODE, NOW, TOKEN, Draw, Scene, Stage
from hotspot.portal.texts import ENDED, ENDED_BY, OFFLINE, PROBLEMS, SPLASH, Captive
from hotspot.session.admission import Barrier
from hotspot.session.plans import Plan

HOUR, DAY = 3_600.0, 86_400.0
SLOW = Rates(rate_down=64_000, ceil_down=1_000_000, rate_up=64_000, ceil_up=250_000)


def _splash(kind: Captive, stage: Stage, plans: tuple[Plan, ...], terms: Terms | None = None, closes: float | None = None) -> str:
    """A page with the accept button."""
    closing = None if closes is None else (closes, NOW)
    mould = stage.pages.captive(kind, stage.reader, stage.hall, terms or stage.settings.terms, plans, closing)
    return mould.filled({"token": TOKEN, "code": CODE}).decode()


def _captive(kind: Captive) -> Draw:
    """As visitors see it with the plans of the settings."""
    return lambda stage: _splash(kind, stage, stage.plans)


def _several(stage: Stage) -> str:
    """With a choice: the zone's own, or its plan and an example beside it."""
    first = stage.plans[0]
    titles = {"de": "Den ganzen Tag", "en": "All day"}
    example = replace(first, name="example", title=titles, seconds=28_800, volume=2_000_000_000, slow=SLOW, daily_seconds=28_800)
    return _splash(SPLASH, stage, stage.plans if len(stage.plans) > 1 else (first, example))


def _single(stage: Stage) -> str:
    return _splash(SPLASH, stage, stage.plans[:1])


def _closing(stage: Stage) -> str:
    return _splash(SPLASH, stage, stage.plans, closes=NOW + 2 * HOUR)


def _long_terms(stage: Stage) -> str:
    """Terms that have a page of their own."""
    terms = stage.settings.terms
    long = {language: "\n\n".join([text] * (INLINE_TERMS // len(text) + 1)) for language, text in terms.text.items()}
    return _splash(SPLASH, stage, stage.plans, terms=Terms(terms.version, long))


def _splash_vouchers(stage: Stage) -> str:
    mould = stage.pages.captive(SPLASH, stage.reader, stage.hall, stage.settings.terms, stage.plans[:1], vouchers=True)
    return mould.filled({"token": TOKEN, "code": CODE}).decode()


def _message(stage: Stage) -> Mapping[str, str]:
    """What staff say while the line is down."""
    return stage.settings.internet.message or {"de": "Die Störung ist gemeldet.", "en": "The fault has been reported."}


def _offline_message(stage: Stage) -> str:
    mould = stage.pages.captive(OFFLINE, stage.reader, stage.hall, stage.settings.terms, stage.plans[:1], message=_message(stage))
    return mould.filled({"token": TOKEN, "code": CODE}).decode()


def _wait_offline(stage: Stage) -> str:
    return stage.pages.wait(stage.reader, stage.hall, Barrier("offline", None), NOW, CODE, message=_message(stage), vouchers=True)


def _wait(code: str, until: float | None, ended: Captive | None = None) -> Draw:
    return lambda stage: stage.pages.wait(stage.reader, stage.hall, Barrier(code, until), NOW, CODE, ended)


def _blocked(reason: str) -> Draw:
    return lambda stage: stage.pages.blocked(stage.reader, stage.hall, CODE, reason)


def _online(seconds_left: float, bytes_left: int | None = None, internet: bool = True, more: More | None = None) -> Draw:
    def draw(stage: Stage) -> str:
        return stage.pages.online(
            stage.reader,
            stage.hall,
            code=CODE,
            token=TOKEN,
            seconds_left=seconds_left,
            bytes_left=bytes_left,
            internet=internet,
            address=stage.address,
            now=NOW,
            more=more or More(),
        )

    return draw


def _problem(code: str) -> Draw:
    problem = replace(PROBLEMS[code], again=False)  # a scene goes on to nowhere
    return lambda stage: stage.pages.problem(stage.reader, stage.hall, problem, CODE)


def _on_the_way() -> Iterator[Scene]:
    """From the start page to the end."""
    yield Scene("splash", "the start page", _single, "/")
    yield Scene("splash-plans", "the start page, several plans", _several)
    yield Scene("splash-closing", "the start page shortly before closing time", _closing)
    yield Scene("splash-long-terms", "the start page, terms too long for it", _long_terms)
    yield Scene("splash-voucher", "the start page, with a way for voucher codes", _splash_vouchers)
    yield Scene("offline", "no Internet at the moment", _captive(OFFLINE))
    yield Scene("offline-message", "the same, with a word from staff", _offline_message)
    yield Scene("ended", "the session ended, no word why", _captive(ENDED))
    for reason, kind in ENDED_BY.items():
        yield Scene(f"ended-{reason}", f"the session ended: {reason}", _captive(kind))
    yield Scene("wait-closed", "closed until the morning", _wait("closed", NOW + 22 * HOUR))
    yield Scene("wait-closed-days", "closed for many days", _wait("closed", NOW + 10 * DAY))
    yield Scene("wait-closed-unknown", "closed until further notice", _wait("closed", None))
    yield Scene("wait-offline", "nobody is let in while the line is down", _wait_offline)
    yield Scene("wait-pause", "a pause between two sessions", _wait("pause", NOW + HOUR, ENDED_BY["time"]))
    yield Scene("wait-daily", "the share of the day is used up", _wait("daily", None))
    yield Scene("wait-offline", "no Internet at the moment, and nobody new is let in", _wait("offline", None))
    yield Scene("blocked", "blocked by staff", _blocked(""))
    yield Scene("blocked-reason", "blocked by staff, with a reason", _blocked("Bitte kommen Sie an die Information im Erdgeschoss."))
    yield Scene("online", "online", _online(2.5 * HOUR), "/online")
    yield Scene("online-volume", "online with a volume", _online(2.5 * HOUR, 734_000_000))
    yield Scene("online-fast", "online, slower after a volume", _online(2.5 * HOUR, more=More(fast_left=734_000_000, slow=SLOW)))
    yield Scene("online-slow", "online, slow from now on", _online(HOUR, more=More(fast_left=0, slow=SLOW)))
    yield Scene("online-extension", "online, with the button for more time", _online(540, more=More(extension=3_600, step=1)))
    yield Scene("online-voucher", "online, with a way for voucher codes", _online(2.5 * HOUR, more=More(vouchers=True)))
    yield Scene("online-last-minute", "online for less than a minute", _online(30, 200_000))
    yield Scene("online-offline", "online while the line is down", _online(2.5 * HOUR, internet=False))


def _problems() -> Iterator[Scene]:
    """What can go wrong."""
    for code, problem in PROBLEMS.items():
        yield Scene(f"problem-{code}", f"{problem.status}: {problem.text}", _problem(code))


def _voucher(wrong: str = "") -> Draw:
    """The page for a code, with what is said about ``typed``."""
    return lambda stage: web_vouchers.page(
        stage.pages,
        stage.reader,
        stage.hall,
        stage.settings.terms,
        TOKEN,
        CODE,
        "7K4QX-9ZB2M" if wrong else "",
        web_vouchers.WRONG.get(wrong),
    )


def _vouchers() -> Iterator[Scene]:
    """A code instead of a plan for everybody."""
    yield Scene("voucher", "the page for a voucher code", _voucher(), "/voucher")
    for code in web_vouchers.WRONG:
        yield Scene(f"voucher-{code.removeprefix('voucher_')}", f"a voucher code that does not let in: {code}", _voucher(code))


VISITOR: tuple[Scene, ...] = (*_on_the_way(), *_vouchers(), *_problems())
