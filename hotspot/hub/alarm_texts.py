"""What alarms are called, in German and English, and a message as an e-mail (pure)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

SHOWN: Final = 25
"""Alarms of one kind that an e-mail names; the others are counted."""


class Words(Struct, frozen=True):
    """A kind of alarm in both languages; braces are keys of its detail."""

    german: str
    english: str


KINDS: Final[Mapping[str, Words]] = {
    "silent": Words("Gateway meldet sich nicht (zuletzt {seen})", "gateway says nothing (last heard {seen})"),
    "wan_down": Words("kein Internet", "no Internet"),
    "firewall_down": Words("Firewall läuft nicht", "firewall is not running"),
    "journal": Words("Journal kann nicht geschrieben werden", "journal cannot be written"),
    "fault": Words("Störung: {text}", "fault: {text}"),
    "accept_errors": Words(
        "{count} Anmeldungen in {minutes:.0f} min fehlgeschlagen", "{count} acceptances failed within {minutes:.0f} min"
    ),
    "pool": Words("Adressen fast aufgebraucht ({percent} %)", "addresses nearly used up ({percent} %)"),
    "certificate": Words("Zertifikat läuft in {days} Tagen ab", "certificate ends in {days} days"),
    "certificate_failed": Words("Zertifikat nicht zu bekommen: {text}", "no certificate to be had: {text}"),
    "disk": Words("Datenträger fast voll (frei: {percent} %)", "disk nearly full (free: {percent} %)"),
    "drift": Words("Kernel und Journal wichen {count}-mal voneinander ab", "kernel and journal disagreed {count} times"),
    "clone": Words("ein anderes Gerät benutzt die Kennung eines Besuchergeräts", "another device uses the identity of a visitor's device"),
    "told": Words(
        "Gateway meldet etwas, das dieser Hub nicht kennt ({text})", "gateway tells of something that this hub does not know ({text})"
    ),
    "visit": Words("Probebesuch: {german}", "test visit: {english}"),
    "visit_missing": Words("seit {hours} Stunden kein Probebesuch", "no test visit for {hours} hours"),
    "doctor": Words("Befund des Gateways: {german}", "check of the gateway: {english}"),
    "doctor_missing": Words("Gateway prüft sich nicht mehr (seit {seen})", "gateway does not look at itself any more (since {seen})"),
    "guard": Words("Im WLAN gesehen: {german}", "seen in the Wi-Fi: {english}"),
    "guard_missing": Words("Wächter im WLAN hört nicht mehr (seit {seen})", "LAN guard does not listen any more (since {seen})"),
    "backlog": Words("{count} Meldungen warten im Gateway", "{count} reports wait in the gateway"),
    "lost": Words("{count} Meldungen verloren: Platz war aufgebraucht", "{count} reports lost: their space was used up"),
    "clock": Words("Uhr geht falsch", "clock is wrong"),
    "restored": Words("Gateway lief mit einem alten Abbild", "gateway came back from an old image"),
    "twin": Words("zwei Gateways benutzen dieselben Zugangsdaten", "two gateways use the same credential"),
    "stale_credential": Words("abgelöste Zugangsdaten wurden benutzt", "a replaced credential was used"),
    "token_reused": Words("Einmal-Token wurde noch einmal benutzt", "a one-time token was used again"),
    "refused": Words("Meldung nicht angenommen: {text}", "report refused: {text}"),
    "names": Words("zu viele verschiedene Namen: {text}", "too many different names: {text}"),
    "gaps": Words("zu viele Lücken in den Meldungen: {text}", "too many gaps between reports: {text}"),
    "streams": Words("zu viele Neustarts: {text}", "too many restarts: {text}"),
    "policy_refused": Words("Vorgaben {serial} nicht anwendbar: {text}", "policy {serial} cannot be applied: {text}"),
    "policy_late": Words("Vorgaben {serial} noch nicht in Kraft", "policy {serial} is not in force yet"),
    "channel": Words("Nachrichtenweg gestört: {text}", "channel fails: {text}"),
    "remote_write": Words("Messwerte kommen nicht an: {text}", "metrics do not arrive: {text}"),
    "updates_late": Words("seit {days} Tagen keine Sicherheits-Updates von Debian", "no security updates of Debian for {days} days"),
    "restart_wanted": Words("Update wartet seit {days} Tagen auf einen Neustart", "an update has waited for a restart for {days} days"),
    "backup_failed": Words("Sicherung des Hubs fehlgeschlagen", "the hub's backup failed"),
    "backup_old": Words("letzte gute Sicherung des Hubs vor {hours} Stunden", "last good backup of the hub {hours} hours ago"),
    "hub_certificate": Words("Zertifikat des Hubs läuft in {days} Tagen ab", "the hub's certificate ends in {days} days"),
    "hub_disk": Words("Datenträger des Hubs fast voll (frei: {percent} %)", "the hub's disk nearly full (free: {percent} %)"),
}
ENDED: Final = Words(
    "Zertifikat seit {ago} Tagen abgelaufen: Besucher kommen nur auf die Seite ohne TLS",
    "certificate ended {ago} days ago: visitors only get to the page without TLS",
)
"""Of a portal's certificate that has no days left."""
HUB_ENDED: Final = Words(
    "Zertifikat des Hubs seit {ago} Tagen abgelaufen: kein Rathaus erreicht ihn",
    "the hub's certificate ended {ago} days ago: no hall reaches it",
)
"""Of the hub's own."""
NAMES: Final[Mapping[str, Words]] = {
    "silent": Words("Gateway meldet sich nicht", "Gateway silent"),
    "wan_down": Words("Kein Internet", "No Internet"),
    "firewall_down": Words("Firewall läuft nicht", "Firewall down"),
    "journal": Words("Journal nicht beschreibbar", "Journal not writable"),
    "fault": Words("Störung eines Gateways", "Fault of a gateway"),
    "accept_errors": Words("Anmeldungen schlagen fehl", "Visitors cannot log in"),
    "pool": Words("Adressen werden knapp", "Addresses running out"),
    "certificate": Words("Zertifikat läuft ab", "Certificate ends soon"),
    "certificate_failed": Words("Zertifikat nicht zu bekommen", "No certificate to be had"),
    "disk": Words("Datenträger fast voll", "Disk nearly full"),
    "drift": Words("Netz weicht ab", "Network differs from plan"),
    "clone": Words("Gerätekennung kopiert", "Device identity copied"),
    "told": Words("Anderer Alarm eines Gateways", "Other alarm of a gateway"),
    "visit": Words("Probebesuch fehlgeschlagen", "Test visit failed"),
    "visit_missing": Words("Keine Probebesuche", "No test visits"),
    "doctor": Words("Befund eines Gateways", "Finding of a gateway"),
    "doctor_missing": Words("Keine Selbstprüfung", "No self-check"),
    "guard": Words("Gefahr im WLAN", "Danger in the Wi-Fi"),
    "guard_missing": Words("Wächter im WLAN steht", "LAN guard stopped"),
    "backlog": Words("Meldungen warten", "Reports waiting"),
    "lost": Words("Meldungen verloren", "Reports lost"),
    "clock": Words("Uhr geht falsch", "Clock wrong"),
    "restored": Words("Alter Stand eingespielt", "Old state restored"),
    "twin": Words("Zwei Geräte, ein Gateway", "Two boxes, one gateway"),
    "stale_credential": Words("Alte Zugangsdaten benutzt", "Old credentials used"),
    "token_reused": Words("Token zweimal benutzt", "Token used twice"),
    "refused": Words("Meldung abgelehnt", "Report refused"),
    "names": Words("Zu viele Namen", "Too many names"),
    "gaps": Words("Meldungen fehlen", "Reports missing"),
    "streams": Words("Zu viele Neustarts", "Too many restarts"),
    "policy_refused": Words("Einstellungen nicht anwendbar", "Settings not applicable"),
    "policy_late": Words("Einstellungen verspätet", "Settings late"),
    "channel": Words("Benachrichtigung gestört", "Notification fails"),
    "remote_write": Words("Überwachung ohne Messwerte", "Monitoring not served"),
    "updates_late": Words("Keine Sicherheits-Updates", "No security updates"),
    "restart_wanted": Words("Neustart nötig", "Restart needed"),
    "backup_failed": Words("Sicherung fehlgeschlagen", "Backup failed"),
    "backup_old": Words("Keine frische Sicherung", "No fresh backup"),
    "hub_certificate": Words("Zertifikat des Hubs läuft ab", "The hub's certificate ends soon"),
    "hub_disk": Words("Datenträger des Hubs fast voll", "The hub's disk nearly full"),
}
"""What a kind is called where many alarms of it are one line, as the console calls it."""
OF_LOOKS: Final = frozenset({"visit", "doctor", "guard"})
"""Kinds whose subject is a finding's name, which is no word for people: what was found is told in words, and in which network."""
SEVERITIES: Final[Mapping[str, Words]] = {
    "urgent": Words("DRINGEND", "URGENT"),
    "warning": Words("Warnung", "warning"),
    "notice": Words("Hinweis", "notice"),
}


