"""Merging: fewer reports, the same numbers."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot.portal.uplink.merging import GRAINS, added, merged
from hotspot.wire import MOST_ROWS, Day, Moment, Report, Row

Q = 1_800_000_000 // 900 * 900
ROW = Row(Q, "public", "free", 1, 1, 60, 10, 20, 2, {"de": 1}, {"apple": 1})


def report(
    seq: int, *rows: Row, stream: str = "a" * 32, start: int = 1, unix: float = 0.0, boot: str = "b", days: tuple[Day, ...] = ()
) -> Report:
    """A report whose clock shows ``unix`` when the boot clock shows 0."""
    return Report(stream=stream, start=start, seq=seq, closed=Moment(unix + seq, float(seq), boot), rows=rows, days=days)


def numbers(reports: Sequence[Report]) -> Counter[str]:
    """What they say together, by zone and plan."""
    total: Counter[str] = Counter()
    for row in (row for one in reports for row in one.rows):
        for name in ("visits", "ended", "seconds", "bytes_up", "bytes_down"):
            total[f"{row.zone} {row.plan} {name}"] += getattr(row, name)
        total.update({f"{row.zone} {name}": count for name, count in (row.languages | row.families).items()})
    return +total


def test_neighbours_become_one() -> None:
    """Under the first one's name and with the last one's clock; only the peak and the devices are not added up."""
    later = replace(ROW, quarter=Q + 900, peak=5)
    one = merged(
        [report(1, ROW, days=(Day("2027-01-15", 3),)), report(2, replace(ROW, peak=7)), report(3, later, days=(Day("2027-01-15", 5),))]
    )
    both = Row(Q, "public", "free", 2, 2, 120, 20, 40, 7, {"de": 2}, {"apple": 2})
    assert one == (Report(stream="a" * 32, start=1, seq=1, closed=Moment(3.0, 3.0, "b"), rows=(both, later), days=(Day("2027-01-15", 5),)),)


def test_what_stays_apart() -> None:
    """Other streams, other boots, and clocks that disagree: one shift would not put both right."""
    apart = [
        report(1, ROW),
        report(1, ROW, stream="b" * 32),
        report(2, ROW, stream="b" * 32, boot="c"),
        report(3, ROW, stream="b" * 32, boot="c", unix=86_400.0),
        report(4, ROW, stream="b" * 32, boot="c", unix=86_400.0, start=2),
    ]
    assert merged(apart) == tuple(apart)


def test_no_report_grows_beyond_the_contract() -> None:
    """Rows that do not fit begin another one."""
    rows = [replace(ROW, plan=f"p{number}") for number in range(300)]
    out = merged([report(number, *(replace(row, quarter=Q + 900 * number) for row in rows)) for number in (1, 2, 3)])
    assert ([len(one.rows) for one in out], [one.seq for one in out], MOST_ROWS) == ([300, 300, 300], [1, 2, 3], 500)


def test_coarser() -> None:
    """Hours and days lose the time of day, never a number."""
    rows = [replace(ROW, quarter=Q // 86_400 * 86_400 + 900 * number) for number in range(96)]
    assert [len(added(rows, grain)) for grain in GRAINS] == [96, 24, 1]
    assert numbers([report(1, *added(rows, GRAINS[2]))]) == numbers([report(1, *rows)])


rows = st.builds(
    Row,
    quarter=st.integers(0, 10).map(lambda number: Q + 900 * number),
    zone=st.sampled_from(["public", "council"]),
    plan=st.sampled_from(["free", "long"]),
    visits=st.integers(0, 9),
    ended=st.integers(0, 9),
    seconds=st.integers(0, 9_999),
    bytes_up=st.integers(0, 2**40),
    bytes_down=st.integers(0, 2**40),
    peak=st.integers(0, 99),
    languages=st.dictionaries(st.sampled_from(["de", "en"]), st.integers(1, 9)),
    families=st.dictionaries(st.sampled_from(["apple", "other"]), st.integers(1, 9)),
)
many = st.lists(
    st.tuples(st.lists(rows, max_size=6), st.sampled_from("ab"), st.sampled_from(["b", "c"]), st.sampled_from([0.0, 50.0, 9_000.0])),
    max_size=12,
)


@given(many, st.sampled_from(GRAINS))
def test_the_numbers_stay(several: list[tuple[list[Row], str, str, float]], grain: int) -> None:
    """Whatever is put together says the same; names stay unique, and merging again changes nothing."""
    reports = [report(seq, *of, stream=stream * 32, boot=boot, unix=unix) for seq, (of, stream, boot, unix) in enumerate(several, 1)]
    out = merged(reports, grain)
    assert numbers(out) == numbers(reports)
    assert {(one.stream, one.seq) for one in out} <= {(one.stream, one.seq) for one in reports}
    assert len({(one.stream, one.seq) for one in out}) == len(out) <= len(reports)
    assert merged(out, grain) == out
    assert max((row.peak for one in out for row in one.rows), default=0) == max(
        (row.peak for one in reports for row in one.rows), default=0
    )
