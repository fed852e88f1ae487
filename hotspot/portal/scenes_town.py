"""Scenes of the pages for everybody who reaches the portal: the town's front door, its services, its form, and the law."""

from collections.abc import Callable, Iterator

from hotspot.portal import legal_pages, town_pages
from hotspot.portal.stage import CODE, NOW, TOKEN, Draw, Scene, Stage
from hotspot.town.directory import Authority, Entry
from hotspot.town.feedback import MOST_TEXT, Form

WRITTEN = Form(token=TOKEN, kind="damage", place="Marktplatz", text="Die Bank vor dem Brunnen ist kaputt.", contact="")
"""What somebody has typed."""


def _services(question: str, group: str = "") -> Draw:
    return lambda stage: town_pages.services(stage.pages, stage.reader, stage.hall, stage.settings.services, question, group)


def _first(stage: Stage, fits: Callable[[Entry], bool]) -> Entry | None:
    """The first entry of a kind."""
    return next((entry for entry in stage.settings.services.entries.values() if fits(entry)), None)


def _service(name: str, what: str, fits: Callable[[Entry], bool]) -> Scene:
    """The page of the first entry of a kind, where the directory has one."""

    def draw(stage: Stage) -> str:
        entry = _first(stage, fits)
        assert entry is not None, "shown says whether there is one"
        return town_pages.service(stage.pages, stage.reader, stage.settings, entry, NOW, online=False)

    return Scene(name, what, draw, shown=lambda stage: _first(stage, fits) is not None)


def _tell(form: Form, field: str = "", why: str = "", wrong: str = "") -> Draw:
    def draw(stage: Stage) -> str:
        language = stage.reader.language
        text = town_pages.mistake(stage.pages, language, field, why) if why else ""
        if wrong:
            text = stage.pages.text(language, town_pages.REFUSED[wrong][1]) % {"moment": "11:00"}
        return town_pages.tell(stage.pages, stage.reader, stage.hall, form, CODE, field=field, wrong=text)

    return draw


def _told(number: int | None) -> Draw:
    return lambda stage: town_pages.told(stage.pages, stage.reader, stage.settings, number)


def _has_services(stage: Stage) -> bool:
    return bool(stage.settings.services)


def _takes_messages(stage: Stage) -> bool:
    return stage.settings.feedback is not None


def _front_door() -> Iterator[Scene]:
    """What the town has to say."""
    yield Scene("town", "the town's front door", lambda at: town_pages.town(at.pages, at.reader, at.settings, NOW), "/town")
    yield Scene("services", "all services, by name", _services(""), "/services", _has_services)
    yield Scene("services-authority", "all services, by authority", _services("", "authority"), shown=_has_services)
    yield Scene("services-search", "services that a word finds", _services("ausweis"), shown=_has_services)
    yield Scene("services-empty", "a word that finds nothing", _services("Zirkuszelt"), shown=_has_services)
    yield _service("service-fee", "a service with a fee to pay", lambda entry: entry.fee is not None)
    yield _service("service-town", "a service of the town", lambda entry: entry.fee is None and entry.authority is Authority.TOWN)
    yield _service("service-district", "a service of the district", lambda entry: entry.authority is Authority.DISTRICT)
    yield Scene("tell", "the form for messages", _tell(Form(token=TOKEN)), "/tell", _takes_messages)
    yield Scene("tell-kind", "a message without a kind", _tell(Form(token=TOKEN), "kind", "missing"), shown=_takes_messages)
    yield Scene("tell-text", "a message without a text", _tell(Form(token=TOKEN, kind="idea"), "text", "missing"), shown=_takes_messages)
    long = Form(token=TOKEN, kind="idea", text="Mehr Bänke. " * (MOST_TEXT // 10))
    yield Scene("tell-long", "a message that is too long", _tell(long, "text", "long"), shown=_takes_messages)
    for why in town_pages.REFUSED:
        yield Scene(f"tell-{why}", f"a message that was not taken: {why}", _tell(WRITTEN, wrong=why), shown=_takes_messages)
    yield Scene("told", "the message was taken", _told(17), "/told", _takes_messages)
    yield Scene("told-again", "the same page, opened later", _told(None), shown=_takes_messages)


def _law() -> Iterator[Scene]:
    """Legal pages."""
    yield Scene("terms", "terms of use", lambda at: at.pages.terms(at.reader, at.hall, at.settings.terms), "/terms")
    yield Scene("privacy", "privacy notice", lambda at: legal_pages.privacy(at.pages, at.reader, at.settings), "/privacy")
    yield Scene("imprint", "imprint", lambda at: legal_pages.imprint(at.pages, at.reader, at.settings), "/imprint")
    yield Scene(
        "accessibility", "accessibility statement", lambda at: legal_pages.accessibility(at.pages, at.reader, at.settings), "/accessibility"
    )
    video = "the video in sign language"
    yield Scene("sign-language", video, _sign_language, "/sign-language", lambda stage: stage.hall.theme.sign_language is not None)


def _sign_language(stage: Stage) -> str:
    return stage.pages.render("sign_language.html", stage.reader, stage.hall)


TOWN: tuple[Scene, ...] = (*_front_door(), *_law())
