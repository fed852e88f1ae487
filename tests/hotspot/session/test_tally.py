"""The tally: whatever happens, in whatever order and at whatever time of day, all that is handed out is the truth once."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot import wire
from hotspot.session.sessions import Now
from hotspot.session.tally import CLOCK_JUMP, LATEST, QUARTER, Batch, Cell, Open, Tally, quarter_of, quarters
from tests.hotspot.session.examples import NOW, later, rebooted

FREE, LONG = ("public", "free"), ("public", "long")
Q = quarter_of(NOW.unix)


def cells(batches: tuple[Batch, ...]) -> list[Cell]:
    """All cells of batches."""
    return [cell for batch in batches for cell in batch.cells]


def test_a_quarter_is_the_contracts() -> None:
    """Gateway and hub mean the same."""
    assert (QUARTER, quarter_of(NOW.unix) % wire.QUARTER, quarter_of(-5.0), quarter_of(1e12)) == (wire.QUARTER, 0, 0, LATEST // 900 * 900)


def test_one_session() -> None:
    """Beginning, usage, time online and end are in the quarters in which they were."""
    tally = Tally(NOW)
    tally.begin(FREE, NOW)
    tally.visit(FREE, "de", "android", NOW.unix, NOW)
    tally.used(FREE, 100, 200, later(60))
    tally.leave(FREE, later(60))
    tally.ended(FREE, NOW.unix + 60, later(60))
    languages, families = {"de": 1}, {"android": 1}
    assert tally.take(later(70)) == (Batch(later(70), (Cell(Q, *FREE, 1, 1, 60.0, 100, 200, 1, languages, families),)),)
    assert (tally.take(later(80)), tally.online) == ((), {})


def test_time_and_usage_over_quarters() -> None:
    """Both are spread over the quarters that they span; the sum stays what it was."""
    start = Now(unix=Q + 800.0, boottime=500.0, boot_id="b")
    tally = Tally(start)
    tally.begin(FREE, start)
    tally.used(FREE, 10, 999, later(1_100, start))
    actual = {cell.quarter: (cell.seconds, cell.bytes_up, cell.bytes_down, cell.peak) for cell in cells(tally.take(later(1_100, start)))}
    assert actual == {Q: (100.0, 0, 90, 1), Q + 900: (900.0, 9, 818, 1), Q + 1_800: (100.0, 1, 91, 1)}


def test_usage_since_the_last_reading() -> None:
    """What is read at once after a reading belongs to the quarter of now, however long the session lasts."""
    tally = Tally(NOW)
    tally.read(later(4_000))
    tally.used(FREE, 5, 6, later(4_001))
    assert [(cell.quarter, cell.bytes_up) for cell in cells(tally.take(later(4_001)))] == [(quarter_of(NOW.unix + 4_000), 5)]


def test_usage_of_a_session_that_began_later() -> None:
    """It used nothing before it was there, although nobody was read since."""
    tally = Tally(NOW)
    tally.used(FREE, 5, 6, later(4_001), since=later(3_990).boottime)
    assert [(cell.quarter, cell.bytes_up) for cell in cells(tally.take(later(4_001)))] == [(quarter_of(NOW.unix + 4_000), 5)]


def test_the_peak_is_of_each_batch() -> None:
    """Each batch says how many there were at most while it was open, also when nobody came."""
    tally = Tally(NOW)
    for _ in range(3):
        tally.begin(FREE, NOW)
    tally.leave(FREE, later(10))
    tally.begin(LONG, later(10))
    first = {(cell.plan, cell.peak, cell.seconds) for cell in cells(tally.take(later(20)))}
    second = {(cell.plan, cell.peak, cell.seconds) for cell in cells(tally.take(later(30)))}
    assert (first, second) == ({("free", 3, 50.0), ("long", 1, 10.0)}, {("free", 2, 20.0), ("long", 1, 10.0)})


def test_parts_of_a_second_are_not_lost() -> None:
    """Batches say whole seconds; what is left of them comes with later ones."""
    tally = Tally(NOW)
    tally.begin(FREE, NOW)
    seconds = [sum(cell.seconds for cell in cells(tally.take(later(0.7 * number)))) for number in range(1, 11)]
    assert 6.0 <= sum(seconds) <= 7.0
    assert all(second == int(second) for second in seconds)


def test_a_jump_of_the_wall_clock_parts_batches() -> None:
    """What was counted by the wrong clock is closed by it, so that it can be put right by one shift; no second of it is lost."""
    tally = Tally(NOW)
    tally.begin(FREE, NOW)
    tally.advance(later(50))
    wrong = Now(unix=NOW.unix + 86_400 + 100, boottime=NOW.boottime + 100, boot_id=NOW.boot_id)
    tally.used(FREE, 1, 1, wrong)
    first, second = tally.take(wrong)
    assert (first.closed, [cell.seconds for cell in first.cells]) == (later(50), [50.0])
    assert (second.closed, [(cell.quarter, cell.seconds) for cell in second.cells]) == (wrong, [(quarter_of(wrong.unix), 50.0)])
    slewed = Now(unix=wrong.unix + 60 + CLOCK_JUMP / 2, boottime=wrong.boottime + 60, boot_id=NOW.boot_id)
    tally.advance(slewed)
    assert len(tally.take(slewed)) == 1


@pytest.mark.parametrize("unix", [-100.0, 0.0, 10.0, 5e9])
def test_absurd_clocks(unix: float) -> None:
    """Before 1970 and after 2100 everything is still counted, in a quarter that the contract knows."""
    tally = Tally(Now(unix, 10.0, "b"))
    tally.begin(FREE, Now(unix, 10.0, "b"))
    tally.used(FREE, 7, 8, Now(unix + 50, 60.0, "b"))
    (batch,) = tally.take(Now(unix + 50, 60.0, "b"))
    assert sum(cell.seconds for cell in batch.cells) == 50
    assert sum(cell.bytes_up for cell in batch.cells) == 7
    assert all(0 <= cell.quarter <= LATEST for cell in batch.cells)


@given(st.floats(-1e6, 5e9), st.floats(0, 1e5))
def test_quarters_add_up(until: float, spent: float) -> None:
    """Whatever the wall clock says, the parts are the whole, one after the other."""
    parts = list(quarters(until, spent))
    assert sum(seconds for _, seconds in parts) == pytest.approx(spent, abs=1e-3)
    assert all(seconds >= 0 for _, seconds in parts)
    assert [quarter for quarter, _ in parts] == list(range(parts[0][0], parts[-1][0] + 1, QUARTER))


def test_it_goes_on_after_a_restart() -> None:
    """In the same boot those in progress were online in between; what was counted before is the old tally's."""
    tally = Tally(NOW)
    tally.begin(FREE, NOW)
    tally.visit(FREE, "", "other", NOW.unix, NOW)
    tally.advance(later(10.5))
    kept = msgspec.json.decode(msgspec.json.encode(tally.state()), type=Open)
    fresh = Tally(later(100))
    old = fresh.go_on(kept)
    fresh.online[FREE] = 1
    assert [(batch.closed, [(cell.visits, cell.seconds, cell.languages) for cell in batch.cells]) for batch in old] == [
        (later(10.5), [(1, 10.0, {})])
    ]
    assert sum(cell.seconds for cell in cells(fresh.take(later(110)))) == 100.0  # 99.5, and the half second from before


