"""Settings that the hub has a say in: the reader of the box's file with a policy over it, and the sections that only a policy has."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from msgspec import Struct

from hotspot.portal.policy_overlay import WHOLE_SECTIONS, Objection, Overlaid, overlay, stored_as, with_files
from hotspot.portal.policy_values import BY_HUB, FromHub, WantedBatch, WantedEntry
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import Files, Reader
from hotspot.session.blocklist import MOST_PLACES, Entry, Target, covers, parse_target, places
from hotspot.session.quantities import parse_seconds
from hotspot.session.voucher_codes import MOST_CODES as MOST_CODES_OF_BATCH
from hotspot.wire import Policy

STORE = "policy-files"
"""Folder of the files that policies name, in the state folder."""
MOST_CODES = 50_000
"""Of all batches of a policy together: what is left of a hall's codes is for the hall's own."""
_SHORT, _LONG = 100, 500
"""Characters: of who and of a case number, of a reason."""


class _Entry(Struct, forbid_unknown_fields=True):
    what: str
    reason: str
    case_number: str
    by: str = ""
    service: str | None = None
    zone: str | None = None
    until: float | str | None = None


class _Batch(Struct, forbid_unknown_fields=True):
    key: str
    plan: str
    count: int
    valid: str | int | float
    devices: int = 1
    not_before: float | str | None = None
    not_after: float | str | None = None
    note: str = ""
    by: str = ""


class PolicyReader(Reader):
    """Says of each wrong value whether the box's file has it or the policy."""

    def __init__(self, path: Path, files: Files, policy: Policy, names: Mapping[str, str]) -> None:
        """``names``: of the policy's files, by their path."""
        super().__init__(path, files)
        self._policy = policy
        self._names = names

    def error(self, key: str, value: object, expected: str) -> BadSettings:
        """``cannot use policy 7: plans.free.down = "fast": expected a rate ...``."""
        if not self._is_policys(key):
            return super().error(key, value, expected)
        shown = self._names.get(value, value) if isinstance(value, str) else value
        return self._named(super().error(key, shown, expected))

    def missing(self, key: str) -> BadSettings:
        """As ``error``: missing in the table that the policy has."""
        error = super().missing(key)
        return self._named(error) if self._is_policys(key.rpartition(".")[0]) else error

    def _named(self, error: BadSettings) -> BadSettings:
        return BadSettings(str(error).replace(f"cannot use {self.path}: ", f"cannot use policy {self._policy.serial}: ", 1))

    def _is_policys(self, key: str) -> bool:
        found: Any = self._policy.settings
        if key.partition(".")[0] in WHOLE_SECTIONS & set(found):
            return True
        for step in filter(None, key.split(".")):
            if not isinstance(found, dict):
                return True  # a value of the policy, or a key in it that its reader has a longer name for
            if step not in found:
                return False
            found = found[step]
        return bool(key)


def reader(path: Path, files: Files, raw: dict[str, Any], policy: Policy) -> tuple[Reader, Overlaid]:
    """The tables of ``raw``, the file at ``path``, with a policy over them, and who reads them. Raises ``BadSettings``."""
    plain = Reader(path, files)
    folder = plain.file(str(raw.get("state_dir", ""))) / STORE
    paths = {name: str(folder / stored_as(name, digest)) for name, digest in policy.files.items()}
    try:
        laid = overlay(raw, with_files(policy.settings, paths))
    except Objection as error:
        read = PolicyReader(path, files, policy, {})
        raise read.error(error.key, error.value, error.expected) from None
    return PolicyReader(path, files, policy, {stored: name for name, stored in paths.items()}), laid


def from_hub(read: Reader, policy: Policy, laid: Overlaid, place: "Place") -> FromHub:
    """What a policy has beside settings. Raises ``BadSettings``."""
    every = [_entry(read, name, raw, place) for name, raw in laid.blocklist.items()]
    entries = tuple(entry for entry in every if entry.zone is None or entry.zone in place.zones)
    elsewhere = tuple(f"blocklist.{entry.id}" for entry in every if entry not in entries)
    for zone in place.zones:
        there = [_as_entry(entry) for entry in entries]
        count = len(places(there, zone, 0.0))
        if count > MOST_PLACES:
            raise read.error("blocklist", f"{len(entries)} entries", f"expected at most {MOST_PLACES} networks in zone {zone}, not {count}")
    batches = tuple(_batch(read, name, raw, place) for name, raw in laid.vouchers.items())
    total = sum(batch.count for batch in batches)
    if total > MOST_CODES:
        raise read.error("vouchers", f"{total} codes", f"expected at most {MOST_CODES} of all batches together")
    keys = [batch.key for batch in batches]
    for batch in batches:
        if keys.count(batch.key) > 1:
            raise read.error(f"vouchers.{batch.id}.key", "...", "expected a key that no other batch has")
    return FromHub(serial=policy.serial, blocklist=entries, vouchers=batches, passed_over=laid.passed_over + elsewhere)


