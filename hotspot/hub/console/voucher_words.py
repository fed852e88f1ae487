"""What a voucher form says, and how a batch stands."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.api.policy_halls import HallPolicy
from hotspot.hub.api.policy_items import Batch
from hotspot.hub.console.forms import Form
from hotspot.hub.console.texts import N_
from hotspot.hub.policy.merge import path_of
from hotspot.session.quantities import parse_bytes, parse_seconds
from hotspot.session.voucher_codes import MOST_CODES

UNITS: Final = {"h": N_("hours"), "d": N_("days")}
MOST_SECONDS: Final = 31_622_400.0
"""As the API bounds ``valid``: a leap year."""
FIELDS: Final = ("plan", "count", "devices", "valid", "unit", "not_before", "not_after", "note")


class Plan(Struct, frozen=True, kw_only=True):
    """A plan that nobody gets without a code."""

    name: str
    title: str
    time: float | None
    """Seconds of one session."""
    volume: int | None
    """Bytes of one device."""
    offered: bool
    """In one of the guest networks at least."""


def plans_of(policy: HallPolicy, language: str) -> list[Plan]:
    """The plans for vouchers that a hall offers, by name; titles in the reader's language where there is one."""
    return [plan for plan in all_plans_of(policy, language) if plan.offered]


def all_plans_of(policy: HallPolicy, language: str) -> list[Plan]:
    """Those that no guest network offers, too: of them no codes can be made."""
    tables: dict[str, dict[str, Any]] = {}
    offered: set[str] = set()
    for value in policy.values:
        match path_of(value.key):
            case ("plans", name, *rest) if not value.removed and rest:
                tables.setdefault(name, {})[".".join(rest)] = value.value
            case ("zones", _, "plans") if isinstance(value.value, list):
                offered |= {name for name in value.value if isinstance(name, str)}
    return [
        Plan(
            name=name,
            title=str(table.get(f"title.{language}") or table.get("title.de") or table.get("title.en") or name),
            time=None if table.get("time") is None else parse_seconds(table["time"]),
            volume=None if table.get("volume") is None else parse_bytes(table["volume"]),
            offered=name in offered,
        )
        for name, table in sorted(tables.items())
        if table.get("voucher") is True
    ]


class Asked(Struct, frozen=True, kw_only=True):
    """What somebody typed, and what is wrong with it, by field."""

    fields: dict[str, str]
    wrong: dict[str, str]
    """English; to be translated."""
    batch: dict[str, Any]
    """For the API, when nothing is wrong."""


BLANK: Final = {"plan": "", "count": "24", "devices": "1", "valid": "7", "unit": "d", "not_before": "", "not_after": "", "note": ""}


def asked(form: Form, plans: Sequence[Plan], today: date) -> Asked:
    """A form as it was sent."""
    fields = {name: form.text(name, BLANK[name]) for name in FIELDS}
    wrong: dict[str, str] = {}
    batch: dict[str, Any] = {"plan": fields["plan"], "note": fields["note"]}
    if fields["plan"] not in {plan.name for plan in plans}:
        wrong["plan"] = N_("Choose one of the plans.")
    for name, most in (("count", MOST_CODES), ("devices", 100)):
        number = _whole(fields[name])
        if number is None or not 1 <= number <= most:
            wrong[name] = N_("Enter a whole number from 1 to 10,000.") if most == MOST_CODES else N_("Enter a whole number from 1 to 100.")
        batch[name] = number
    length, unit = _whole(fields["valid"]), fields["unit"]
    if length is None or unit not in UNITS or not 1 <= parse_seconds(f"{length} {unit}") <= MOST_SECONDS:
        wrong["valid"] = N_("Enter a whole number: at least one hour, at most 366 days.")
    batch["valid"] = f"{length} {unit}"
    days = {name: _day(fields[name]) for name in ("not_before", "not_after") if fields[name]}
    for name, day in days.items():
        if day is None:
            wrong[name] = N_("Enter a day, such as 2027-01-31.")
        else:
            batch[name] = day.isoformat()
    first, last = days.get("not_before"), days.get("not_after")
    if last is not None and last < (first or today):
        wrong["not_after"] = N_("This day is over, or lies before the first day.")
    if len(fields["note"]) > 200:
        wrong["note"] = N_("Enter at most 200 characters.")
    return Asked(fields=fields, wrong=wrong, batch=batch)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def person(actor: str) -> str:
    """Who did it, of what the audit log writes."""
    return actor.removeprefix("user ")


def standing(batch: Batch, today: date) -> tuple[str, str]:
    """How a batch stands: kind of state, and words to be translated."""
    if batch.withdrawn_at is not None:
        return "quiet", N_("withdrawn")
    if batch.not_after is not None and date.fromisoformat(batch.not_after) < today:
        return "quiet", N_("no first use any more")
    if batch.not_before is not None and date.fromisoformat(batch.not_before) > today:
        return "warn", N_("not valid yet")
    return "good", N_("valid")
