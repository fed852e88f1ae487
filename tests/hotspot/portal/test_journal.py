"""The journal on a real file: durable, in groups, and well again after every fault that a machine has to offer."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from hotspot.portal.journal import Journal, JournalUnavailable, Loaded, NewerJournal, rows
from hotspot.portal.journal.rows import Told
from hotspot.portal.journal.schema import MIGRATIONS
from hotspot.session.allowance import Spent
from hotspot.session.blocklist import Entry, Target
from hotspot.session.blocks import Block
from hotspot.session.sessions import end
from hotspot.session.states import State, TimeUp
from hotspot.session.terms import accepted
from hotspot.session.vouchers import Batch, Place, Ticket
from tests.hotspot.portal.conftest import until
from tests.hotspot.session.examples import MAC, NOW, later, session_of, usage_of


class Heard:
    """What the journal told."""

    def __init__(self) -> None:
        self.loaded: list[tuple[Loaded, str]] = []
        self.states: list[tuple[bool, str]] = []
        self.groups: list[int] = []

    def opened(self, loaded: Loaded, how: str) -> None:
        """As ``JournalEvents``."""
        self.loaded.append((loaded, how))

    def health(self, ok: bool, kind: str, why: str) -> None:
        """As ``JournalEvents``."""
        self.states.append((ok, kind))

    def committed(self, seconds: float, writes: int) -> None:
        """As ``JournalEvents``."""
        self.groups.append(writes)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Journal, Heard]]:
    """A journal and what it tells."""
    heard = Heard()
    async with Journal(path, heard, look_seconds=0.05) as journal:
        yield journal, heard


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


async def test_round_trip(path: Path) -> None:
    """What was written is there after a restart; ended sessions as long as their client is known."""
    running, ended = session_of(1), end(session_of(2), TimeUp(), later(9), usage_of(session_of(2), 3, 4))
    block = Block("public", MAC, "Bitte zum Empfang", NOW.unix, None)
    async with opened(path) as (journal, heard):
        assert (heard.loaded, heard.states) == ([(Loaded(), "new")], [(True, "")])
        sessions = [*rows.of_session(running, Told(1)), *rows.of_session(ended, Told(2, 3, 4))]
        await journal.write([*sessions, *rows.of_block(block), *rows.of_meta("key", "value")])
    async with opened(path) as (_, heard):
        assert heard.loaded == [(Loaded(sessions=(running, ended), blocks=(block,), meta={"key": "value"}), "")]


async def test_a_file_of_the_first_version_is_taken_over(path: Path) -> None:
    """Its sessions go on; what that version did not know has its default."""
    with contextlib.closing(apsw.Connection(str(path))) as old:
        old.execute(MIGRATIONS[0])
        old.execute("PRAGMA user_version = 1")
        names = [row[1] for row in old.execute("PRAGMA table_info(sessions)")]
        running = session_of(1)
        fields = [getattr(running, name) for name in names[:-1]]  # the last column is the journal's own
        values = [field.value if isinstance(field, State) else field for field in fields]
        old.execute(f"INSERT INTO sessions VALUES ({', '.join('?' * len(names))})", (*values, 0))
    async with opened(path) as (_, heard):
        assert heard.loaded == [(Loaded(sessions=(running,)), "")]


async def test_a_file_of_the_second_version_gets_a_block_list(path: Path) -> None:
    """What that version wrote is still there; entries written now are read again, and written twice are one."""
    with contextlib.closing(apsw.Connection(str(path))) as old:
        for script in MIGRATIONS[:2]:
            old.execute(script)
        old.execute("PRAGMA user_version = 2")
        running, names = session_of(1), [row[1] for row in old.execute("PRAGMA table_info(sessions)")]
        fields = {name: getattr(running, name) for name in names if name != "reported"}
        values = [field.value if isinstance(field, State) else field for field in fields.values()]
        old.execute(f"INSERT INTO sessions ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})", values)
        for sql, bound in [*rows.of_block(Block("public", MAC, "", 1.0))]:
            old.execute(sql, bound)
    entry = Entry(1, Target(network="198.51.100.0/24", service="tcp/25"), None, "order", "7 K 1/26", 1.0, "clerk", 0, until=9.0)
    removed = replace(entry, removed_at=5.0, removed_by="boss", removed_uid=1_000, removed_reason="lifted")
    async with opened(path) as (journal, heard):
        assert heard.loaded == [(Loaded(sessions=(session_of(1),), blocks=(Block("public", MAC, "", 1.0),)), "")]
        for one in (entry, entry, removed, removed, entry):  # the last: a commit that is repeated late changes nothing
            await journal.write(rows.of_entry(one))
    async with opened(path) as (_, heard):
        assert heard.loaded[0][0].blocklist == (removed,)


async def test_a_file_of_the_fifth_version_keeps_its_acceptances(path: Path) -> None:
    """They point to no text, because none was kept; from then on texts are."""
    with contextlib.closing(apsw.Connection(str(path))) as old:
        for script in MIGRATIONS[:5]:
            old.execute(script)
        old.execute("PRAGMA user_version = 5")
        old.execute("INSERT INTO acceptances VALUES ('a', '2025-01', 'de', 1.0)")
    terms = accepted("2026-11", "de", "Bitte freundlich.", 2.0)
    running = replace(session_of(1), terms_version="2026-11", terms_digest=terms.digest)
    async with opened(path) as (journal, heard):
        assert heard.loaded == [(Loaded(), "")]
        for _ in range(2):
            await journal.write([*rows.of_terms(terms), *rows.of_session(running, Told(1))])
        assert await journal.read("SELECT * FROM acceptances ORDER BY accepted_at") == [
            ("a", "2025-01", "de", 1.0, ""),
            (running.id, "2026-11", running.language, running.accepted_at, terms.digest),
        ]
    async with opened(path) as (_, heard):
        assert heard.loaded == [(Loaded(sessions=(running,), terms=(terms,)), "")]


async def test_vouchers_are_kept(path: Path) -> None:
    """Batches and codes as they were last written; what is taken back and what is dropped is gone."""
    batch = Batch(
        number=3, key="0f" * 16, plan="guest", count=50, devices=2, valid=60.0, not_after=9.0, note="", created_at=1.0, created_by="x"
    )
    fresh = Ticket(batch=3, index=17)
    ticket = replace(fresh, first_at=2.0, boot_id="b", ends_boottime=3.0, ends_at=4.0, left=5.0, devices={"ab": 6}, withdrawn_at=7.0)
    withdrawn = replace(batch, withdrawn_at=8.0, withdrawn_by="y", withdrawn_uid=0)
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_batch(batch), *rows.of_batch(withdrawn), *rows.of_ticket(replace(fresh, index=18))])
        await journal.write([*rows.of_ticket(fresh), *rows.of_ticket(ticket), *rows.of_no_ticket(Place(3, 18))])
    async with opened(path) as (journal, heard):
        assert (heard.loaded[0][0].batches, heard.loaded[0][0].tickets) == ((withdrawn,), (ticket,))
        await journal.write(rows.of_no_batch(3))
        assert await journal.read("SELECT (SELECT count(*) FROM voucher_batches) + (SELECT count(*) FROM voucher_tickets)") == [(0,)]


async def test_what_a_day_used_is_kept_with_its_day(path: Path) -> None:
    """Rows of another day than the journal's are not read, and go when the next day begins."""
    today, yesterday = Spent(60.0, 5), Spent(9.0, 9)
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_allowance("a", "2026-11-21", yesterday), *rows.of_meta("day", "2026-11-22")])
        await journal.write([*rows.of_allowance("b", "2026-11-22", today), *rows.of_visitor("c", "2026-11-21")])
        await journal.write([*rows.of_visitor("d", "2026-11-22"), *rows.of_visitor("d", "2026-11-22")])
    async with opened(path) as (journal, heard):
        assert (heard.loaded[0][0].allowances, heard.loaded[0][0].visitors) == ({"b": today}, frozenset({"d"}))
        await journal.write(rows.of_new_day("2026-11-22", "00ff"))
        assert await journal.read("SELECT pseudonym FROM allowances UNION SELECT pseudonym FROM visitors_today") == [("b",), ("d",)]
    async with opened(path) as (_, heard):
        assert heard.loaded[0][0].meta == {"day": "2026-11-22", "day_key": "00ff"}


