"""Accept, step by step, when a step fails."""

from pathlib import Path

from hotspot.portal.accept import Entry, Refusal, open_session
from hotspot.portal.register import Client
from hotspot.portal.settings import Settings
from hotspot.session.sessions import Session
from hotspot.session.states import LetIn, TermsAccepted
from tests.hotspot.portal.conftest import ANNA, BERT, FREE, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

CLIENT = Client("public", ANNA)
ENTRY = Entry(event=TermsAccepted(), plan=FREE, session_id="0123456789abcdef", terms_version="2026-11", language="en", family="apple")


def break_journal(folder: Path) -> None:
    """Put something in the journal's place that cannot be opened."""
    (folder / "journal.db").unlink()
    (folder / "journal.db").mkdir()


async def test_journal_unwell(bench: Bench, firewall: FakeFirewall, portal_settings: Settings) -> None:
    """Without a journal nothing opens; those who are online stay; it heals by itself."""
    online = await open_session(bench.office, CLIENT, ENTRY)
    break_journal(portal_settings.state_dir)
    entry = Entry(event=TermsAccepted(), plan=FREE, session_id="f" * 16, terms_version="2026-11")
    assert await open_session(bench.office, Client("public", BERT), entry) == Refusal("journal")
    assert (list(firewall.grants), bench.office.journal.ok) == ([ENTRY.session_id], False)
    (portal_settings.state_dir / "journal.db").rmdir()
    await until(lambda: bench.office.journal.ok and not bench.office.register.unwritten())
    assert isinstance(online, Session)
    assert await bench.rows("SELECT id, terms_version FROM sessions") == [(online.id, "2026-11")]
    assert isinstance(await open_session(bench.office, Client("public", BERT), entry), Session)


async def test_ends_while_the_journal_is_unwell(bench: Bench, firewall: FakeFirewall, portal_settings: Settings) -> None:
    """A session that ends while nothing can be written is written when the journal is well."""
    await open_session(bench.office, CLIENT, ENTRY)
    break_journal(portal_settings.state_dir)
    await until(lambda: not bench.office.journal.ok)
    firewall.end(ENTRY.session_id, "time")
    await until(lambda: not bench.office.register.in_progress())
    (portal_settings.state_dir / "journal.db").rmdir()
    await until(lambda: bench.office.journal.ok and not bench.office.register.unwritten())
    assert await bench.rows("SELECT language, family, reason FROM sessions") == [("en", "apple", "time")]


async def test_no_firewall(portal_settings: Settings, clock: Clock) -> None:
    """Without a firewall nothing is written down: the visitor is not online and has accepted nothing."""
    async with running(portal_settings, clock) as bench:
        assert await open_session(bench.office, CLIENT, ENTRY) == Refusal("firewall")
        assert await bench.rows("SELECT count(*) FROM sessions") == [(0,)]


async def test_let_in_by_staff(bench: Bench) -> None:
    """Staff need no acceptance, and there is none in the journal."""
    session = await open_session(bench.office, CLIENT, Entry(event=LetIn(), plan=FREE, session_id="a" * 16, seconds=60))
    assert isinstance(session, Session)
    assert (session.seconds, await bench.rows("SELECT count(*) FROM acceptances")) == (60, [(0,)])


async def test_conflict_is_mended(bench: Bench, firewall: FakeFirewall) -> None:
    """The kernel has a session of this client that nobody knows: the visitor is refused once, and found online then."""
    session = await open_session(bench.office, CLIENT, ENTRY)
    assert isinstance(session, Session)
    bench.office.register.sessions.clear()
    bench.office.register._latest.clear()
    await bench.rows("DELETE FROM sessions")
    entry = Entry(event=TermsAccepted(), plan=FREE, session_id="e" * 16, terms_version="2026-11")
    assert await open_session(bench.office, CLIENT, entry) == Refusal("firewall")
    await until(lambda: [one.id for one in bench.office.register.in_progress()] == [session.id])
