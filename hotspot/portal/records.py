"""What the portal keeps about visitors, why, and for how long: the table behind the privacy notice, bound to the settings in force.

Every column of the journal is in exactly one record or in ``IMPERSONAL``; a test fails for a column that somebody forgot.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from hotspot.portal.register import SEEN_SECONDS
from hotspot.portal.settings import Settings
from hotspot.portal.texts import N_

Columns = Mapping[str, str]
"""Table of the journal -> its columns, parted by spaces; ``*`` is all of them."""


class Record(Struct, frozen=True):
    """One kind of data; the texts are English, to be translated."""

    heading: str
    what: str
    """What is kept, and why."""
    until: str
    """When it is gone, with durations as ``%(name)s``."""
    columns: Columns
    applies: Callable[[Settings], bool] = lambda settings: True
    """Is there any such data, by these settings?"""
    durations: Callable[[Settings], dict[str, float]] = lambda settings: {}
    """Seconds, by the names in ``until``."""


def _retention(settings: Settings) -> dict[str, float]:
    return {"time": settings.retention}


def _has_daily(settings: Settings) -> bool:
    offered = {name for zone in settings.zones.values() for name in (*zone.plans, *zone.voucher_plans)}
    return any(settings.plans[name].has_daily for name in offered)


def _feedback(settings: Settings) -> dict[str, float]:
    rules = settings.feedback
    return {} if rules is None else {"done": rules.keep_done, "most": rules.keep}


_UNLINKED = N_("It is kept for the record. From %(time)s after the end of your connection on, nothing says which device it was.")
_USE = (
    "id zone plan language family accepted_at seconds boot_id ends_boottime ends_at volume idle bytes_up bytes_down state ended_at reason "
    "told told_up told_down slow_after volume_base rates until_boottime until_at until_reason day_volume day_seconds day_bytes extended "
    "by_staff"
)

RECORDS: Final[tuple[Record, ...]] = (
    Record(
        N_("Address of your device"),
        N_(
            "Every device has a technical address in the network (MAC address). We need it to let your device in, to keep to the limits "
            "and to stop abuse. The code of your device is calculated from it."
        ),
        N_("It is erased %(time)s after the end of your connection. If you only open our pages, it is erased after %(look)s."),
        {"sessions": "mac"},
        durations=lambda settings: {"time": settings.retention, "look": SEEN_SECONDS},
    ),
    Record(
        N_("IP addresses of your device"),
        N_("Your device gets IP addresses from us so that answers from the Internet can find it."),
        N_("They are erased when your device has left the Wi-Fi and the addresses are free again."),
        {},  # the kernel and the DHCP server know them, the journal does not
    ),
    Record(
        N_("Your acceptance of the terms"),
        N_("Version, language and wording of the terms, and the time. We keep no name."),
        _UNLINKED,
        {"acceptances": "*", "sessions": "terms_version terms_digest"},
        durations=_retention,
    ),
    Record(
        N_("Figures on use"),
        N_("Beginning, end, amount of data, kind of device and language of a connection. They help us to plan the Wi-Fi."),
        _UNLINKED,
        {"sessions": _USE},
        durations=_retention,
    ),
    Record(
        N_("Number of devices"),
        N_("Which devices have been here today, under a pseudonym, so that we can count them. Only the number is passed on."),
        N_("It is erased at the end of the day."),
        {"visitors_today": "*"},
        applies=lambda settings: settings.hub is not None,
    ),
    Record(
        N_("Your share of the day"),
        N_("How much time and data your device has used today, under a pseudonym. So there is enough for everybody."),
        N_("It is erased at the end of the day."),
        {"allowances": "*"},
        applies=_has_daily,
    ),
    Record(
        N_("Voucher codes"),
        N_("Which devices use a code, under pseudonyms, and how much of it they have used."),
        N_("It is erased at the latest %(time)s after the code has become invalid."),
        {"voucher_tickets": "*", "sessions": "voucher"},
        applies=lambda settings: any(zone.voucher_plans for zone in settings.zones.values()),
        durations=_retention,
    ),
    Record(
        N_("Blocked devices"),
        N_("If the staff block a device because of abuse: its address, the reason and the time."),
        N_("It is erased when the block ends."),
        {"blocks": "*"},
    ),
    Record(
        N_("Your messages to the town"),
        N_(
            "What you write to us, and how to reach you if you want an answer. You need not say who you are. We forget after one hour "
            "which device it came from."
        ),
        N_("It is erased %(done)s after we have dealt with it, and %(most)s after you sent it at the latest."),
        {"feedback": "*"},
        applies=lambda settings: settings.feedback is not None,
        durations=_feedback,
    ),
)
"""In the order of the page."""

IMPERSONAL: Final[Mapping[str, str]] = {
    "blocklist": "what nobody may reach, and which staff decided it",
    "meta": "keys and marks of the hall",
    "reports": "sums by quarter of an hour, for the hub",
    "streams": "the same sums before they are reported",
    "terms": "texts that visitors were asked to accept",
    "voucher_batches": "what staff have printed",
}
"""Tables with nothing about a visitor, and what is in them."""


def records_of(settings: Settings) -> tuple[Record, ...]:
    """What is kept by these settings."""
    return tuple(record for record in RECORDS if record.applies(settings))