async def test_nobody_else_reads_the_index(path: Path, tmp_path: Path) -> None:
    """The file is locked from the first read on: there is no shared index that another program could use."""
    for _ in range(2):
        async with opened(path) as (journal, _heard):
            await journal.write(rows.of_session(session_of(1)))
            assert sorted(file.name for file in tmp_path.iterdir()) == ["journal.db", "journal.db-wal"]


async def test_group_commit(path: Path) -> None:
    """Requests that arrive together share commits."""
    async with opened(path) as (journal, heard):
        await asyncio.gather(*(journal.write(rows.of_session(session_of(number))) for number in range(200)))
        assert (sum(heard.groups), len(heard.groups) < 20) == (200, True)


async def test_retention(path: Path, tmp_path: Path) -> None:
    """After the retention time the MAC is in no byte of the journal's files, nor in a damaged file that was set aside."""
    old, running = end(session_of(1), TimeUp(), NOW), session_of(2, "02:00:00:00:00:02")
    aside = tmp_path / "journal.db.damaged-1"
    aside.write_bytes(MAC.encode())
    os.utime(aside, (NOW.unix - 100, NOW.unix - 100))
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_session(old), *rows.of_session(running)])
        assert await journal.forget(NOW.unix, NOW.unix) == 0
        assert await journal.forget(NOW.unix + 1, NOW.unix) == 1
        assert await journal.read("SELECT id, mac FROM sessions ORDER BY id") == [(old.id, None), (running.id, running.mac)]
        held = [file.name for file in sorted(tmp_path.iterdir()) if MAC.encode() in file.read_bytes()]
    assert (held, aside.exists()) == ([], False)


