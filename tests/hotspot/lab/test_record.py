"""What is written down about a hall."""

from pathlib import Path

from hotspot.lab.options import Options
from hotspot.lab.record import Folder, PhoneRecord, Record, Started


def test_a_record_comes_back_as_written(tmp_path: Path) -> None:
    """Processes, phones and options survive the way to disk."""
    record = Record(
        "town",
        Options(plan_down="5 Mbit/s", tls=True),
        (Started("nsd", 17, 4711, "town-wan"),),
        (PhoneRecord("anna", "town-anna", 1, "02:00:00:00:00:01"),),
    )
    folder = Folder(tmp_path)
    folder.write(record)
    assert folder.read() == record


def test_no_record_and_half_a_record_are_none(tmp_path: Path) -> None:
    """After a crash the names have to do."""
    folder = Folder(tmp_path)
    before = folder.read()
    folder.state.write_text('{"hall":"to')
    assert (before, folder.read()) == (None, None)
