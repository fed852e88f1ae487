"""docs/operations.md and the German papers: every command of ours that they show can be typed as it stands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hotspot.cli import main

DOCS = Path(__file__).parents[2] / "docs"
_LATER = {"serve", "portal"}
"""Commands whose words are parsed by the service itself."""


def commands(text: str) -> Iterator[str]:
    """Lines of ``hotspot …`` in code blocks, and spans in the text that begin so; a line ends where its comment begins."""
    joined = text.replace("\\\n", " ")
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", joined, re.DOTALL):
        for line in block.splitlines():
            line = re.sub(r"^(?:\$ )?(?:runuser -u [a-z-]+ -- )?", "", line).partition("  #")[0]
            if line.startswith("hotspot "):
                yield line
    yield from re.findall(r"`(hotspot (?:[a-z-]+ )*[^`]*)`", re.sub(r"```.*?```", "", joined, flags=re.DOTALL))


def parse(line: str) -> None:
    """Raises ``click.UsageError`` when there is no such command, argument or option. Nothing is carried out."""
    words = shlex.split(line)[1:]
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words:
        if words[0] in _LATER:
            return
        found = command.get_command(context, words[0])
        if found is None:
            raise click.UsageError(f"there is no command {words[0]!r}")
        context = click.Context(command, parent=context)
        command, words = found, words[1:]
    if words or not _mentioned(line):
        command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("document", ["operations.md", *(f"privacy/{path.name}" for path in sorted((DOCS / "privacy").glob("*.md")))])
def test_every_command_can_be_typed(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is understood, to the last option; capital words stand for names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").mkdir()
    for name in ("authority.pem", "files/authority.pem", "host.toml", "kleinheim.toml", "rathaus.toml"):
        (tmp_path / name).touch()
    wrong = []
    for line in commands((DOCS / document).read_text(encoding="utf-8")):
        try:
            parse(line)
        except click.UsageError as error:
            wrong.append(f"{line}: {error.format_message()}")
    assert wrong == []


def _mentioned(line: str) -> bool:
    """Only the command's name, in the middle of a sentence."""
    return re.fullmatch(r"hotspot [a-z -]+", line) is not None


def test_there_are_many() -> None:
    """The document is read as it is meant to be; a wrong option would be found."""
    assert len(list(commands((DOCS / "operations.md").read_text(encoding="utf-8")))) > 40
    for wrong in ("hotspot hub partner crate x", "hotspot hub backup --confg x y", "hotspot hub restore --replace"):
        with pytest.raises(click.UsageError):
            parse(wrong)