class Place(Struct, frozen=True):
    """What entries and batches are checked against: what this gateway is."""

    zones: Collection[str]
    own_names: Collection[str]
    """Of the portal itself, which nothing may block."""
    blocks_names: bool
    """Does a name server follow the block list?"""
    voucher_plans: Collection[str]
    time_zone: tzinfo


def _entry(read: Reader, name: str, raw: object, place: Place) -> WantedEntry:
    key = f"blocklist.{name}"
    file = read.table(raw, _Entry, key)

    def target(what: object) -> Target:
        try:
            found = parse_target(str(what), file.service)
        except ValueError as error:
            raise ValueError(str(error).partition(": ")[2]) from None  # the key is said already
        if found.domain is not None and not place.blocks_names:
            raise ValueError("expected no domain, because no name server here follows (blocked_names in portal.toml)")
        for own in place.own_names:
            if found.domain is not None and covers(found.domain, own):
                raise ValueError(f"expected a domain without the portal's own name {own}")
        return found

    return WantedEntry(
        id=name,
        target=read.value(f"{key}.what", file.what, target),
        zone=file.zone,
        reason=_said(read, f"{key}.reason", file.reason, _LONG),
        case_number=_said(read, f"{key}.case_number", file.case_number, _SHORT),
        by=BY_HUB + _said(read, f"{key}.by", file.by or name, _SHORT),
        until=_moment(read, f"{key}.until", file.until, place.time_zone, last_day=True),
    )


def _as_entry(wanted: WantedEntry) -> Entry:
    """To be counted."""
    return Entry(0, wanted.target, wanted.zone, wanted.reason, wanted.case_number, 0.0, wanted.by, None)


def _batch(read: Reader, name: str, raw: object, place: Place) -> WantedBatch:
    key = f"vouchers.{name}"
    file = read.table(raw, _Batch, key)
    if not re.fullmatch(r"[0-9a-f]{32}", file.key):
        raise read.error(f"{key}.key", "...", "expected 32 hex digits")
    if file.plan not in place.voucher_plans:
        known = ", ".join(sorted(place.voucher_plans)) or "none yet; such a plan has voucher = true and is named in plans of a zone"
        raise read.error(f"{key}.plan", file.plan, f"expected one of the plans for vouchers: {known}")
    begins = _moment(read, f"{key}.not_before", file.not_before, place.time_zone)
    ends = _moment(read, f"{key}.not_after", file.not_after, place.time_zone, last_day=True)
    if begins is not None and ends is not None and ends <= begins:
        raise read.error(f"{key}.not_after", file.not_after, "expected none before not_before")
    return WantedBatch(
        id=name,
        key=file.key,
        plan=file.plan,
        count=read.value(f"{key}.count", file.count, _number, 1, MOST_CODES_OF_BATCH),
        devices=read.value(f"{key}.devices", file.devices, _number, 1, 100),
        valid=read.value(f"{key}.valid", file.valid, parse_seconds, 10, 31_622_400),
        not_before=begins,
        not_after=ends,
        note=file.note.strip()[:200],
        by=BY_HUB + _said(read, f"{key}.by", file.by or name, _SHORT),
    )


def _number(value: object) -> int:
    return int(str(value))


def _said(read: Reader, key: str, text: str, most: int) -> str:
    """A text that is never empty."""

    def parse(value: object) -> str:
        line = " ".join(str(value).split())
        if not 0 < len(line) <= most:
            raise ValueError(f"expected a text of 1 to {most} characters")
        return line

    return read.value(key, text, parse)


def _moment(read: Reader, key: str, value: float | str | None, zone: tzinfo, last_day: bool = False) -> float | None:
    """A moment of the wall clock: seconds since 1970, or the day on which it begins (or with whose end it ends) in the hall."""
    if value is None:
        return None
    if not isinstance(value, str):
        return read.value(key, value, _unix, 0, 4_102_444_800)
    parse: Callable[[object], float] = lambda text: _day(str(text), zone, last_day)  # noqa: E731  a parser for the reader
    return read.value(key, value, parse)


def _unix(value: object) -> float:
    return float(str(value))


def _day(text: str, zone: tzinfo, last_day: bool) -> float:
    try:
        day = date.fromisoformat(text) + timedelta(days=1 if last_day else 0)
        return datetime.combine(day, time.min, zone).timestamp()
    except (ValueError, OverflowError):
        raise ValueError('expected a day such as "2027-01-31"') from None
