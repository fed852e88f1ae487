"""What staff see of the terms."""

from msgspec.structs import replace

from hotspot import control
from hotspot.portal.settings import Terms
from hotspot.portal.staff import Staff
from hotspot.session.terms import digest_of
from tests.hotspot.portal.conftest import BERT_IP, Bench, Clock

OLD, NEW = digest_of("2026-11", "de", "Bitte freundlich."), digest_of("2026-12", "de", "Neu.")


async def test_versions_and_words(bench: Bench, clock: Clock) -> None:
    """Every text with how often it was accepted; its words when they are asked for."""
    staff = Staff(bench.office, bench.meter)
    first = bench.office.now().unix
    await bench.accept()
    await bench.accept(BERT_IP)
    old = control.TermsRow("2026-11", "de", OLD, first, 2, True)
    assert await staff.answer(control.TermsAccepted()) == control.TermsAre((old,))
    bench.office.settings = replace(bench.office.settings, terms=Terms("2026-12", {"de": "Neu."}))
    clock.tick(60)
    left = await bench.visitor()
    left_now = await bench.desk.leave(left, bench.desk.token(left))
    assert left_now == await bench.visitor()
    await bench.accept()
    new = control.TermsRow("2026-12", "de", NEW, first + 60, 1, True)
    assert await staff.answer(control.TermsAccepted()) == control.TermsAre((replace(old, in_force=False), new))
    assert await staff.answer(control.TermsAccepted("2026-12", "de")) == control.TermsAre((replace(new, text="Neu."),))


async def test_what_nobody_accepted(bench: Bench) -> None:
    """A refusal that names what was asked for."""
    assert await Staff(bench.office, bench.meter).answer(control.TermsAccepted("2026-11", "fr")) == control.Refused(
        "unknown", "version = '2026-11', language = 'fr': nobody has accepted such a text here"
    )


async def test_acceptances_from_before_texts_were_kept(bench: Bench) -> None:
    """They are counted; their words are not known."""
    await bench.office.journal.write([("INSERT INTO acceptances VALUES ('a', '2025-01', 'de', 5.0, '')", ())])
    row = control.TermsRow("2025-01", "", "", 5.0, 1, False)
    assert await Staff(bench.office, bench.meter).answer(control.TermsAccepted()) == control.TermsAre((row,))
