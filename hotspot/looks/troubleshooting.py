"""``docs/troubleshooting.md`` as text (pure): every finding of visitor, doctor and guard, by what people notice, German first."""

import re
from collections.abc import Iterable, Mapping

from hotspot.looks.values import Severity
from hotspot.looks.words import GERMAN, Catalogue, Words
from hotspot.looks.words_doctor import DOCTOR
from hotspot.looks.words_guard import GUARD
from hotspot.looks.words_visit import VISIT

PROGRAMS: tuple[tuple[str, str, str, Catalogue], ...] = (
    ("visit", "Der Probebesuch (`hotspot visit`)", "The synthetic visitor (`hotspot visit`)", VISIT),
    ("doctor", "Die Untersuchung des Gateways (`hotspot doctor`)", "The doctor (`hotspot doctor`)", DOCTOR),
    ("guard", "Der Wächter im WLAN (`hotspot guard`)", "The LAN guard (`hotspot guard`)", GUARD),
)
SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.URGENT: ("dringend", "urgent"),
    Severity.WARNING: ("Warnung", "warning"),
    Severity.NOTICE: ("Hinweis", "notice"),
}
_HEAD = """# Was tun, wenn …

<!-- Written by `hotspot troubleshooting --output docs/troubleshooting.md` from the words that the programs themselves use. -->

Jeder Befund von Probebesuch, Untersuchung und Wächter: was er heißt, was Besucher davon merken, was hilft. Oben nach dem, was man merkt;
darunter jeder Befund mit dem Namen, unter dem ihn die Programme, das Gateway und der Hub nennen. English: every section says it again.

*Every finding of visitor, doctor and guard: what it means, what visitors notice, what helps. First by what people notice, then each finding
by the name under which the programs, the gateway and the hub know it.*

Zuerst am Gateway, als root / *first, at the gateway, as root*:

```console
# hotspot doctor
# hotspot status
```
"""
_NOTICED = """
## Was Besucher merken / *what visitors notice*

| Besucher merken | visitors notice | Befund / finding |
|---|---|---|
"""


def document() -> str:
    """All of it."""
    parts = [_HEAD, _NOTICED, *_symptoms()]
    for name, german, english, catalogue in PROGRAMS:
        parts.append(f"\n## {german} / *{english}*\n")
        parts += [_entry(name, kind, words) for kind, words in _gravest_first(catalogue)]
    return "".join(parts)


def _gravest_first(catalogue: Catalogue) -> Iterable[tuple[str, Words]]:
    return sorted(catalogue.items(), key=lambda item: (-item[1].severity.rank, item[0]))


def _symptoms() -> Iterable[str]:
    """A row for each thing that is noticed, with all that it may come from; the gravest first."""
    noticed: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name, _, _, catalogue in PROGRAMS:
        for kind, words in _gravest_first(catalogue):
            key = (_shown(words.meaning_german), _shown(words.meaning_english))
            noticed.setdefault(key, []).append((words.severity.rank, f"[{kind}](#{anchor(name, kind)})"))
    ordered = sorted(noticed.items(), key=lambda item: (-max(rank for rank, _ in item[1]), -len(item[1]), item[0]))
    for (german, english), links in ordered:
        yield f"| {_cell(german)} | {_cell(english)} | {', '.join(link for _, link in links)} |\n"


def anchor(program: str, kind: str) -> str:
    """Where a finding stands in the document."""
    return f"{program}-{kind}"


def _entry(program: str, kind: str, words: Words) -> str:
    german, english = SEVERITIES[words.severity]
    lines = [
        "",
        f'### <a id="{anchor(program, kind)}"></a>{_shown(words.german)}',
        "",
        f"`{kind}`, {german}. {_shown(words.meaning_german)} {_shown(words.remedy_german)}",
        "",
        f"*{_plain(words.english)}* ({english}). {_shown(words.meaning_english)} {_shown(words.remedy_english)}",
    ]
    if words.command:
        lines += ["", "```console", f"# {_plain(words.command)}", "```"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """A text with the names of values in place of values: ``{days}`` -> ``‹days›``, and so ``{days_german}``."""
    return re.sub(r"\{(\w+)\}", lambda name: f"‹{name[1].removesuffix(GERMAN)}›", text)


def _shown(text: str) -> str:
    """As Markdown: nothing in it is taken for emphasis or a link."""
    return re.sub(r"([*<>\[\]|])", r"\\\1", _plain(text)).replace("_", "\\_")


def _cell(text: str) -> str:
    return text.replace("\n", " ")
