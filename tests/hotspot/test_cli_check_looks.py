"""``hotspot check visit|doctor|guard``: one line from the file of the program, and an exit status as Nagios wants it."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from hotspot.cli import main
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited

OK, WARNING, CRITICAL, UNKNOWN = range(4)
SLOW = Finding(kind="rate-low", severity=Severity.WARNING, zone="public", values={"way": "down", "found": "3", "expected": "10"})
LIES = Finding(kind="dns-lies", severity=Severity.URGENT, zone="council", values={"name": "x.example"})
ONLINE = Visited(zone="public", verdict=Verdict.ONLINE)


def checked(where: Path, by: str, *words: str) -> tuple[int, str, str]:
    """Exit status, what is said, and the performance data."""
    done = CliRunner().invoke(main, ["check", by, "--looks", str(where), *words])
    said, _, numbers = done.output.strip().partition(" | ")
    return done.exit_code, said, numbers


def look(by: By = By.VISIT, *findings: Finding, ago: float = 60.0, visited: tuple[Visited, ...] = ()) -> Look:
    """One that will have ended so long ago when ``left`` writes it."""
    steps = (Step(name="online", zone="public", result=Result.PASSED),) if by is By.VISIT else ()
    return Look(by=by, at=ago, seconds=12.5, findings=findings, steps=steps, visited=visited)


def left(where: Path, told: Look) -> None:
    """As its program would."""
    folder.write(where, replace(told, at=time.time() - told.at))


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        (look(visited=(ONLINE,)), OK, "OK - public: gets online"),
        (look(), OK, "OK - public: gets online"),
        (look(visited=(ONLINE, Visited(zone="council", verdict=Verdict.CLOSED))), OK, "OK - public: gets online, council: is closed now"),
        (replace(look(), steps=()), CRITICAL, "CRITICAL - a visitor does not get online"),
        (look(By.VISIT, SLOW, visited=(ONLINE,)), WARNING, "WARNING - public: Too slow"),
        (
            look(By.VISIT, LIES, visited=(ONLINE, Visited(zone="council", verdict=Verdict.STUCK, because=("dns-lies",)))),
            CRITICAL,
            "CRITICAL - council: a visitor does not get online; council: ",
        ),
        (
            look(visited=(replace(ONLINE, verdict=Verdict.STUCK, because=("open-before-accept",)),)),
            CRITICAL,
            "CRITICAL - public: a visitor is online without accepting",
        ),
        (
            look(visited=(replace(ONLINE, verdict=Verdict.STUCK, because=("no-time-left",)),)),
            WARNING,
            "WARNING - public: the visit broke off: whether a visitor gets online is not known",
        ),
        (look(visited=(ONLINE,), ago=2_760), WARNING, "WARNING - the visit has not looked for 46 min"),
        (look(visited=(ONLINE,), ago=10_860), CRITICAL, "CRITICAL - the visit has not looked for 181 min"),
        (look(By.DOCTOR), OK, "OK - nothing amiss"),
        (look(By.DOCTOR, replace(SLOW, kind="portal-warns", severity=Severity.NOTICE)), OK, "OK - nothing amiss"),
        (look(By.DOCTOR, replace(LIES, kind="of-tomorrow", zone="")), CRITICAL, "CRITICAL - Finding “of-tomorrow”, which"),
        (look(By.GUARD), OK, "OK - nothing seen"),
        (look(By.GUARD, ago=360), WARNING, "WARNING - the guard has not looked for 6 min"),
    ],
)
def test_how_it_is(tmp_path: Path, told: Look, status: int, said: str) -> None:
    """Gravest first; a visit is well only where somebody got online, or should not."""
    left(tmp_path, told)
    found, words, _ = checked(tmp_path, told.by.value)
    assert (found, words[: len(said)]) == (status, said)


def test_numbers(tmp_path: Path) -> None:
    """Each network, findings by severity, age with its limits."""
    left(tmp_path, look(By.VISIT, SLOW, visited=(ONLINE, Visited(zone="council", verdict=Verdict.CLOSED))))
    _, _, numbers = checked(tmp_path, "visit", "--age", "100", "200")
    kept = [each for each in numbers.split() if not each.startswith("age=")]
    assert kept == ["online_public=1", "online_council=0", "steps=1", "failed=0", "urgent=0", "warning=1", "notice=0", "time=12.5s"]
    (age,) = set(numbers.split()) - set(kept)
    assert age.endswith("s;100;200")


def test_what_is_not_known(tmp_path: Path) -> None:
    """No file, a file that cannot be used, wrong options."""
    assert checked(tmp_path, "visit")[:2] == (UNKNOWN, f"UNKNOWN - {tmp_path}: the visit has not looked yet")
    left(tmp_path, look(By.GUARD))
    (tmp_path / "guard" / "look.json").write_text("{")
    assert checked(tmp_path, "guard")[0] == UNKNOWN
    assert checked(tmp_path, "guard", "--age", "x", "y")[0] == UNKNOWN
