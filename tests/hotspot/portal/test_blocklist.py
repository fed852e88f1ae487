"""The block list in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from hotspot.portal.blocklist import Blocklist
from hotspot.portal.journal import Statement, rows
from hotspot.session.blocklist import Entry, Target

ENTRY = Entry(4, Target(domain="casino.example"), None, "order", "7 K 1/26", 1.0, "clerk", 0, until=9.0)


def test_what_the_file_knows_and_what_memory_knows() -> None:
    """Memory is newer; a fresh file gets all of it; numbers go on."""
    written: dict[object, Sequence[Statement]] = {}
    blocklist = Blocklist(written.__setitem__)
    removed = replace(ENTRY, removed_at=5.0, removed_by="boss", removed_reason="lifted")
    blocklist.put(removed)
    other = replace(ENTRY, number=7)
    blocklist.load([ENTRY, other])
    assert (blocklist.entries, blocklist.next_number, written) == ({4: removed, 7: other}, 8, {})
    assert [blocklist.count(unix) for unix in (2.0, 9.0)] == [1, 0]
    blocklist.write_all()
    assert written == {"blocklist:4": rows.of_entry(removed), "blocklist:7": rows.of_entry(other)}
