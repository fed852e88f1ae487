"""The sections of the settings for what the law wants: the terms, and ``[legal]`` for imprint, privacy notice and accessibility."""

import re
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from hotspot.portal.legal import Accessibility, Imprint, Legal, OwnText, Party, Privacy
from hotspot.portal.model_terms import model_texts
from hotspot.portal.settings import Terms
from hotspot.portal.settings_reader import Reader, mail_address, telephone, web_address

MOST_TEXT = 100_000
"""Characters of one legal text."""
MOST_LINE, MOST_LINES = 200, 10
"""Characters of a name or of a line, and lines of an address."""

_Text = str | dict[str, str]


class _Terms(Struct, forbid_unknown_fields=True):
    version: str
    date: Any = None
    text: dict[str, str] = {}
    file: dict[str, str] = {}


class _Party(Struct, forbid_unknown_fields=True):
    name: str
    address: list[str] = []
    phone: str = ""
    email: str = ""
    link: str = ""


class _Operator(_Party, forbid_unknown_fields=True):
    represented_by: str = ""
    register: str = ""
    vat_id: str = ""


class _Imprint(Struct, forbid_unknown_fields=True):
    text: _Text = {}
    file: dict[str, str] = {}
    instead: bool = False


class _Privacy(_Imprint, forbid_unknown_fields=True):
    officer: Any = None
    authority: Any = None
    basis: _Text = ""


class _Accessibility(_Imprint, forbid_unknown_fields=True):
    status: Literal["", "full", "partial", "none"] = ""
    assessed: Any = None
    method: Literal["", "self", "external"] = ""
    barriers: _Text = ""
    contact: Any = None
    enforcement: Any = None


class _Legal(Struct, forbid_unknown_fields=True):
    operator: Any = None
    responsible: Any = None
    authority: Any = None
    processor: Any = None
    imprint: Any = {}
    privacy: Any = {}
    accessibility: Any = {}


def terms(read: Reader, raw: object) -> Terms:
    """``[terms]``; without any text those of the product hold. Raises ``BadSettings``."""
    file = read.table(raw, _Terms, "terms")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", file.version):
        raise read.error("terms.version", file.version, 'expected up to 32 letters, digits, dots and dashes, such as "2026-11"')
    given = bool(file.text or file.file)
    text = _texts(read, "terms", file.text, file.file)
    if given and not text:
        raise read.error("terms.text", file.text, "expected the terms in at least one language, or no text at all for the model terms")
    return Terms(version=file.version, text=text or model_texts(), dated=_day(read, "terms.date", file.date))


def legal(read: Reader, raw: object) -> Legal:
    """``[legal]``. Raises ``BadSettings``."""
    file = read.table({} if raw is None else raw, _Legal, "legal")
    imprint = read.table(file.imprint, _Imprint, "legal.imprint")
    privacy = read.table(file.privacy, _Privacy, "legal.privacy")
    return Legal(
        imprint=_imprint(read, file, imprint),
        privacy=Privacy(
            officer=_party(read, "legal.privacy.officer", privacy.officer),
            authority=_party(read, "legal.privacy.authority", privacy.authority),
            processor=_party(read, "legal.processor", file.processor),
            basis=read.texts("legal.privacy.basis", privacy.basis),
            own=_own(read, "legal.privacy", privacy),
        ),
        accessibility=_accessibility(read, read.table(file.accessibility, _Accessibility, "legal.accessibility")),
    )


def _imprint(read: Reader, file: _Legal, page: _Imprint) -> Imprint:
    operator = None if file.operator is None else read.table(file.operator, _Operator, "legal.operator")
    return Imprint(
        operator=None if operator is None else _party_of(read, "legal.operator", operator),
        represented_by="" if operator is None else _line(read, "legal.operator.represented_by", operator.represented_by),
        register="" if operator is None else _line(read, "legal.operator.register", operator.register),
        vat_id="" if operator is None else _line(read, "legal.operator.vat_id", operator.vat_id),
        responsible=_party(read, "legal.responsible", file.responsible),
        authority=_party(read, "legal.authority", file.authority),
        own=_own(read, "legal.imprint", page),
    )


def _accessibility(read: Reader, file: _Accessibility) -> Accessibility:
    key = "legal.accessibility"
    barriers = read.texts(f"{key}.barriers", file.barriers, MOST_TEXT)
    if file.status in ("partial", "none") and not barriers:
        raise read.error(f"{key}.barriers", file.barriers, f"expected a text: status {file.status!r} has to say what does not work")
    if file.method and not file.status:
        raise read.error(f"{key}.status", file.status, 'expected "full", "partial" or "none", because method names an assessment')
    return Accessibility(
        status=file.status,
        assessed=_day(read, f"{key}.assessed", file.assessed),
        method=file.method,
        barriers=barriers,
        contact=_party(read, f"{key}.contact", file.contact),
        enforcement=_party(read, f"{key}.enforcement", file.enforcement),
        own=_own(read, key, file),
    )


def _own(read: Reader, key: str, file: _Imprint) -> OwnText:
    text = _texts(read, key, file.text, file.file)
    if file.instead and not text:
        raise read.error(f"{key}.instead", file.instead, f"expected {key}.text or {key}.file, which take the place of the page")
    return OwnText(text, file.instead)


def _texts(read: Reader, key: str, text: _Text, files: dict[str, str]) -> dict[str, str]:
    """Texts by language, those of files included."""
    whole = {"de": text} if isinstance(text, str) else dict(text)
    for language, name in files.items():
        if language in whole:
            raise read.error(f"{key}.file.{language}", name, f"expected either this or {key}.text.{language}")
        whole[language] = read.text(f"{key}.file.{language}", name).replace("\r\n", "\n")
    return read.texts(f"{key}.text", whole, MOST_TEXT)


def _party(read: Reader, key: str, raw: object) -> Party | None:
    return None if raw is None else _party_of(read, key, read.table(raw, _Party, key))


def _party_of(read: Reader, key: str, file: _Party) -> Party:
    if not file.name.strip():
        raise read.error(f"{key}.name", file.name, "expected a name")
    if len(file.address) > MOST_LINES:
        raise read.error(f"{key}.address", file.address, f"expected at most {MOST_LINES} lines")
    return Party(
        name=_line(read, f"{key}.name", file.name),
        address=tuple(_line(read, f"{key}.address", line) for line in file.address),
        phone=read.value(f"{key}.phone", file.phone, telephone) if file.phone else "",
        email=read.value(f"{key}.email", file.email, mail_address) if file.email else "",
        link=read.value(f"{key}.link", file.link, web_address) if file.link else "",
    )


def _line(read: Reader, key: str, value: str) -> str:
    text = " ".join(value.split())
    if len(text) > MOST_LINE:
        raise read.error(key, f"{text[:40]}...", f"expected at most {MOST_LINE} characters, not {len(text)}")
    return text


def _day(read: Reader, key: str, value: object) -> date | None:
    return None if value is None else read.value(key, value, _date)


def _date(value: object) -> date:
    """A date of TOML, or the same as text."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date such as 2026-11-01") from None
