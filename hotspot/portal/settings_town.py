"""The sections of the settings for the town's front door: the directory of services (files of their own), feedback, WiFi4EU."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from hotspot.portal.settings_reader import Reader, web_address
from hotspot.session.hours import parse_closed
from hotspot.session.quantities import parse_seconds
from hotspot.town import directory
from hotspot.town.accounts import MOST_RECEIVER, MOST_REFERENCE, Fee, parse_amount, parse_bic, parse_iban, parse_line, payload
from hotspot.town.directory import Authority, Directory, Entry
from hotspot.town.feedback import Rules
from hotspot.town.hosts import parse_host
from hotspot.town.week import parse_hours
from hotspot.town.wifi4eu import Wifi4eu, parse_network_id

MOST_ENTRIES = 500
"""Of one hall; more than a town offers, and few enough that a page of all of them is made within 5 ms."""
MOST_NAME, MOST_PURPOSE, MOST_NOTE = 120, 1_200, 400
"""Characters of an entry's texts."""
MOST_KEEP = 3 * 366 * 86_400.0
_AUTHORITIES = {
    **dict.fromkeys(("town", "stadt", "gemeinde", "rathaus", "municipality"), Authority.TOWN),
    **dict.fromkeys(("district", "kreis", "landkreis", "county"), Authority.DISTRICT),
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[a-z0-9A-Z-]+(\.[a-zA-Z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 /()-]{2,30}")

_Text = str | dict[str, str]


class _Fee(Struct, forbid_unknown_fields=True):
    amount: str | int | float
    reference: str
    iban: str = ""
    receiver: str = ""
    bic: str = ""
    note: _Text = ""


class _Account(Struct, forbid_unknown_fields=True):
    iban: str
    receiver: str
    bic: str = ""


class _Entry(Struct, forbid_unknown_fields=True):
    name: _Text
    purpose: _Text = ""
    authority: str = "town"
    authority_name: _Text = ""
    room: _Text = ""
    hours: list[str] = []
    closed: list[Any] = []
    hours_note: _Text = ""
    phone: str = ""
    email: str = ""
    link: str = ""
    keywords: list[str] = []
    reachable: list[str] = []
    fee: Any = None


class _Services(Struct, forbid_unknown_fields=True):
    services: dict[str, Any]
    account: Any = None


class _Feedback(Struct, forbid_unknown_fields=True):
    enabled: bool = True
    next: _Text = ""
    keep: str | int | float = "180 d"
    keep_done: str | int | float = "30 d"


class _Wifi4eu(Struct, forbid_unknown_fields=True):
    network_id: str
    self_test: bool = False


def services(read: Reader, names: str | Iterable[str] | dict[str, Any]) -> Directory:
    """The directory from the files that ``services`` names, of one id the later file counts; or from what would stand in one. Raises
    ``BadSettings``."""
    entries: list[Entry] = []
    if isinstance(names, dict):
        entries = _entries(read, names, "services")
        names = ()
    for name in [names] if isinstance(names, str) else names:
        entries += services_file(read.beside("services", name))
    found = directory.of(entries)
    if len(found.entries) > MOST_ENTRIES:
        raise read.error("services", names, f"expected at most {MOST_ENTRIES} entries in all files together, not {len(found.entries)}")
    return found


def services_file(read: Reader) -> list[Entry]:
    """One file. Raises ``BadSettings``."""
    return _entries(read, read.toml())


def _entries(read: Reader, raw: object, section: str = "") -> list[Entry]:
    """What stands in such a file; ``section`` is where it stands in another one."""
    file = read.table(raw, _Services, section)
    if len(file.services) > MOST_ENTRIES:
        raise read.error("services", f"{len(file.services)} entries", f"expected at most {MOST_ENTRIES}")
    account = None if file.account is None else read_account(read, file.account, ".".join(filter(None, (section, "account"))))
    return [entry(read, id_, raw_entry, account) for id_, raw_entry in file.services.items()]


def read_account(read: Reader, raw: object, key: str) -> _Account:
    """Where fees go; ``key`` is where it stands. Raises ``BadSettings``."""
    file = read.table(raw, _Account, key)
    return _Account(
        iban=read.value(f"{key}.iban", file.iban, parse_iban),
        receiver=read.value(f"{key}.receiver", file.receiver, parse_line(MOST_RECEIVER)),
        bic=read.value(f"{key}.bic", file.bic, parse_bic),
    )


def entry(read: Reader, id_: str, raw: object, account: _Account | None = None) -> Entry:
    """One entry, as a file or a row of a table has it; ``account`` is where fees go that name none. Raises ``BadSettings``."""
    key = f"services.{id_}"
    if not _ID.fullmatch(id_) or len(id_) > 60:
        raise read.error("services", id_, 'expected an id of a-z, 0-9 and - such as "kfz-zulassung"')
    file = read.table(raw, _Entry, key)
    name = read.texts(f"{key}.name", file.name, MOST_NAME)
    if not name:
        raise read.error(f"{key}.name", file.name, "expected a name")
    hours = {span for line in file.hours for span in read.value(f"{key}.hours", line, lambda one: parse_hours(str(one)))}
    return Entry(
        id=id_,
        name=name,
        purpose=read.texts(f"{key}.purpose", file.purpose, MOST_PURPOSE),
        authority=read.value(f"{key}.authority", file.authority, _authority),
        authority_name=read.texts(f"{key}.authority_name", file.authority_name, MOST_NAME),
        room=read.texts(f"{key}.room", file.room, MOST_NAME),
        hours=tuple(sorted(hours)),
        closed=tuple(read.value(f"{key}.closed", str(day), lambda one: parse_closed(str(one))) for day in file.closed),
        hours_note=read.texts(f"{key}.hours_note", file.hours_note, MOST_NOTE),
        phone=read.value(f"{key}.phone", file.phone, _phone),
        email=read.value(f"{key}.email", file.email, _email),
        link=read.value(f"{key}.link", file.link, web_address) if file.link else "",
        keywords=tuple(read.value(f"{key}.keywords", word, parse_line(60)) for word in file.keywords),
        reachable=tuple(read.value(f"{key}.reachable", host, parse_host) for host in file.reachable),
        fee=None if file.fee is None else _fee(read, f"{key}.fee", file.fee, account),
    )


def _fee(read: Reader, key: str, raw: object, account: _Account | None) -> Fee:
    file = read.table(raw, _Fee, key)
    if not file.iban:
        for field in ("receiver", "bic"):
            if account is not None and getattr(file, field):
                raise read.error(f"{key}.{field}", getattr(file, field), "expected iban beside it; else the account of the file is meant")
        if account is None:
            raise read.missing(f"{key}.iban")
    elif not file.receiver:
        raise read.missing(f"{key}.receiver")
    else:
        account = read_account(read, {"iban": file.iban, "receiver": file.receiver, "bic": file.bic}, key)
    fee = Fee(
        cents=read.value(f"{key}.amount", file.amount, parse_amount),
        iban=account.iban,
        receiver=account.receiver,
        reference=read.value(f"{key}.reference", file.reference, parse_line(MOST_REFERENCE)),
        bic=account.bic,
        note=read.texts(f"{key}.note", file.note, MOST_NOTE),
    )
    read.value(f"{key}.reference", fee.reference, lambda _: payload(fee))
    return fee


def feedback(read: Reader, raw: object) -> Rules | None:
    """``[feedback]``; None when nobody can tell the town anything. Raises ``BadSettings``."""
    if raw is None:
        return None
    file = read.table(raw, _Feedback, "feedback")
    rules = Rules(
        next=read.texts("feedback.next", file.next),
        keep=read.value("feedback.keep", file.keep, parse_seconds, 86_400, MOST_KEEP),
        keep_done=read.value("feedback.keep_done", file.keep_done, parse_seconds, 0, MOST_KEEP),
    )
    return rules if file.enabled else None


def wifi4eu(read: Reader, raw: object) -> Wifi4eu | None:
    """``[wifi4eu]``; None when the network is none of the programme's. Raises ``BadSettings``."""
    if raw is None:
        return None
    file = read.table(raw, _Wifi4eu, "wifi4eu")
    return Wifi4eu(read.value("wifi4eu.network_id", file.network_id, parse_network_id), file.self_test)


def _authority(value: object) -> Authority:
    found = _AUTHORITIES.get(str(value).strip().lower())
    if found is None:
        raise ValueError('expected "town" or "district"')
    return found


def _phone(value: object) -> str:
    text = " ".join(str(value).split())
    if text and not _PHONE.fullmatch(text):
        raise ValueError('expected a telephone number such as "+49 1234 567-0"')
    return text


def _email(value: object) -> str:
    text = str(value).strip()
    if text and (not _EMAIL.fullmatch(text) or len(text) > 254):
        raise ValueError('expected an e-mail address such as "buergerbuero@musterstadt.example"')
    return text