async def test_expired_blocks_are_forgotten(path: Path) -> None:
    """A block holds a MAC no longer than it lasts."""
    timed, open_end = Block("public", MAC, "", NOW.unix, NOW.unix + 60), Block("council", MAC, "", NOW.unix, None)
    async with opened(path) as (journal, _):
        await journal.write([*rows.of_block(timed), *rows.of_block(open_end)])
        await journal.forget(0.0, NOW.unix + 61)
        assert await journal.read("SELECT zone FROM blocks") == [("council",)]


@pytest.mark.parametrize("damage", [b"not a database" * 100, b"\0" * 4096])
async def test_overwritten_while_running(path: Path, tmp_path: Path, damage: bytes) -> None:
    """Somebody writes over the file: it is set aside, a fresh one is started, and the next acceptance is in it."""
    async with opened(path) as (journal, _):
        await journal.write(rows.of_session(session_of(1)))
    async with opened(path) as (journal, heard):
        with path.open("r+b") as file:
            file.write(damage)
        await journal.write(rows.of_session(session_of(2)))
        assert await journal.read("SELECT id FROM sessions") == [(session_of(2).id,)]
        assert ([how for _, how in heard.loaded], heard.states) == (["", "damaged"], [(True, ""), (False, "changed"), (True, "")])
    assert len(list(tmp_path.glob("journal.db.damaged-*"))) == 1


async def test_overwritten_but_all_in_the_wal(path: Path, tmp_path: Path) -> None:
    """As long as every page is in the WAL too, SQLite mends the file, and nothing is lost."""
    async with opened(path) as (journal, heard):
        await journal.write(rows.of_session(session_of(1)))
        with path.open("r+b") as file:
            file.write(b"not a database" * 100)
        await journal.write(rows.of_session(session_of(2)))
        assert await journal.read("SELECT count(*) FROM sessions") == [(2,)]
        assert heard.states == [(True, ""), (False, "changed"), (True, "")]
    assert list(tmp_path.glob("journal.db.damaged-*")) == []


