"""``hotspot guard``: where it listens, what it says about wrong usage, and the page for a person."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.cli_guard import page
from hotspot.guard.post import Place
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
    for words in (
        [],
        ["--interface", "lan0", "--firewall", "x"],
        ["--interface", "lan0", "--config", "x"],
        ["--interface", unusable],
        ["--config", str(tmp_path / "no")],
    ):
        assert _run(*words)[0] == 2


def test_nothing_was_written_yet(tmp_path: Path) -> None:
    """And a file that cannot be read is no good news either."""
    assert _run("--show", "--looks", str(tmp_path)) == (2, f"{tmp_path}: no guard has written anything here\n")
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "look.json").write_text("{")
    assert _run("--show", "--looks", str(tmp_path))[0] == 2


def test_show(tmp_path: Path) -> None:
    """Exit status 0 when all is quiet, 1 when not; as JSON what was written."""
    folder.write(tmp_path, Look(by=By.GUARD, at=time.time()))
    status, said = _run("--show", "--looks", str(tmp_path))
    assert (status, "nichts gesehen / nothing seen" in said) == (0, True)
    folder.write(tmp_path, Look(by=By.GUARD, at=time.time(), findings=(SEEN,)))
    status, said = _run("--show", "--json", "--looks", str(tmp_path))
    assert (status, '"kind": "rogue-dhcp"' in said) == (1, True)


@pytest.mark.parametrize(("ago", "when"), [(3600, "60 min ago"), (-3600, "at a time to come")], ids=["dead", "clock set back"])
@pytest.mark.parametrize("findings", [(), (SEEN,)], ids=["nothing seen", "danger seen"])
def test_an_old_look_is_no_good_news(tmp_path: Path, ago: int, when: str, findings: tuple[Finding, ...]) -> None:
    """The guard has died: what it saw is shown, but nobody listens, and it says since when."""
    folder.write(tmp_path, Look(by=By.GUARD, at=time.time() - ago, findings=findings))
    for as_json in ([], ["--json"]):
        status, said = _run("--show", *as_json, "--looks", str(tmp_path))
        assert (status, said.splitlines()[-1]) == (
            2,
            f"nobody listens: the guard wrote this {when}; see systemctl status hotspot-lan-guard",
        )


def test_pools_are_the_firewalls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each zone has its own; where none is told, or none that can be, it is the whole network. A file that cannot be read stops nothing."""
    asked = list[list[tuple[str, str, int]]]()

    def run(places: Sequence[Place], looks: Path | None) -> int:
        asked.append([(place.interface, place.zone, place.pool) for place in places])
        return 0

    monkeypatch.setattr("hotspot.guard.service.run", run)
    portal, firewall = tmp_path / "portal.toml", tmp_path / "firewall.toml"
    portal.write_text("".join(f"[zones.{name}]\nlan = '{lan}'\n" for name, lan in (("public", "br0"), ("council", "br1"), ("x", "br2"))))
    firewall.write_text("[zones.public]\npool = 200\n[zones.council]\nlan = 'br1'\n[zones.x]\npool = 'all'\n")
    words = ["--config", str(portal), "--firewall", str(firewall)]
    assert _run(*words) == (0, "")
    assert asked == [[("br0", "public", 200), ("br1", "council", 0), ("br2", "x", 0)]]
    firewall.unlink()
    status, said = _run(*words)
    assert (status, str(firewall) in said, asked[-1][0]) == (0, True, ("br0", "public", 0))


def test_page() -> None:
    """What, where, what for, what to do, and the command; a kind of a newer version by its name."""
    newer = Finding(kind="something-new", severity=Severity.NOTICE)
    said = page(Look(by=By.GUARD, at=1_800_000_100, findings=(newer, SEEN)))
    assert said.index("[urgent] rogue-dhcp  zone public") < said.index("[notice] something-new")
    assert "Adressen aus 192.168.178.0/24 (Port port3, 4-mal gesehen)" in said
    assert "$ tcpdump -eni lan0 -c 5 udp src port 67" in said