def test_nobody_is_online_while_the_machine_is_off() -> None:
    """After a reboot time is counted from the start of the portal on."""
    tally = Tally(NOW)
    tally.begin(FREE, NOW)
    tally.advance(later(10))
    fresh = Tally(rebooted(3_600))
    fresh.go_on(tally.state())
    fresh.online[FREE] = 1
    now = rebooted(3_600)
    assert sum(cell.seconds for cell in cells(fresh.take(Now(now.unix + 5, now.boottime + 5, now.boot_id)))) == 5.0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from([FREE, LONG])),
        st.tuples(st.just("leave"), st.sampled_from([FREE, LONG])),
        st.tuples(st.just("used"), st.integers(0, 10**9)),
        st.tuples(st.just("tick"), st.floats(0.01, 4_000)),
        st.tuples(st.just("jump"), st.floats(-200_000, 200_000)),
        st.tuples(st.just("take"), st.none()),
        st.tuples(st.just("read"), st.none()),
        st.tuples(st.just("restart"), st.floats(0, 3_000)),
    ),
    max_size=40,
)


@given(steps)
def test_the_sum_of_all_reports_is_the_truth(steps: list[tuple[str, object]]) -> None:
    """Beginnings, ends, usage, time, jumps of the clock, reports and restarts in any order."""
    now, tally, out = NOW, Tally(NOW), list[Cell]()
    online: Counter[tuple[str, str]] = Counter()
    truth: Counter[str] = Counter()
    seconds = 0.0
    for step, value in steps:
        match step, value:
            case "begin", (str(zone), str(plan)):
                tally.begin((zone, plan), now)
                tally.visit((zone, plan), "de", "other", now.unix, now)
                online[zone, plan] += 1
                truth["visits"] += 1
            case "leave", (str(zone), str(plan)) if online[zone, plan]:
                tally.leave((zone, plan), now)
                tally.ended((zone, plan), now.unix, now)
                online[zone, plan] -= 1
                truth["ended"] += 1
            case "used", int(count):
                tally.used(FREE, count, 2 * count, now)
                truth["up"] += count
                truth["down"] += 2 * count
            case "tick" | "restart", float(length):
                tally.advance(now)
                kept = msgspec.json.decode(msgspec.json.encode(tally.state()), type=Open)
                now = Now(now.unix + length, now.boottime + length, now.boot_id)
                seconds += length * online.total()
                if step == "restart":
                    tally = Tally(now)
                    out += cells(tally.go_on(kept))
                    tally.online.update({kind: number for kind, number in online.items() if number})
            case "jump", float(by):
                now = Now(now.unix + by, now.boottime, now.boot_id)
            case "take", _:
                out += cells(tally.take(now))
            case "read", _:
                tally.read(now)
    out += cells(tally.take(now))
    actual = Counter({"visits": 0})
    for cell in out:
        actual.update(visits=cell.visits, ended=cell.ended, up=cell.bytes_up, down=cell.bytes_down)
        assert sum(cell.languages.values()) == sum(cell.families.values()) == cell.visits
    assert +actual == +truth
    assert sum(cell.seconds for cell in out) == pytest.approx(seconds, abs=2.001)  # less than a second is left of each plan
    assert tally.online == +online
