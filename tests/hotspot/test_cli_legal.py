"""``hotspot terms``, against a portal that answers from a script."""

import json
from pathlib import Path

import msgspec
import pytest

from hotspot import control
from tests.hotspot.test_cli import run, utc

__all__ = ["utc"]

ROW = control.TermsRow("2026-11", "de", "0123456789abcdef" * 4, 1_700_000_000.0, 12, True)
OLD = control.TermsRow("2025-01", "", "", 1_600_000_000.0, 3, False)


def test_for_a_person(tmp_path: Path, utc: None) -> None:
    """One line for each text."""
    result, heard = run(tmp_path, control.TermsAre((OLD, ROW)), "terms")
    assert (result.exit_code, heard) == (0, [control.TermsAccepted()])
    assert result.output.splitlines() == [
        "version  language             since  acceptances  state     text",
        "2025-01  -         2020-09-13 12:26            3",
        "2026-11  de        2023-11-14 22:13           12  in force  0123456789ab",
    ]


def test_the_words(tmp_path: Path, utc: None) -> None:
    """One text whole, with its digest."""
    reply = control.TermsAre((msgspec.structs.replace(ROW, text="Bitte freundlich.\n\nDanke."),))
    result, heard = run(tmp_path, reply, "terms", "--text", "2026-11", "de")
    assert (result.exit_code, heard) == (0, [control.TermsAccepted("2026-11", "de")])
    head = f"version 2026-11, de, accepted since 2023-11-14 22:13, 12 times, SHA-256 {ROW.digest}"
    assert result.output == f"{head}\n\nBitte freundlich.\n\nDanke.\n"


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (control.TermsAre(()), 0, "nobody has accepted any terms yet\n"),
        (control.Refused("journal", "it is full"), 1, "cannot list the terms: it is full\n"),
    ],
)
def test_nothing_to_show(tmp_path: Path, reply: control.AnyReply, status: int, said: str) -> None:
    """Told in one line."""
    result, _ = run(tmp_path, reply, "terms")
    assert (result.exit_code, result.output) == (status, said)


def test_for_programs(tmp_path: Path) -> None:
    """The reply itself."""
    result, _ = run(tmp_path, control.TermsAre((ROW,)), "terms", "--json")
    assert json.loads(result.output)["terms"] == [msgspec.to_builtins(ROW)]
