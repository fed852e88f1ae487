"""What a version of the wire protocol says is understood by its neighbours: ``messages-N.json`` has every message of version N.

The file of a version that is in use anywhere is never changed. With a new ``wire.VERSION`` comes a new file, and the old ones stay.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from hotspot import wire

FOLDER: Final = Path(__file__).parent
FILES: Final = {int(path.stem.partition("-")[2]): path for path in FOLDER.glob("messages-*.json")}
SENT: Final = ("Enrol", "Enrolled", "Rotate", "Rotated", "Delivery", "Receipt", "Poll", "News", "Policy", "Answers", "Ok", "Problem")
"""What is the whole body of a request or an answer."""
KINDS: Final[dict[str, Any]] = {name: getattr(wire, name) for name in SENT}


def messages(version: int) -> dict[str, list[dict[str, Any]]]:
    """Of a version, by kind."""
    found: dict[str, list[dict[str, Any]]] = json.loads(FILES[version].read_text(encoding="utf-8"))
    return found


def test_every_message_is_kept() -> None:
    """The version of now and the one before have a file, and in it every kind of message."""
    assert {wire.VERSION, wire.VERSION - 1} <= set(FILES)
    for version in FILES:
        assert sorted(messages(version)) == sorted(SENT), version


@pytest.mark.parametrize("version", sorted(FILES))
def test_old_messages_are_understood(version: int) -> None:
    """Every message of the neighbours is read, and nothing that it says and we know is lost."""
    for name, examples in messages(version).items():
        for example in examples:
            read = wire.decode(KINDS[name], json.dumps(example).encode())
            assert covers(msgspec.to_builtins(read), example), (name, example)


def test_this_version_says_exactly_that() -> None:
    """The messages of now are what this program writes, field by field: whoever changes one changes this file, and sees it."""
    for name, examples in messages(wire.VERSION).items():
        for example in examples:
            read = wire.decode(KINDS[name], json.dumps(example).encode())
            assert json.loads(wire.encode(read)) == example, name


def test_what_a_newer_version_adds_is_passed_over() -> None:
    """A field that we do not know, at any depth, changes nothing of what we read."""
    for name, examples in messages(wire.VERSION).items():
        for example in examples:
            newer = more(example)
            if "wire" in newer:
                newer["wire"] = wire.VERSION + 1
            read = json.loads(wire.encode(wire.decode(KINDS[name], json.dumps(newer).encode())))
            assert read == ({**example, "wire": wire.VERSION + 1} if "wire" in example else example), name


def test_what_an_older_version_does_not_say_has_a_default() -> None:
    """Fields that came later than the first version may be missing: each message is read with what it must have."""
    for name, examples in messages(wire.VERSION - 1).items():
        for example in examples:
            assert wire.decode(KINDS[name], json.dumps(example).encode()) is not None, name


@pytest.mark.parametrize("version", [wire.VERSION - 2, wire.VERSION + 2, 10**6])
def test_versions_too_far_away_are_named(version: int) -> None:
    """Then nothing is guessed, even where the rest would fit or does not."""
    for body in ({"wire": version}, {"wire": version, "policy": "?"}, {"wire": version, "policy": 1}):
        with pytest.raises(wire.NotUnderstood) as refused:
            wire.decode(wire.Poll, json.dumps(body).encode())
        if version >= 0:  # a negative number is no version at all
            assert refused.value.code == "version"


def covers(read: Any, said: Any) -> bool:
    """Is everything that was said and is known in what was read?"""
    if isinstance(said, dict):
        return isinstance(read, dict) and all(covers(read[key], value) for key, value in said.items() if key in read)
    if isinstance(said, list):
        return len(read) == len(said) and all(map(covers, read, said))
    return bool(read == said)


FREE: Final = ("settings", "files", "languages", "families", "request", "reply", "values")
"""Objects whose keys are not the protocol's."""


def more(value: Any) -> Any:
    """The same with a field in every object that nobody knows."""
    if isinstance(value, dict):
        return {key: inner if key in FREE else more(inner) for key, inner in value.items()} | {"of_tomorrow": {"a": [1]}}
    return [more(inner) for inner in value] if isinstance(value, list) else value
