"""The journal's files damaged at the worst moment: in the middle of a commit, after the look whether they are as they were left."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from hotspot.portal.journal import rows
from hotspot.portal.journal.file import Fault, File, execute
from tests.hotspot.session.examples import session_of


def _session(number: int) -> list[rows.Statement]:
    return rows.of_session(session_of(number))


def _after_a_power_cut(path: Path, tmp_path: Path) -> int:
    """Sessions in a copy of the files as they are on disk now."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in (path, path.with_name(path.name + "-wal")):
        shutil.copy(file, folder)
    connection = apsw.Connection(str(folder / path.name))
    try:
        return len(connection.execute("SELECT id FROM sessions").fetchall())
    finally:
        connection.close()


def _cut(wal: Path) -> None:
    os.truncate(wal, 1_000)


def _empty(wal: Path) -> None:
    wal.write_bytes(b"")


def _fill(wal: Path) -> None:
    wal.write_bytes(b"\xa5" * wal.stat().st_size)


@pytest.mark.parametrize("damage", [_cut, _empty, _fill])
def test_wal_damaged_during_a_commit(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """The commit is not taken for durable: it raises; what is then written into the file, opened anew, is there after a crash."""
    path = tmp_path / "journal.db"
    file = File(path)
    file.open()
    file.checkpoint()
    file.run([execute(_session(1))])

    def damaging(connection: apsw.Connection) -> None:
        damage(path.with_name("journal.db-wal"))
        for sql, values in _session(2):
            connection.execute(sql, values)

    with pytest.raises(Fault) as raised:
        file.run([damaging])
    assert raised.value.kind in {"changed", "damaged"}
    file.open()
    file.run([execute(_session(number)) for number in (1, 2, 3)])
    assert _after_a_power_cut(path, tmp_path) == 3
    file.close()


def test_many_commits_and_checkpoints_are_not_mistaken_for_damage(tmp_path: Path) -> None:
    """Commits of all sizes, with the WAL begun anew by checkpoints of both kinds in between, are all taken and all there."""
    path = tmp_path / "journal.db"
    file = File(path)
    file.open()
    for number in range(300):
        file.run([execute(_session(number * 40 + each)) for each in range(1 + number % 40)])
        if number % 37 == 36:
            file.checkpoint(empty=number % 2 == 0)
    assert _after_a_power_cut(path, tmp_path) == sum(1 + number % 40 for number in range(300))
    file.close()
