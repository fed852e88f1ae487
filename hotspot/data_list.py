"""The list of what is really stored, at the hub and in the halls: ``docs/privacy/datenliste.md``, made from the tables themselves.

The hub's part is ``hotspot.hub.data.inventory``; the hall's part is made from the table behind the privacy notice that visitors read
(``hotspot.portal.records``), so that city and visitors are told the same. German, because towns sign it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import fields

from hotspot.hub.data import inventory
from hotspot.portal import formats
from hotspot.portal.catalogues import Catalogues
from hotspot.portal.journal.columns import columns
from hotspot.portal.records import IMPERSONAL, RECORDS, Record
from hotspot.portal.register import SEEN_SECONDS
from hotspot.portal.settings import Settings
from hotspot.town.feedback import Rules

_TASK: Final = "Art. 6 Abs. 1 lit. e DSGVO mit dem Landesrecht"
BASES: Final[Mapping[str, tuple[str, str]]] = {
    "Address of your device": (_TASK, "Gerät, bei der Verbindung mit dem WLAN"),
    "IP addresses of your device": (_TASK, "vom Gateway vergeben; nur im Arbeitsspeicher und bei den vergebenen Adressen"),
    "Your acceptance of the terms": (f"{_TASK}; Nachweis der Nutzungsbedingungen", "Eingabe auf der Startseite"),
    "Figures on use": (_TASK, "Gateway, während der Verbindung; Sprache und Gerätefamilie aus der Anfrage der Seite"),
    "Number of devices": (_TASK, "Gateway; Schlüssel der Pseudonyme bis zum Ende des Tages"),
    "Your share of the day": (_TASK, "Gateway; Schlüssel der Pseudonyme bis zum Ende des Tages"),
    "Voucher codes": (_TASK, "Eingabe auf der Startseite"),
    "Blocked devices": (f"{_TASK}, § 12 TDDDG", "Eingabe durch Beschäftigte"),
    "Your messages to the town": (f"{_TASK} (freiwillige Angaben)", "wer die Nachricht schreibt"),
}
"""Legal basis and source of each record of the privacy notice, by its heading."""
NOT_OF_VISITORS: Final[Mapping[str, str]] = {
    "blocklist": "Was im Rathaus nicht erreichbar ist, warum, und wer von den Beschäftigten es entschieden hat. Bleibt als Nachweis.",
    "meta": "Schlüssel und Marken des Rathauses; keine Person.",
    "reports": "Summen je Viertelstunde für den Hub, bis er sie hat, und acht Tage länger.",
    "streams": "Dieselben Summen, bevor sie gemeldet werden.",
    "terms": "Texte, die Besucherinnen und Besuchern vorgelegt wurden.",
    "voucher_batches": "Welche Gutscheine Beschäftigte ausgegeben haben.",
}
"""Tables of a hall without anything about a visitor (``records.IMPERSONAL``)."""
_HEAD: Final = """# Liste der tatsächlich gespeicherten Daten

Erzeugt aus den Tabellen des Programms mit `hotspot hub data inventory`; ein Test vergleicht dieses Dokument mit jeder Spalte jeder Tabelle.
Fristen sind die Vorgaben; es gelten die Einstellungen (`[retention]` in `hub.toml`, `retention` und `[feedback]` in `portal.toml`).
Im Hub steht keine MAC-Adresse, keine IP-Adresse, keine Browserkennung und keine Zeile über eine einzelne Verbindung.

"""


def text(part: str = "all") -> str:
    """The list in Markdown: ``all``, or the part of the ``hub`` or the ``gateway``."""
    hub = f"## Im Hub der Stadt (PostgreSQL)\n\n{inventory.text()}"
    hall = f"## Im Rathaus (Gateway, SQLite)\n\n{_hall()}"
    return _HEAD + "\n".join({"hub": [hub], "gateway": [hall]}.get(part, [hub, hall]))


def _hall() -> str:
    there, texts = columns(), Catalogues()
    lines = []
    for record in RECORDS:
        basis, source = BASES[record.heading]
        lines += [
            f"### {texts.text('de', record.heading)}",
            "",
            f"{texts.text('de', record.what)} {texts.text('de', record.until) % times(record)}",
            "",
            f"- Rechtsgrundlage: {basis}",
            f"- Herkunft: {source}",
            f"- Spalten: {_columns(record, there)}",
            "",
        ]
    lines += ["### Ohne Bezug zu Besucherinnen und Besuchern", "", "| Tabelle | Spalten | Inhalt |", "|---|---|---|"]
    lines += [
        f"| `{table}` | {', '.join(f'`{name}`' for name in there[table])} | {NOT_OF_VISITORS[table]} |" for table in sorted(IMPERSONAL)
    ]
    return "\n".join([*lines, ""])


def times(record: Record) -> dict[str, str]:
    """The durations of a record by the defaults of the settings, in German."""
    defaults = {
        "time": _default(Settings, "retention"),
        "look": SEEN_SECONDS,
        "done": _default(Rules, "keep_done"),
        "most": _default(Rules, "keep"),
    }
    return {name: formats.duration(seconds, "de", "") for name, seconds in defaults.items() if f"%({name})s" in record.until}


def _default(kind: type, name: str) -> float:
    return float(next(field.default for field in fields(kind) if field.name == name))


def _columns(record: Record, there: Mapping[str, tuple[str, ...]]) -> str:
    """``sessions``: ``mac``; …"""
    if not record.columns:
        return "keine: sie stehen nicht im Journal"
    return "; ".join(
        f"`{table}`: {', '.join(f'`{name}`' for name in (there[table] if names == '*' else names.split()))}"
        for table, names in record.columns.items()
    )
