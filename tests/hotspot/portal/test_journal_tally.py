"""The journal and the tally: what was counted stands in the same file as what it was counted from."""

import contextlib
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from hotspot.portal.journal import rows
from hotspot.portal.journal.rows import Stream, Told
from hotspot.portal.journal.schema import MIGRATIONS
from hotspot.session.sessions import end
from hotspot.session.states import TimeUp
from tests.hotspot.portal.test_journal import opened
from tests.hotspot.session.examples import NOW, later, session_of, usage_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


async def test_what_is_not_in_the_tally_is_told(path: Path) -> None:
    """A session that was written alone is known as such until its share is written with it; no share is a row of its own."""
    running, used = session_of(1), replace(session_of(1), bytes_up=5, bytes_down=6)
    ended = end(session_of(2), TimeUp(), later(100), usage_of(session_of(2), 3, 4))
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_session(running), *rows.of_session(ended, Told(1, 3, 4))])
    async with opened(path) as (journal, heard):
        assert heard.loaded[0][0].untold == {running.id: Told(), ended.id: Told(1, 3, 4)}
        await journal.write([*rows.of_session(used, Told(1, 5, 5)), *rows.of_told(ended.id, Told(2, 3, 4))])
    async with opened(path) as (journal, heard):
        assert heard.loaded[0][0].untold == {running.id: Told(1, 5, 5)}
        await journal.write(rows.of_session(replace(used, bytes_down=7)))  # alone: what was told stays
        assert await journal.read("SELECT told, told_up, told_down FROM sessions ORDER BY id") == [(1, 5, 5), (2, 3, 4)]


async def test_a_report_is_closed_once(path: Path) -> None:
    """A commit that is repeated, even when the report has gone meanwhile, makes no second one; the tally is with its stream."""
    first, second = rows.of_report("a" * 32, 3, 1, NOW.unix, "one"), rows.of_report("a" * 32, 3, 2, NOW.unix, "two")
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_tally("a" * 32, 3, "counted"), *first, *second, *first])
        assert await journal.read("SELECT seq, body, sent, taken_at, refused FROM reports") == [
            (1, "one", 0, None, ""),
            (2, "two", 0, None, ""),
        ]
        await journal.write([("DELETE FROM reports", ()), *first, *second])
        assert await journal.read("SELECT count(*) FROM reports") == [(0,)]
    async with opened(path) as (journal, heard):
        assert heard.loaded[0][0].streams == (Stream("a" * 32, 3, 2, "counted"),)
        await journal.write([*rows.of_tally("a" * 32, 3, ""), *rows.of_old_streams(4)])
        assert await journal.read("SELECT count(*) FROM streams") == [(0,)]


async def test_a_file_of_the_sixth_version_gets_a_tally(path: Path) -> None:
    """What was before is taken to be counted; the rows for each session are gone."""
    with contextlib.closing(apsw.Connection(str(path))) as old:
        for script in MIGRATIONS[:6]:
            old.execute(script)
        old.execute("PRAGMA user_version = 6")
        old.execute("INSERT INTO outbox VALUES (1, 1.0, 'public', 'free', 'de', 'other', 1, 2, 3, 'time')")
        for sql, bound in [*rows.of_session(session_of(1)), *rows.of_session(end(session_of(2), TimeUp(), later(9)))]:
            old.execute(sql, bound)
    async with opened(path) as (journal, heard):
        assert [session.id for session in heard.loaded[0][0].sessions] == [session_of(1).id, session_of(2).id]
        assert (heard.loaded[0][0].untold, heard.loaded[0][0].streams) == ({}, ())
        assert await journal.read("SELECT told FROM sessions ORDER BY id") == [(1,), (2,)]
        assert await journal.read("SELECT name FROM sqlite_schema WHERE name = 'outbox'") == []
