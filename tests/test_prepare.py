"""scripts/prepare: a second checkout gets its environment by copying, and nothing in the copy leads back to the first; what the machines of
the tests would like to have is fetched as far as it can be had."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def prepared(venv: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One call of it, for an environment at ``venv``, with more of the environment as given."""
    return subprocess.run(
        [ROOT / "scripts" / "prepare", "venv"],
        env={**os.environ, "VENV": str(venv), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def kept() -> Path:
    """Where this machine keeps environments."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/root")) / ".cache") / "hotspot" / "venv"
    if not folder.is_dir() or not any(folder.iterdir()):
        pytest.skip("no environment is kept on this machine (KEPT= was given, or there was no room)")
    return folder


def test_a_second_environment_is_a_copy_that_stands_alone(tmp_path: Path, kept: Path) -> None:
    """Its scripts call its own interpreter, and a second call has nothing left to do."""
    venv = tmp_path / "second"
    ran = prepared(venv)
    assert ran.returncode == 0, ran.stderr
    assert "copied" in ran.stderr
    assert (venv / "bin" / "pytest").read_text().splitlines()[0] == f"#!{venv}/bin/python"
    strangers = [script.name for script in (venv / "bin").iterdir() if script.is_file() and str(kept).encode() in script.read_bytes()]
    assert strangers == []
    told = subprocess.run(
        [venv / "bin" / "python", "-c", "import sys, hotspot; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(venv)
    again = prepared(venv)
    assert (again.returncode, again.stderr) == (0, ""), "a second call has something to do"


def test_a_broken_kept_environment_is_not_used(tmp_path: Path, kept: Path) -> None:
    """Nothing is fetched here: pip is pointed at no registry, and has to say so."""
    store = tmp_path / "store"
    for one in kept.iterdir():
        (store / one.name).mkdir(parents=True)
    ran = prepared(tmp_path / "venv", KEPT=str(store), PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_RETRIES="0")
    assert ran.returncode == 1
    assert "copied" not in ran.stderr
    assert "pip could not install requirements/dev.txt" in ran.stderr


# What `make test-deploy` would like to have ---------------------------------------------------------------------------------------------

PROGRAMS = {
    "id": "echo 0",
    "dpkg-query": """for name; do :; done; grep -qx "$name" "$STATE/installed" && printf installed""",
    "systemctl": """echo "systemctl $*" >>"$STATE/log" """,
    "apt-get": """for name; do :; done
case " $* " in *" -s "*) exit 0 ;; *" update "*) echo update >>"$STATE/log"; exit 0 ;; esac
if [ -s "$STATE/refused" ] && read -r refused why <"$STATE/refused" && { [ "$refused" = "$name" ] || [ "$refused" = all ]; }; then
    echo "refused $name" >>"$STATE/log"; echo "$why" >&2; exit 100
fi
case " $* " in
*" --download-only "*) for word; do case $word in Dir::Cache::archives=*) : >"${word#*=}/${name}_1_all.deb" ;; esac; done
    echo "fetched $name" >>"$STATE/log" ;;
*) echo "installed $name, services $([ -x "$POLICY_RC_D" ] && "$POLICY_RC_D"; echo $?)" >>"$STATE/log"; echo "$name" >>"$STATE/installed" ;;
esac""",
}
"""Stand for Debian's: each takes down what it was asked for; packages in ``installed`` are there, the one in ``refused`` cannot be had."""
INSTALL = ("openssh-server", "ansible-core", "ansible-lint", "yamllint")
FETCH = ("chrony", "ethtool", "unattended-upgrades", "python3-apt", "prometheus", "nginx")


def wished(folder: Path, refused: str = "") -> tuple[str, list[str]]:
    """One call for the machines with those programs: what it says, and what they were asked for."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    (folder / "installed").touch()
    (folder / "refused").write_text(f"{refused}\n" if refused else "")
    (folder / "log").write_text("")
    policy = folder / "policy-rc.d"
    ran = subprocess.run(
        [ROOT / "scripts" / "prepare", "machines"],
        env={"PATH": f"{programs}:/usr/bin:/bin", "STATE": str(folder), "VENV": str(folder / "venv"), "POLICY_RC_D": str(policy)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert not policy.exists()
    return ran.stderr, (folder / "log").read_text().splitlines()


def test_what_the_machines_want_is_there_and_nothing_of_it_runs_here(tmp_path: Path) -> None:
    """No service starts when its package comes, nor at the next start of this machine, the SSH server neither. Once is enough."""
    said, log = wished(tmp_path)
    assert said == ""
    installed = [f"installed {name}, services 101" for name in INSTALL]
    assert [line for line in log if line.startswith("installed")] == installed
    assert log[1] == "systemctl --quiet disable ssh.service"
    assert [line for line in log if line.startswith("fetched")] == [f"fetched {name}" for name in FETCH]
    assert wished(tmp_path) == ("", [])


def test_a_package_that_this_debian_has_not_is_named_and_the_others_come(tmp_path: Path) -> None:
    """With apt's own reason, in a line; the network is there."""
    said, log = wished(tmp_path, "ansible-lint E: Unable to locate package ansible-lint")
    assert said.splitlines() == [
        "prepare: ansible-lint: Unable to locate package ansible-lint",
        "prepare: not installed here, and not to be had; going on without: ansible-lint",
    ]
    assert "installed yamllint, services 101" in log
    assert f"fetched {FETCH[-1]}" in log


def test_without_a_network_nothing_is_waited_for_twice(tmp_path: Path) -> None:
    """The first package that cannot be fetched says so of all."""
    said, log = wished(tmp_path, "all E: Failed to fetch openssh-server: Temporary failure resolving its place")
    assert {line for line in log if line.startswith("refused")} == {"refused openssh-server"}
    assert said.splitlines()[-1].endswith(f"going on without: {' '.join((*INSTALL, *FETCH))}")


def test_what_was_fetched_in_part_is_fetched_again(tmp_path: Path) -> None:
    """A package whose download broke off lies there without what it depends on."""
    archives = tmp_path / "venv" / "debian" / "archives"
    archives.mkdir(parents=True)
    (archives / "chrony_4.3-2_amd64.deb").touch()
    assert "fetched chrony" in wished(tmp_path)[1]
