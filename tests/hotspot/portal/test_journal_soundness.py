"""A journal that nobody has open is looked at in a copy."""

from pathlib import Path

import apsw

from hotspot.portal.journal.soundness import unsound


def _made(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); CREATE INDEX i ON t (a)").fetchall()
    connection.execute(
        "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n LIMIT 5000) INSERT INTO t SELECT a FROM n"
    ).fetchall()
    connection.close()


def test_a_whole_one(tmp_path: Path) -> None:
    """Nothing to say, and nothing is changed or left behind."""
    _made(tmp_path / "journal.db")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert unsound(tmp_path / "journal.db") == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_one_that_was_cut_off_with_its_wal(tmp_path: Path) -> None:
    """What a power cut leaves is whole."""
    connection = apsw.Connection(str(tmp_path / "live.db"))
    connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)").fetchall()
    for end in ("", "-wal"):
        (tmp_path / f"journal.db{end}").write_bytes((tmp_path / f"live.db{end}").read_bytes())
    connection.close()
    assert unsound(tmp_path / "journal.db") == ""


def test_a_damaged_one(tmp_path: Path) -> None:
    """In the middle, and from the beginning."""
    path = tmp_path / "journal.db"
    _made(path)
    with path.open("r+b") as file:
        file.seek(3 * 4_096)
        file.write(b"\xff" * 4_096)
    assert unsound(path) != ""
    path.write_bytes(b"no database" * 1_000)
    assert unsound(path) != ""