class _Known(dict[str, Any]):
    """Detail with a question mark for what it does not say."""

    def __missing__(self, key: str) -> float | str:
        return "?"


def say(kind: str, detail: Mapping[str, Any]) -> Words:
    """An alarm in both languages. A kind that is not known is its own name."""
    words = KINDS.get(kind, Words(kind, kind))
    known = _Known(detail)
    if isinstance(known.get("seen"), int | float):
        known["seen"] = datetime.fromtimestamp(known["seen"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    if kind in ("certificate", "hub_certificate") and isinstance(days := known.get("days"), int | float) and days <= 0:
        words, known["ago"] = ENDED if kind == "certificate" else HUB_ENDED, abs(days)
    more = detail.get("more") if kind in OF_LOOKS else None
    further = (f" (und {more} weitere)", f" (and {more} more)") if more else ("", "")
    try:
        return Words(words.german.format_map(known) + further[0], words.english.format_map(known) + further[1])
    except (ValueError, TypeError):  # a number was expected and is none
        return Words(kind, kind)


def subject(body: Mapping[str, Any]) -> str:
    """The subject of a message, one line, in German: how many, how grave, which."""
    raised, ended = body["counts"]["raised"], body["counts"]["ended"]
    if not raised:
        return f"[hotspot] {ended} {'Alarm' if ended == 1 else 'Alarme'} beendet"
    grave = SEVERITIES[body["raised"][0]["severity"]].german
    if raised == 1:
        alarm = body["raised"][0]
        return _line(f"[hotspot] {grave}: {_place(alarm)}: {say(alarm['kind'], alarm['detail']).german}")
    often = sorted(body["counts"]["kinds"].items(), key=lambda each: -each[1])[:3]
    kinds = ", ".join(f"{number} x {_name(kind).german}" for kind, number in often)
    return _line(f"[hotspot] {grave}: {raised} Alarme ({kinds})")


def text(body: Mapping[str, Any], url: str = "") -> str:
    """A message for people: German, then English. ``url``: where the hub is."""
    parts = []
    for language, begun, over in (("german", "Neue Alarme", "Beendet"), ("english", "New alarms", "Ended")):
        for what, head in (("raised", begun), ("ended", over)):
            if body[what]:
                parts.append(f"{head} ({body['counts'][what]})\n" + "\n".join(_lines(body[what], language)))
        parts.append("-" * 40)
    return "\n\n".join(parts[:-1]) + (f"\n\n{url}\n" if url else "\n")


def _lines(alarms: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """One line for each alarm, at most ``SHOWN`` of a kind."""
    lines: list[str] = []
    counts: dict[str, int] = {}
    for alarm in alarms:
        kind = alarm["kind"]
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= SHOWN:
            grave = getattr(SEVERITIES[alarm["severity"]], language)
            lines.append(_line(f"- {grave}: {_place(alarm)}: {getattr(say(kind, alarm['detail']), language)}"))
    more = "weitere" if language == "german" else "more"
    lines += [f"- {getattr(_name(kind), language)}: {number - SHOWN} {more}" for kind, number in counts.items() if number > SHOWN]
    return lines


def _place(alarm: Mapping[str, Any]) -> str:
    where = alarm.get("hall") or "Hub"
    subject = alarm["detail"].get("zone") if alarm["kind"] in OF_LOOKS else alarm.get("subject")
    return f"{where}/{subject}" if subject else str(where)


def _name(kind: str) -> Words:
    return NAMES.get(kind, Words(kind, kind))


def _line(words: str) -> str:
    """Without what could end a line or a header."""
    return " ".join(words.split())[:300]
