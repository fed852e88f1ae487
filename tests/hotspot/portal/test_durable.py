"""Files that are whole or as they were before."""

from pathlib import Path

import pytest

from hotspot.portal import durable


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """For the owner alone, and nothing else is left in the folder."""
    path = tmp_path / "policy.json"
    for content in (b"one", b"another"):
        durable.write(path, content)
        assert (path.read_bytes(), path.stat().st_mode & 0o777, [one.name for one in tmp_path.iterdir()]) == (
            content,
            0o600,
            ["policy.json"],
        )


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """Neither the file, nor what else is there."""
    path = tmp_path / "policy.json"
    durable.write(path, b"one")
    (tmp_path / ".policy.json.new").mkdir()
    with pytest.raises(IsADirectoryError):
        durable.write(path, b"another")
    assert path.read_bytes() == b"one"
    with pytest.raises(FileNotFoundError):
        durable.write(tmp_path / "nowhere" / "policy.json", b"x")
