"""``hotspot guard``: where it listens, what it says about wrong usage, and the page for a person."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.cli_guard import page
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity

SEEN = Finding(
    kind="rogue-dhcp",
    severity=Severity.URGENT,
    zone="public",
    values={"interface": "lan0", "port": "port3", "times": "4", "network": "192.168.178.0/24"},
    first=1_800_000_000,
    times=4,
)


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["guard", *words])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zones = 3", "zones: expected at least one table [zones.NAME]"),
        ("", "zones: expected at least one table"),
        ("[zones.public]\nplans = []", "zones.public.lan = None: expected the name of an interface"),
        ("[zones.public]\nlan = 7", "zones.public.lan = 7: expected the name of an interface"),
        ("[zones.public]\nlan = 'a/b'", "'a/b=public': expected the name of an interface"),
        ("zones = [", "portal.toml: "),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, expected: str) -> None:
    """The file, the key, its value, and what was expected."""
    (tmp_path / "portal.toml").write_text(text)
    status, said = _run("--config", str(tmp_path / "portal.toml"))
    assert status == 2
    assert expected in said


def test_wrong_usage(tmp_path: Path) -> None:
    """Nowhere to listen, both ways at once, a name that no interface can have, a file that is not there."""
    unusable = "a-name-that-is-far-too-long"
    for words in ([], ["--interface", "lan0", "--config", "x"], ["--interface", unusable], ["--config", str(tmp_path / "no")]):
        assert _run(*words)[0] == 2


def test_nothing_was_written_yet(tmp_path: Path) -> None:
    """And a file that cannot be read is no good news either."""
    assert _run("--show", "--looks", str(tmp_path)) == (2, f"{tmp_path}: no guard has written anything here\n")
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "look.json").write_text("{")
    assert _run("--show", "--looks", str(tmp_path))[0] == 2


def test_show(tmp_path: Path) -> None:
    """Exit status 0 when all is quiet, 1 when not; as JSON what was written."""
    folder.write(tmp_path, Look(by=By.GUARD, at=1_800_000_100))
    status, said = _run("--show", "--looks", str(tmp_path))
    assert (status, "nichts gesehen / nothing seen" in said) == (0, True)
    folder.write(tmp_path, Look(by=By.GUARD, at=1_800_000_100, findings=(SEEN,)))
    status, said = _run("--show", "--json", "--looks", str(tmp_path))
    assert (status, '"kind": "rogue-dhcp"' in said) == (1, True)


def test_page() -> None:
    """What, where, what for, what to do, and the command; a kind of a newer version by its name."""
    newer = Finding(kind="something-new", severity=Severity.NOTICE)
    said = page(Look(by=By.GUARD, at=1_800_000_100, findings=(newer, SEEN)))
    assert said.index("[urgent] rogue-dhcp  zone public") < said.index("[notice] something-new")
    assert "Adressen aus 192.168.178.0/24 (Port port3, 4-mal gesehen)" in said
    assert "$ tcpdump -eni lan0 -c 5 udp src port 67" in said
