"""No English is left in what the doctor says in German: every kind, with each value that the doctor and what it asks can give."""

import ast
import errno
import os
import re
from pathlib import Path

import pytest

from hotspot.doctor import german
from hotspot.doctor.found import found
from hotspot.looks.words import filled
from hotspot.looks.words_doctor import DOCTOR, PARTS, STEPS

SOURCES = Path(german.__file__).parent
REASONS = (
    *map(os.strerror, (errno.EACCES, errno.ENOENT, errno.EIO, errno.ENOSPC, errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)),
    *("no plain file", "no answer in time", "RemoteDisconnected", "it answers 503", "Name or service not known", "no handshake"),
    *("self-signed certificate", "unable to get local issuer certificate", "certificate has expired", "certificate is not yet valid"),
    "Hostname mismatch, certificate is not valid for 'hub.example'.",
    *("not SQLite", "cut short", "too large", "no room for a copy", "somebody writes it", "database disk image is malformed"),
    *("NO_START_LINE", "no certificate in it", "the firewall's program does not run or does not end", "it says nothing"),
    "cannot read /x/policy.json: Permission denied",
)
SAMPLES = {
    "why": REASONS,
    "part": (*STEPS, *PARTS),
    "days": ("1.5", "-0.5", "12"),
    "rate": ("2.5 Mbit/s",),
    "total": ("10.25 Mbit/s",),
    "by": ("3 d 4 h", "1 d 0 h", "75 s"),
    "since": ("40 d", "2 h 5 min", "-"),
}
ENGLISH = re.compile(
    r"\b(the|is|not|no|it|cannot|and|or|of|to|does|answers?|certificate|self-signed|unable|expired|read|write[sn]?|too|plain|file|denied|such|"
    r"refused|unreachable|short|room|somebody|known|mismatch|malformed|line|time|error|space|device|network|handshake|disconnected|servers|"
    r"interfaces|settings|inspection|clock|leases|kernel capabilities|services|start)\b",
    re.IGNORECASE,
)
QUOTED = re.compile("„[^“]*“")
"""What a program says in its own words, and names of settings, buttons and keys."""
NUMBER = re.compile(r"\d\.\d")


@pytest.mark.parametrize("kind", DOCTOR)
def test_german_is_german(kind: str) -> None:
    """All sentences of a kind, filled with each sample of each value."""
    words = DOCTOR[kind]
    texts = (words.german, words.meaning_german, words.remedy_german)
    names = {name.removesuffix("_german") for text in texts for name in re.findall(r"\{(\w+)\}", text)}
    plain = dict.fromkeys(names - set(SAMPLES), "x1")
    own = {word.lower() for text in texts for word in re.findall(r"\w+", re.sub(r"\{\w+\}", "", text))}  # commands, file names
    for name in names & set(SAMPLES) or {""}:
        for sample in SAMPLES.get(name, ("",)):
            given = plain | {other: SAMPLES[other][0] for other in names & set(SAMPLES)} | ({name: sample} if name else {})
            finding = found(kind, "", None, **given)
            for text in texts:
                told = QUOTED.sub("", filled(text, finding))
                assert {word for word in ENGLISH.findall(told) if word.lower() not in own} == set(), told
                assert name not in ("days", "rate", "total") or not NUMBER.search(told.replace("x1", "")), told
            assert filled(words.english, finding).count("_german") == 0


def test_every_reason_of_the_doctors_own_is_known() -> None:
    """What stands in its sources as the reason of a finding has a German twin: nobody adds one in English alone."""
    told = set()
    for path in (*SOURCES.glob("*.py"), SOURCES.parent / "portal" / "journal" / "soundness.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Return | ast.Raise) and path.name in ("disk.py", "soundness.py", "hub.py", "certificate.py"):
                told |= {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
            if isinstance(node, ast.keyword) and node.arg == "unseen":
                told |= {each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    sentences = {each for each in told if re.fullmatch(r"[a-z][A-Za-z']+( [A-Za-z']+)+", each)}
    assert sentences >= {"cut short", "no answer in time", "no room for a copy", "no handshake"}
    assert {each for each in sentences if german.reason(each) == each} == set()


def test_what_is_not_known_stays_as_it_was() -> None:
    """And has no twin, so the same text is shown in both languages."""
    assert german.reason("some new error 17") == "some new error 17"
    assert found("hub-away", why="some new error 17", url="https://hub.example").values == {
        "why": "some new error 17",
        "url": "https://hub.example",
    }
    assert found("hub-away", why="it answers 503", url="u").values["why-german"] == "er antwortet mit Status 503"
    assert german.reason("cannot read /x: Permission denied") == "/x ist nicht lesbar: kein Recht dazu"
    assert (german.twin("path", "no plain file"), german.twin("days", "12")) == ("", "")
