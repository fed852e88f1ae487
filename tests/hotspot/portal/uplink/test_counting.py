"""Counting: from sessions to reports on disk, so that no crash at any point loses or doubles a number."""

from collections import Counter
from pathlib import Path
from types import TracebackType

import apsw
import pytest
from msgspec.structs import replace

from hotspot import wire
from hotspot.portal.journal import Statement, rows
from hotspot.portal.journal.file import File
from hotspot.portal.journal.rows import Told
from hotspot.portal.register import Client, Register
from hotspot.session.sessions import Session, adopt, end
from hotspot.session.states import TimeUp
from hotspot.session.visitor_check import CHECK_PLAN
from tests.hotspot.session.examples import NOW, later, session_of, usage_of


class Hall:
    """A register and its journal's file, whose portal may crash at any moment; the file is the journal's own."""

    def __init__(self, folder: str) -> None:
        self.now = NOW
        self._path = Path(folder) / "journal.db"
        self.start()

    def __enter__(self) -> "Hall":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()

    def start(self) -> None:
        """A portal starts; whatever was in memory is gone."""
        self.file = File(self._path)
        self.register = Register(lambda: self.now)
        self.register.load(self.file.open()[0])
        self.look_at_day()

    def crash(self) -> None:
        """Killed, and started again."""
        self.file.close()
        self.start()

    def look_at_day(self, day: str = "2027-01-15") -> None:
        """As the office does."""
        counting = self.register.counting
        if day != self.register.ledger.day and counting is not None:
            counting.turn(day)

    def write(self, statements: list[Statement]) -> None:
        """One durable commit."""

        def job(connection: apsw.Connection) -> None:
            for sql, values in statements:
                connection.execute(sql, values)

        self.file.run([job])

    def accept(self, session: Session) -> None:
        """As an acceptance: the session is on disk before anything else happens."""
        self.write(rows.of_session(session))
        self.register.put(session, written=True)

    def save(self) -> None:
        """As the office does."""
        unwritten = self.register.unwritten()
        self.write([statement for several in unwritten.values() for statement in several])
        self.register.wrote(unwritten)

    def close(self) -> None:
        """What was counted becomes reports."""
        assert self.register.counting is not None
        self.register.counting.close()
        self.save()

    def reports(self) -> list[wire.Report]:
        """All that were ever closed, the oldest first."""
        (found,) = self.file.run([lambda connection: connection.execute("SELECT body FROM reports ORDER BY number").fetchall()])
        return [wire.decode(wire.Report, body.encode()) for (body,) in found]


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """A hall of one's own."""
    return Hall(str(tmp_path))


def sums(reports: list[wire.Report]) -> Counter[str]:
    """What all reports say together."""
    total: Counter[str] = Counter()
    for row in (row for report in reports for row in report.rows):
        total.update(visits=row.visits, ended=row.ended, up=row.bytes_up, down=row.bytes_down, seconds=row.seconds)
        total.update({f"language {name}": count for name, count in row.languages.items()})
        total.update({f"family {name}": count for name, count in row.families.items()})
    return +total


