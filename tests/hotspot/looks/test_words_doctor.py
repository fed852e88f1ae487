"""The doctor's words: each kind that it can find has them, in both languages, and none is left that it cannot find."""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from hotspot.cli import main
from hotspot.doctor import examination
from hotspot.doctor.found import STUMBLED
from hotspot.doctor.german import TWINS
from hotspot.looks.values import Finding, Severity
from hotspot.looks.words import GERMAN, Words, typed
from hotspot.looks.words_doctor import DOCTOR, SKIPPED, STEPS

SOURCES = sorted((Path(__file__).parents[3] / "hotspot" / "doctor").glob("*.py"))
_PARTS = ("german", "english", "meaning_german", "meaning_english", "remedy_german", "remedy_english")


def _texts(node: ast.expr) -> list[str]:
    """The strings that an expression can be; an f-string stands for all kinds that begin and end as it does."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    assert isinstance(node, ast.JoinedStr), ast.dump(node)
    pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "[a-z0-9]+" for part in node.values)
    return [kind for kind in DOCTOR if re.fullmatch(pattern, kind)]


def _calls() -> dict[str, list[set[str]]]:
    """Kind -> the values that each call of ``found`` gives it."""
    given: dict[str, list[set[str]]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "found":
                values = {keyword.arg for keyword in node.keywords if keyword.arg is not None} - {"zone", "severity"}
                for kind in _texts(node.args[0]):
                    given.setdefault(kind, []).append(values)
    return given


def _names(words: Words) -> set[str]:
    """What stands in braces; a German twin is of the value."""
    return {name.removesuffix(GERMAN) for part in (*_PARTS, "command") for name in re.findall(r"\{(\w+)\}", getattr(words, part))}


def test_every_kind_has_words_and_every_word_a_kind() -> None:
    """What the code can find is what is written of; more than the 35 that were wanted."""
    assert set(_calls()) == set(DOCTOR)
    assert len(DOCTOR) >= 35


def test_every_brace_is_filled() -> None:
    """Each call gives all values that the words name."""
    assert {
        kind: _names(DOCTOR[kind]) - values for kind, calls in _calls().items() for values in calls if _names(DOCTOR[kind]) - values
    } == {}


@pytest.mark.parametrize("kind", DOCTOR)
def test_both_languages_say_the_same(kind: str) -> None:
    """Neither is empty nor a copy of the other, both name the same values, sentences end."""
    words = DOCTOR[kind]
    for german, english in (_PARTS[0:2], _PARTS[2:4], _PARTS[4:6]):
        one, other = getattr(words, german), getattr(words, english)
        assert one != other
        assert min(len(one), len(other)) >= 10
        assert sorted(name.removesuffix(GERMAN) for name in re.findall(r"\{(\w+)\}", one)) == sorted(re.findall(r"\{(\w+)\}", other))
    assert all(getattr(words, part).endswith((".", ")")) for part in _PARTS[2:])
    assert isinstance(words.severity, Severity)


def test_german_sentences_name_german_twins() -> None:
    """A value that is told in words, or written otherwise in German, is named by its twin there, and plainly in English."""
    wrong = []
    for kind, words in DOCTOR.items():
        for part in _PARTS:
            named = set(re.findall(r"\{(\w+)\}", getattr(words, part)))
            twins = named & {f"{key}{GERMAN}" for key in TWINS}
            wrong += [(kind, part, name) for name in (named & set(TWINS) if part.endswith("german") else twins)]
            wrong += [(kind, part, name) for name in named if name.endswith(GERMAN) and name not in twins]
    assert wrong == []


def test_every_group_has_words() -> None:
    """And every reason why one does not look."""
    source = Path(examination.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r' group\("([a-z]+)"', source)) == set(STEPS)
    reasons = {each for path in SOURCES for each in re.findall(r'NotLooked\("([a-z-]+)"\)', path.read_text(encoding="utf-8"))}
    assert reasons | {STUMBLED} == set(SKIPPED)


PRINT_ONLY = {"cat", "df", "dmesg", "du", "findmnt", "grep", "ip", "journalctl", "ls", "networkctl", "nft", "sort", "tail", "tc", "uname"}
CHANGE = {"apt-get", "apt", "chronyc", "curl", "echo", "ethtool", "modprobe", "sysctl", "systemctl", "systemd-sysusers", "timedatectl"}
UNITS = {path.name for path in (Path(__file__).parents[3] / "systemd").iterdir()}


@pytest.mark.parametrize("kind", [kind for kind, words in DOCTOR.items() if words.command])
def test_a_command_can_be_typed(kind: str) -> None:
    """The shell understands it, whatever a value is; programs are those that a gateway has, ours has that command with those options, our
    units are ours; nothing deletes a file, mounts, or takes a service away."""
    command = typed(DOCTOR[kind].command, Finding(kind=kind, severity=Severity.NOTICE, values=dict.fromkeys(_names(DOCTOR[kind]), "a b;c")))
    assert subprocess.run(["bash", "-n", "-c", command], check=False, capture_output=True).returncode == 0
    for words in (shlex.split(each) for each in re.split(r"[;|](?=(?:[^']*'[^']*')*[^']*$)", command)):
        if words[0] == "hotspot":
            named = main.get_command(click.Context(main), words[1])
            assert named is not None
            assert words[1] in ("firewall", "portal") or "--help" in words or named.make_context(words[1], words[2:]) is not None
            continue
        if words[0] == "hotspot-change":
            assert words[1:] in (["state"], ["check"])  # what looks
            continue
        assert words[0] in PRINT_ONLY | CHANGE
        assert {"stop", "disable", "mask", "del", "delete", "flush"}.isdisjoint(words)
        ours = {word for word in words if word.startswith("hotspot-") and words[0] in ("systemctl", "journalctl")}
        assert {unit if "." in unit else f"{unit}.service" for unit in ours} <= UNITS