async def test_damaged_before_the_start(path: Path) -> None:
    """A file that was cut in the middle is set aside at the start."""
    async with opened(path) as (journal, _):
        await asyncio.gather(*(journal.write(rows.of_session(session_of(number))) for number in range(300)))
    size = path.stat().st_size
    os.truncate(path, size // 2)
    async with opened(path) as (journal, heard):
        assert [how for _, how in heard.loaded] == ["damaged"]
        await journal.write(rows.of_session(session_of(1)))


@pytest.mark.parametrize("what", ["journal.db", "journal.db-wal"])
async def test_removed_while_running(path: Path, tmp_path: Path, what: str) -> None:
    """A commit into a file without a name would be lost: the journal notices, even when nobody writes, and starts a fresh one."""
    async with opened(path) as (journal, heard):
        await journal.write(rows.of_session(session_of(1)))
        (tmp_path / what).unlink()
        await until(lambda: len(heard.loaded) == 2)
        await journal.write(rows.of_session(session_of(2)))
    async with opened(path) as (journal, _):
        assert (session_of(2).id,) in await journal.read("SELECT id FROM sessions")


async def test_replaced_by_an_older_copy(path: Path, tmp_path: Path) -> None:
    """Somebody restores a backup under the running portal: it is told what the file now holds, and goes on with it."""
    async with opened(path) as (journal, heard):
        await journal.write(rows.of_session(session_of(1)))
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    async with opened(path) as (journal, heard):
        await journal.write(rows.of_session(session_of(2)))
        (tmp_path / "journal.db-wal").unlink()
        copy.rename(path)
        await journal.write(rows.of_session(session_of(3)))
        assert [session.id for session in heard.loaded[-1][0].sessions] == [session_of(1).id]
        assert await journal.read("SELECT count(*) FROM sessions") == [(2,)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with (disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 512)


@pytest.mark.kernel
async def test_disk_full(small_disk: Path) -> None:
    """A full disk refuses acceptances, loses none that was confirmed, and the journal is well by itself when there is room again."""
    confirmed: list[str] = []
    async with opened(small_disk / "journal.db") as (journal, heard):
        fill(small_disk)
        with pytest.raises(JournalUnavailable) as caught:
            for number in range(1_000):
                await journal.write(rows.of_session(session_of(number)))
                confirmed.append(session_of(number).id)
        assert (caught.value.kind, str(caught.value)) == ("full", "cannot write the journal: the disk is full")
        assert heard.states[-1] == (False, "full")
        (small_disk / "ballast").unlink()
        await until(lambda: journal.ok)
        await journal.write(rows.of_session(session_of(5_000)))
        confirmed.append(session_of(5_000).id)
    async with opened(small_disk / "journal.db") as (journal, _):
        assert [row[0] for row in await journal.read("SELECT id FROM sessions ORDER BY id")] == sorted(confirmed)


@pytest.mark.kernel
async def test_disk_full_at_the_start(small_disk: Path) -> None:
    """Without room for the file the journal is unwell, and opens as soon as there is."""
    fill(small_disk)
    async with opened(small_disk / "journal.db") as (journal, heard):
        with pytest.raises(JournalUnavailable):
            await journal.write(rows.of_session(session_of(1)))
        (small_disk / "ballast").unlink()
        await until(lambda: journal.ok)
        await journal.write(rows.of_session(session_of(1)))
        assert [how for _, how in heard.loaded] == ["new"]


async def test_folder_missing_at_the_start(tmp_path: Path) -> None:
    """No folder: the journal is unwell until it is there."""
    async with opened(tmp_path / "state" / "journal.db") as (journal, heard):
        assert heard.states == [(False, "unwritable")] or not journal.ok
        (tmp_path / "state").mkdir()
        await until(lambda: journal.ok)


async def test_one_writer(path: Path) -> None:
    """A second portal on the same file is refused; the first one is not disturbed."""
    async with opened(path) as (journal, _):
        await journal.write(rows.of_session(session_of(1)))
        async with opened(path) as (second, _):
            with pytest.raises(JournalUnavailable, match="another process"):
                await second.write(rows.of_session(session_of(2)))
        await journal.write(rows.of_session(session_of(3)))


async def test_newer_file(path: Path) -> None:
    """A file of a newer version is left alone, and the start fails with a text that says so."""
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerJournal, match=f"version {len(MIGRATIONS) + 1}, this program knows up to {len(MIGRATIONS)}"):
        async with opened(path):
            pass
    assert path.read_bytes() == before


async def test_kill_9_loses_nothing(path: Path) -> None:
    """Whatever was confirmed before the process was killed is there afterwards."""
    child = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        from hotspot.portal.journal import rows
        from tests.hotspot.portal.test_journal import opened
        from tests.hotspot.session.examples import session_of

        async def main():
            async with opened(Path(sys.argv[1])) as (journal, _):
                async def one(first):
                    for number in range(first, 10_000_000, 8):
                        await journal.write(rows.of_session(session_of(number)))
                        sys.stdout.write(session_of(number).id + "\\n")
                        sys.stdout.flush()
                await asyncio.gather(*(one(first) for first in range(8)))

        asyncio.run(main())
        """
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", child, str(path), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    confirmed = [await process.stdout.readline() for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    confirmed += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    async with opened(path) as (journal, _):
        held = {row[0] for row in await journal.read("SELECT id FROM sessions")}
    assert {line.decode().strip() for line in confirmed if line.endswith(b"\n")} - held == set()


async def test_closed(path: Path) -> None:
    """After the end nothing is taken any more."""
    async with opened(path) as (journal, _):
        await journal.write(rows.of_session(replace(session_of(1), terms_version="")))
        assert await journal.read("SELECT count(*) FROM acceptances") == [(0,)]
    with pytest.raises(JournalUnavailable, match="it is closed"):
        await journal.write(rows.of_session(session_of(2)))
