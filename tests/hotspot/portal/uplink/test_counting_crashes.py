"""Counting and crashes: killed at any point, by a model and in earnest, and no number is lost or doubled."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot.session.sessions import Now, Session, end, in_progress
from hotspot.session.states import TimeUp
from tests.hotspot.portal.uplink.test_counting import Hall, sums
from tests.hotspot.session.examples import session_of, usage_of

PORTAL = """
import asyncio, secrets, structlog, sys
from pathlib import Path
from msgspec.structs import replace
from hotspot.portal import clock
from hotspot.portal.journal import Journal, rows
from hotspot.portal.register import Register
from tests.hotspot.session.examples import session_of

class Events:
    def __init__(self):
        self.register = Register(clock.now)
    def opened(self, loaded, how):
        self.register.load(loaded)
    def health(self, ok, kind, why):
        pass
    def committed(self, seconds, writes):
        pass

async def save(events, journal):
    unwritten = events.register.unwritten()
    await journal.write([statement for several in unwritten.values() for statement in several])
    events.register.wrote(unwritten)

async def main():
    events = Events()
    async with Journal(Path(sys.argv[1]) / "journal.db", events) as journal:
        await asyncio.sleep(0)
        register, number = events.register, 0
        while register.counting.start == 0:
            await asyncio.sleep(0.001)
        while True:
            number += 1
            session = replace(session_of(1), id=secrets.token_hex(8))
            await journal.write(rows.of_session(session))
            print(session.id, flush=True)
            register.put(session, written=True)
            if number % 3 == 0:
                register.put(replace(session, bytes_up=7))
                await save(events, journal)
            if number % 5 == 0:
                register.counting.close()
                await save(events, journal)

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main())
"""
"""A portal that does nothing but let visitors in, as fast as it can; says each id when it is on disk."""

moves = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(0, 3)),
        st.tuples(st.just("use"), st.integers(1, 10**6)),
        st.tuples(st.just("plan"), st.sampled_from(["free", "long"])),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("tick"), st.integers(1, 2_000)),
        st.tuples(st.just("jump"), st.sampled_from([-86_400, 86_400, 3_600])),
        st.tuples(st.sampled_from(["save", "close", "crash", "read", "lost save"]), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(moves)
def test_no_crash_loses_or_doubles_a_number(moves: list[tuple[str, int | str]]) -> None:
    """Sessions come, go, use and change their plan; the wall clock jumps; the portal is killed and a commit fails at any point between.
    At last the sum of all reports ever closed is what the kernel counted."""
    with tempfile.TemporaryDirectory() as folder, Hall(folder) as hall:
        used: Counter[str] = Counter()
        begun: list[Session] = []
        for move, value in moves:
            live = [session for session in hall.register.sessions.values() if in_progress(session)]
            match move, value:
                case "accept", int(number):
                    session = session_of(len(begun) + 1, f"02:00:00:00:00:{number:02x}", now=hall.now)
                    begun.append(session)
                    hall.accept(session)
                case "use", int(count) if live:
                    session = live[count % len(live)]
                    used[session.id] += count
                    hall.register.put(replace(session, bytes_up=max(session.bytes_up, used[session.id])))
                case "plan", str(plan) if live:
                    hall.register.put(replace(live[-1], plan=plan))
                case "end", int(number) if live:
                    session = live[number % len(live)]
                    hall.register.put(end(session, TimeUp(), hall.now, usage_of(session, used[session.id])))
                case "tick", int(seconds):
                    hall.now = Now(hall.now.unix + seconds, hall.now.boottime + seconds, hall.now.boot_id)
                case "jump", int(seconds):
                    hall.now = Now(hall.now.unix + seconds, hall.now.boottime, hall.now.boot_id)
                case "save", _:
                    hall.save()
                case "lost save", _:
                    hall.register.unwritten()  # the commit fails: nothing of it is on disk
                case "close", _:
                    hall.close()
                case "read", _:
                    assert hall.register.counting is not None
                    hall.register.counting.read()
                case "crash", _:
                    hall.crash()
        hall.crash()
        for session in hall.register.in_progress():  # the kernel tells what it has counted, and that all have ended
            hall.register.put(end(session, TimeUp(), hall.now, usage_of(session, used[session.id])))
        hall.close()
        reports = hall.reports()
        total = sums(reports)
        del total["seconds"]
        expected = Counter({"visits": len(begun), "ended": len(begun), "up": used.total(), "language de": len(begun)})
        assert total == +(expected + Counter({"family android": len(begun)}))
        assert len({(report.stream, report.seq) for report in reports}) == len(reports)
        for stream in {report.stream for report in reports}:
            numbers = [report.seq for report in reports if report.stream == stream]
            assert numbers == list(range(1, len(numbers) + 1))
        days = Counter({day.day: day.devices for report in reports for day in report.days})
        assert days.get("2027-01-15", 0) == len({session.mac for session in begun})


def test_kill_9(tmp_path: Path) -> None:
    """A real process with a real journal is killed, again and again in the midst of its work; no visit is lost or counted twice."""
    script = tmp_path / "portal.py"
    script.write_text(PORTAL)
    for turn in range(6):
        process = subprocess.Popen(
            [sys.executable, "-P", str(script), str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
        )
        assert process.stdout is not None
        try:
            for _ in range(4 + 7 * turn):
                assert process.stdout.readline()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
    with Hall(str(tmp_path)) as hall:
        hall.close()
        (count,) = hall.file.run([lambda connection: connection.execute("SELECT count(*), sum(bytes_up) FROM sessions").fetchone()])
        total = sums(hall.reports())
        assert (total["visits"], total["up"]) == count
        assert count[0] >= sum(4 + 7 * turn for turn in range(6))