def test_a_session_becomes_a_report(hall: Hall) -> None:
    """Stream, start and numbers; the second report holds what came since the first."""
    session = session_of(1)
    hall.accept(session)
    hall.now = later(60)
    hall.register.put(replace(session, bytes_up=10, bytes_down=20))
    hall.close()
    hall.now = later(120)
    hall.register.put(end(replace(session, bytes_up=10, bytes_down=20), TimeUp(), hall.now, usage_of(session, 11, 21)))
    hall.close()
    hall.close()
    first, second = hall.reports()
    counting = hall.register.counting
    assert counting is not None
    row = wire.Row(quarter=int(NOW.unix) // 900 * 900, zone="public", plan="free", peak=1, seconds=60)
    languages, families = {"de": 1}, {"android": 1}
    assert first == wire.Report(
        stream=counting.stream,
        start=1,
        seq=1,
        closed=wire.Moment(later(60).unix, later(60).boottime, NOW.boot_id),
        rows=(replace(row, visits=1, bytes_up=10, bytes_down=20, languages=languages, families=families),),
        days=(wire.Day("2027-01-15", 1),),
    )
    assert (second.seq, second.rows, second.days) == (2, (replace(row, ended=1, bytes_up=1, bytes_down=1),), ())


def test_a_test_visit_is_counted_nowhere(hall: Hall) -> None:
    """No row, no day, no peak: not while it goes on, not when it ends, not after a crash, not when it is found in the kernel."""
    session = session_of(1, plan=CHECK_PLAN)
    hall.accept(session)
    hall.crash()
    hall.register.put(replace(session, bytes_up=10, bytes_down=20))
    hall.close()
    hall.crash()
    hall.now = later(60)
    hall.register.put(end(replace(session, bytes_up=10, bytes_down=20), TimeUp(), hall.now, usage_of(session, 11, 21)))
    hall.register.put(adopt(usage_of(session_of(2, plan=CHECK_PLAN), 5, 6), CHECK_PLAN, hall.now))
    hall.close()
    assert hall.reports() == []


def test_staff_make_a_visit_of_it(hall: Hall) -> None:
    """With another plan by staff it is one, from then on."""
    session = session_of(1, plan=CHECK_PLAN)
    hall.accept(session)
    hall.register.put(replace(session, plan="free", by_staff=True))
    hall.close()
    assert [(row.plan, row.visits) for report in hall.reports() for row in report.rows] == [("free", 1)]


def test_a_session_with_another_plan(hall: Hall) -> None:
    """What it used before belongs to the plan that it had."""
    session = session_of(1)
    hall.accept(session)
    hall.now = later(10)
    hall.register.put(replace(session, bytes_up=10))
    hall.register.put(replace(session, bytes_up=10, plan="long"))
    hall.now = later(30)
    hall.register.put(replace(session, bytes_up=15, plan="long"))
    hall.close()
    assert {(row.plan, row.bytes_up, row.seconds, row.visits) for report in hall.reports() for row in report.rows} == {
        ("free", 10, 10, 1),
        ("long", 5, 20, 0),
    }


def test_an_older_version_of_a_session_counts_nothing_twice(hall: Hall) -> None:
    """Somebody puts back what they had looked at before a reading: the counters go down and up again, and are counted once."""
    session = session_of(1)
    hall.accept(session)
    for count in (50, 20, 60):
        hall.register.put(replace(session, bytes_up=count))
    hall.close()
    assert sums(hall.reports())["up"] == 60


def test_devices_of_a_day(hall: Hall) -> None:
    """A device that comes twice is one, also over a restart and with another plan; the day's number is final when it turns."""
    hall.accept(session_of(1, "02:00:00:00:00:01"))
    hall.accept(session_of(2, "02:00:00:00:00:02"))
    hall.save()
    hall.crash()
    hall.accept(replace(session_of(3, "02:00:00:00:00:01"), plan="long"))
    hall.accept(session_of(4, "02:00:00:00:00:03"))
    hall.close()
    assert [report.days for report in hall.reports() if report.days] == [(wire.Day("2027-01-15", 3),)]
    hall.accept(session_of(5, "02:00:00:00:00:04"))
    hall.look_at_day("2027-01-16")
    hall.accept(session_of(6, "02:00:00:00:00:01"))
    hall.close()
    assert hall.reports()[-1].days == (wire.Day("2027-01-15", 4), wire.Day("2027-01-16", 1))
    (names,) = hall.file.run([lambda connection: connection.execute("SELECT day FROM visitors_today").fetchall()])
    assert names == [("2027-01-16",)]


def test_nothing_that_names_a_client_is_in_a_report(hall: Hall) -> None:
    """Neither MAC nor session nor pseudonym; languages that are none are left out."""
    session = replace(session_of(1), language="de; DROP", family="android")
    hall.accept(session)
    assert hall.register.counting is not None
    name = hall.register.ledger.name(session.mac or "")
    hall.close()
    text = "".join(wire.encode(report).decode() for report in hall.reports())
    assert [
        secret
        for secret in (session.mac or "", session.id, name, "DROP", hall.register.code(Client("public", session.mac or "")))
        if secret in text
    ] == []
    assert hall.reports()[0].rows[0].languages == {}


def test_what_was_not_reported_is_closed_by_the_next_start(hall: Hall) -> None:
    """Under the name of the old stream, with its next number; the new start has a stream of its own."""
    hall.accept(session_of(1))
    hall.now = later(100)
    hall.close()
    hall.accept(session_of(2))
    hall.save()
    hall.now = later(400)
    hall.crash()
    hall.save()
    hall.now = later(500)
    hall.close()
    one, two, three = hall.reports()
    assert (one.stream, two.stream, two.seq, two.closed.unix) == (two.stream, one.stream, 2, later(100).unix)
    assert (three.start, three.seq, three.stream == two.stream) == (2, 1, False)
    assert sums([one, two, three]) == Counter({"visits": 2, "language de": 2, "family android": 2, "seconds": 100 + 2 * 400})


def test_an_acceptance_right_before_the_crash(hall: Hall) -> None:
    """It is on disk alone, without its share of the tally: the next start enters it, once."""
    hall.accept(session_of(1))
    for _ in range(3):
        hall.now = replace(hall.now, unix=hall.now.unix + 10, boottime=hall.now.boottime + 10)
        hall.crash()
    hall.close()
    hall.crash()
    hall.close()
    assert sums(hall.reports())["visits"] == 1


def test_a_session_that_the_kernel_knew_first(tmp_path: Path) -> None:
    """The journal cannot be read at the start, so the session is adopted; later it can, and what was used meanwhile is counted once."""
    with Hall(str(tmp_path)) as hall:
        session = replace(session_of(1), bytes_up=100)
        hall.accept(session_of(1))
        hall.register.put(session)
        hall.close()
        before = sums(hall.reports())
        hall.file.close()
        register = Register(lambda: hall.now)
        adopted = adopt(usage_of(session, 150), None, hall.now)
        register.put(adopted)
        register.put(replace(adopted, bytes_up=160))
        hall.register = register
        hall.file = File(tmp_path / "journal.db")
        register.load(hall.file.open()[0])
        hall.close()
        assert (sums(hall.reports())["up"], sums(hall.reports())["visits"], before["up"]) == (160, 1, 100)


def test_a_fresh_journal_while_running(hall: Hall, tmp_path: Path) -> None:
    """Memory knows what was counted and not reported; a fresh file gets it, and the stream goes on."""
    hall.accept(session_of(1))
    hall.save()
    hall.file.close()
    hall.file = File(tmp_path / "other.db")
    hall.register.load(hall.file.open()[0])
    hall.save()
    hall.now = later(60)
    hall.crash()
    hall.file.close()
    hall.file = File(tmp_path / "other.db")
    hall.register = Register(lambda: hall.now)
    hall.register.load(hall.file.open()[0])
    hall.close()
    assert sums(hall.reports()) == Counter({"visits": 1, "language de": 1, "family android": 1, "seconds": 60})


def test_without_a_hub_nothing_is_counted() -> None:
    """Sessions are taken to be told, so that a hub that comes later does not hear of old ones."""
    register = Register()
    session = replace(session_of(1), bytes_up=5)
    register.put(session)
    assert (register.counting, register.unwritten()[session.id]) == (None, rows.of_session(session, Told(1, 5, 0)))
