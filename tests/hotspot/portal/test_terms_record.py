"""Which terms were accepted: on record word for word, and never under an old version with other words."""

from pathlib import Path

from msgspec.structs import replace

from hotspot.portal.desk import Accepted, Refusal
from hotspot.portal.settings import Settings, Terms
from hotspot.portal.terms_record import TermsRecord
from hotspot.session.terms import accepted, digest_of
from tests.hotspot.portal.conftest import BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

GERMAN = "Bitte freundlich."
TEXTS = "SELECT version, language, text FROM terms ORDER BY since, language"
PROOFS = "SELECT terms_version, language, digest FROM acceptances ORDER BY accepted_at"


def record(*known: tuple[str, str, str]) -> TermsRecord:
    """A record that has read these texts from a journal."""
    one = TermsRecord(lambda subject, statements: None)
    one.load([accepted(*each, unix) for unix, each in enumerate(known)])
    return one


async def test_an_acceptance_brings_its_text(bench: Bench) -> None:
    """Version, language, time and words; the second one only points to them. Nothing in it says who it was."""
    await bench.accept()
    await bench.accept(BERT_IP)
    digest = digest_of("2026-11", "de", GERMAN)
    assert await bench.rows(TEXTS) == [("2026-11", "de", GERMAN)]
    assert await bench.rows(PROOFS) == [("2026-11", "de", digest)] * 2
    columns = [row[1] for row in await bench.rows("PRAGMA table_info(acceptances)")]
    assert columns == ["session", "terms_version", "language", "accepted_at", "digest"]


async def test_the_text_is_the_one_that_was_read(bench: Bench) -> None:
    """A Turkish page has the German terms as long as there are no Turkish ones: those are on record, with the language of the page."""
    visitor = await bench.visitor()
    await bench.desk.accept(visitor, bench.form(visitor), "tr", "android")
    assert await bench.rows(TEXTS) == [("2026-11", "de", GERMAN)]
    assert await bench.rows(PROOFS) == [("2026-11", "tr", digest_of("2026-11", "de", GERMAN))]


async def test_a_journal_that_is_gone_gets_the_texts_again(bench: Bench) -> None:
    """What acceptances point to is in the file in which they are."""
    await bench.accept()
    for file in Path(bench.office.settings.state_dir).glob("journal.db*"):
        file.unlink()
    await until(lambda: bench.office.metrics.registry.get_sample_value("hotspot_journal_fresh_total", {"why": "removed"}) == 1)
    assert await bench.office.save()
    assert await bench.rows(TEXTS) == [("2026-11", "de", GERMAN)]
    assert await bench.rows(PROOFS) == [("2026-11", "de", digest_of("2026-11", "de", GERMAN))]


async def test_a_restart_knows_them(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """Read from the journal; other words under the same version are a fault of which staff are told, and visitors are let in."""
    async with running(portal_settings, clock) as bench:
        await bench.accept()
    changed = replace(portal_settings, terms=Terms("2026-11", {"de": "Bitte sehr freundlich.", "en": "Please be kind."}))
    async with running(changed, clock) as bench:
        fault = "terms.version = '2026-11': the German text differs from what visitors accepted under this version; expected a new version"
        assert (bench.office.terms_fault, fault in bench.office.faults()) == (fault, True)
        clock.tick(60)
        await bench.accept(BERT_IP)
        assert await bench.rows(TEXTS) == [("2026-11", "de", GERMAN), ("2026-11", "de", "Bitte sehr freundlich.")]
    async with running(replace(changed, terms=replace(changed.terms, version="2026-12")), clock) as bench:
        assert bench.office.terms_fault == ""


async def test_changed_terms_ask_again(bench: Bench, clock: Clock) -> None:
    """A session goes on under the terms that were accepted; the next one needs the new ones, and the old form is refused."""
    old = await bench.accept()
    bench.office.settings = replace(bench.office.settings, terms=Terms("2026-12", {"de": "Neu."}))
    session = (await bench.visitor()).session
    assert session is not None
    assert session.terms_version == "2026-11"
    ended = await bench.desk.leave(old, bench.desk.token(old))
    assert not isinstance(ended, Refusal)
    assert bench.desk.terms.version == "2026-12"
    stale = replace(bench.form(ended), terms="2026-11")
    assert await bench.desk.accept(ended, stale, "de", "android") == Refusal("token")
    clock.tick(1)
    assert isinstance(await bench.desk.accept(ended, bench.form(ended), "de", "android"), Accepted)
    assert [row[0] for row in await bench.rows(PROOFS)] == ["2026-11", "2026-12"]
    assert await bench.rows(TEXTS) == [("2026-11", "de", GERMAN), ("2026-12", "de", "Neu.")]


def test_objections_name_the_language() -> None:
    """One, several, and a variant of a language."""
    known = record(("1", "de", "a"), ("1", "de-simple", "b"), ("1", "uk", "c"))
    ours = "terms.version = '1': the {} from what visitors accepted under this version; expected a new version"
    assert known.objection(Terms("1", {"de": "x"})) == ours.format("German text differs")
    assert known.objection(Terms("1", {"de": "a", "de-simple": "x"})) == ours.format("German (de-simple) text differs")
    assert known.objection(Terms("1", {"de": "x", "uk": "x"})) == ours.format("German and the Ukrainian text differ")
    assert known.objection(Terms("1", {"de": "a", "uk": "c", "fr": "new"})) == ""
    assert known.objection(Terms("2", {"de": "x"})) == ""
