"""What the doctor says of changes."""

import time

import pytest

from hotspot.doctor import change
from hotspot.doctor.change import Told
from hotspot.looks.catalogues import titles
from hotspot.looks.values import By

NOW = 1_795_000_000.0
LOCAL = time.strftime("%Y-%m-%d %H:%M", time.localtime(NOW))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (Told(), []),
        (Told("none"), []),
        (Told("kept", at=NOW), []),
        (Told("pending", since=NOW - 60, until=NOW + 540), ["change-pending"]),
        (Told("pending", since=NOW - 900, until=NOW - 60, going=NOW - 60, hindered=("no room",)), ["change-pending"]),
        (Told("pending", since=NOW - 9_000, until=NOW - 8_000, going=NOW - 8_000, hindered=("no room",)), ["change-hindered"]),
        (Told("back", at=NOW, because="asked", wrong=("x",)), []),
        (Told("back", at=NOW, because="timer"), ["change-not-kept"]),
        (Told("back", at=NOW - change.LONG_AGO - 1, because="timer", package_stays=True, journal_aside=True), []),
        (Told("back", at=NOW, because="asked", package_stays=True), ["change-package-stays"]),
        (Told("back", at=NOW, because="boot", journal_aside=True), ["change-cut-off", "change-journal-aside"]),
    ],
)
def test_what_is_worth_saying(told: Told, wanted: list[str]) -> None:
    """One that waits; one that cannot be taken back; one that the box took back by itself, for a week; what stayed or was set aside,
    whoever asked for it."""
    assert [finding.kind for finding in change.judge(told, NOW)] == wanted


def test_in_words() -> None:
    """When, why and what was wrong, in the reader's language."""
    (finding,) = change.judge(Told("back", at=NOW, because="timer", wrong=("no page", "more")), NOW)
    assert titles(By.DOCTOR, finding) == (
        f"Die Box hat am {LOCAL} eine Änderung von selbst zurückgenommen, weil niemand sie bestätigt hat; gestört war: „no page“",
        f"On {LOCAL} the box took a change back by itself, because nobody confirmed it; what was wrong: no page",
    )
