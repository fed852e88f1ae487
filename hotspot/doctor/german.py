"""The doctor's values in German (pure): reasons that the system, its libraries or this program give in English, and numbers with a comma.

A finding has the value as it was said, and its German twin where that is another (``looks.words.GERMAN``). What nobody here knows how to
say is shown as it was said; settings' errors always are, between quotation marks: they name keys, and stand so in the log.
"""

import errno
import os
import re
from collections.abc import Callable, Mapping
from typing import Final

from hotspot.looks.words_doctor import PARTS, STEPS

_ERRNO: Final = {
    errno.EACCES: "kein Recht dazu",
    errno.EPERM: "nicht erlaubt",
    errno.ENOENT: "nicht vorhanden",
    errno.EISDIR: "ein Ordner, keine Datei",
    errno.ENOTDIR: "ein Teil des Pfads ist kein Ordner",
    errno.ELOOP: "ein Verweis, dem nicht gefolgt wird",
    errno.EINVAL: "ungültig",
    errno.EFBIG: "zu groß",
    errno.EIO: "Lesefehler des Datenträgers",
    errno.ENOSPC: "kein Platz auf dem Datenträger",
    errno.EROFS: "der Datenträger ist schreibgeschützt",
    errno.EMFILE: "zu viele offene Dateien",
    errno.ENOTSUP: "wird nicht unterstützt",
    errno.ECONNREFUSED: "die Verbindung wird abgelehnt",
    errno.ECONNRESET: "die Verbindung wurde abgebrochen",
    errno.ECONNABORTED: "die Verbindung wurde abgebrochen",
    errno.EPIPE: "die Verbindung wurde abgebrochen",
    errno.EHOSTUNREACH: "es führt kein Weg dorthin",
    errno.ENETUNREACH: "es führt kein Weg dorthin",
    errno.ENETDOWN: "das Netz ist aus",
    errno.EADDRNOTAVAIL: "diese Adresse gibt es hier nicht",
    errno.ETIMEDOUT: "keine Antwort in der Zeit",
    errno.ENOEXEC: "nicht ausführbar",
}
_REASONS: Final[Mapping[str, str]] = {
    **{os.strerror(number): text for number, text in _ERRNO.items()},
    # Of the system's names (getaddrinfo(3)).
    "Name or service not known": "der Name ist unbekannt",
    "Temporary failure in name resolution": "der Namensserver antwortet nicht",
    "No address associated with hostname": "der Name hat keine Adresse",
    "Non-recoverable failure in name resolution": "der Namensserver meldet einen Fehler",
    # Of OpenSSL (x509_txt.c, sslerr.h).
    "self-signed certificate": "es ist von sich selbst unterschrieben",
    "self-signed certificate in certificate chain": "die Kette endet bei einer unbekannten Stelle",
    "unable to get local issuer certificate": "die Ausgabestelle ist unbekannt, oder ihre Kette fehlt",
    "unable to get issuer certificate": "die Kette ist nicht vollständig",
    "unable to verify the first certificate": "die Kette ist nicht vollständig",
    "certificate has expired": "es ist abgelaufen",
    "certificate is not yet valid": "es gilt noch nicht",
    "certificate revoked": "es ist widerrufen",
    "certificate signature failure": "die Unterschrift stimmt nicht",
    "invalid CA certificate": "die Ausgabestelle darf keine Zertifikate ausstellen",
    "unsuitable certificate purpose": "es ist für einen anderen Zweck ausgestellt",
    "unsupported certificate purpose": "es ist für einen anderen Zweck ausgestellt",
    "certificate chain too long": "die Kette ist zu lang",
    "EE certificate key too weak": "der Schlüssel ist zu schwach",
    "CA certificate key too weak": "der Schlüssel der Ausgabestelle ist zu schwach",
    "CA signature digest algorithm too weak": "die Unterschrift ist nach einem zu schwachen Verfahren",
    "NO_START_LINE": "die Datei enthält kein Zertifikat",
    "BAD_BASE64_DECODE": "die Datei ist beschädigt",
    "BAD_END_LINE": "die Datei ist beschädigt",
    "BAD_DECRYPT": "der Schlüssel ist mit einem Passwort geschützt",
    "BAD_PASSWORD_READ": "der Schlüssel ist mit einem Passwort geschützt",
    "EE_KEY_TOO_SMALL": "der Schlüssel ist zu kurz",
    "CA_MD_TOO_WEAK": "die Unterschrift ist nach einem zu schwachen Verfahren",
    "NO_CERTIFICATE_ASSIGNED": "die Datei enthält kein Zertifikat",
    "PEM lib": "die Datei ist kein Zertifikat oder kein Schlüssel",
    "no certificate in it": "die Datei enthält kein Zertifikat",
    "no handshake": "es kommt kein TLS zustande",
    # Of this program.
    "no plain file": "keine einfache Datei",
    "no answer in time": "keine Antwort in der Zeit",
    "RemoteDisconnected": "die Verbindung wurde ohne Antwort beendet",
    "not SQLite": "keine Datei von SQLite",
    "cut short": "abgeschnitten",
    "too large": "zu groß",
    "no room for a copy": "kein Platz für eine Kopie",
    "somebody writes it": "es wird gerade geschrieben",
    "database disk image is malformed": "die Datenbank ist in sich beschädigt",
    "file is not a database": "keine Datei von SQLite",
    "the firewall's program does not run or does not end": "das Programm der Firewall läuft nicht oder endet nicht",
    "it says nothing": "das Programm der Firewall sagt nichts",
}
_PATTERNS: Final = (
    (re.compile(r"it answers (\d+)"), "er antwortet mit Status {}"),
    (re.compile(r"not a certificate \((.+)\)"), "kein Zertifikat ({})"),
    (re.compile(r"Hostname mismatch, certificate is not valid for '(.+)'\.?"), "es gilt nicht für den Namen {}"),
    (re.compile(r"IP address mismatch, certificate is not valid for '(.+)'\.?"), "es gilt nicht für die Adresse {}"),
    (re.compile(r"cannot understand the firewall's program: (.+)"), "das Programm der Firewall ist nicht zu verstehen: {}"),
    (re.compile(r"firewall: (.+)"), "das Programm der Firewall meldet: {}"),
    (re.compile(r"cannot read (.+): ([^:]+)"), "{} ist nicht lesbar: {}"),
)


def reason(said: str) -> str:
    """A reason in German; one that is not known as it is."""
    if said in _REASONS:
        return _REASONS[said]
    for pattern, german in _PATTERNS:
        if match := pattern.fullmatch(said):
            *others, last = match.groups()
            return german.format(*others, reason(last))
    return said


def decimal(said: str) -> str:
    """A number with a comma."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", said)


def part(said: str) -> str:
    """A part of a look by its name in the program."""
    known = STEPS.get(said) or PARTS.get(said)
    return said if known is None else known.german


def span(said: str) -> str:
    """``3 d 4 h``: of its units the day alone is another."""
    return re.sub(r"(\d+) d\b", lambda days: f"{days[1]} {'Tag' if days[1] == '1' else 'Tage'}", said)


TWINS: Final[Mapping[str, Callable[[str], str]]] = {
    "why": reason,
    "part": part,
    "days": decimal,
    "rate": decimal,
    "total": decimal,
    "by": span,
    "since": span,
}
"""Values that may have a twin, by their name in a finding."""


def twin(key: str, value: str) -> str:
    """The German value; "": it is the same, or there can be none."""
    told = TWINS[key](value) if key in TWINS else value
    return "" if told == value else told
