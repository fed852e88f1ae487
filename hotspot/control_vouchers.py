"""What staff may ask about voucher codes: the requests and replies that ``hotspot.control`` carries.

Codes themselves do not cross the socket but in an order to withdraw one: who makes or prints a batch is given its key, from which they are
derived (``hotspot.session.voucher_codes``).
"""

from typing import Annotated

from msgspec import Meta, Struct

Person = Annotated[str, Meta(pattern=r"\S", max_length=100)]
"""As ``hotspot.control.Person``."""
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None
"""A day in the hall, ``2027-01-31``."""


class VoucherCreate(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="voucher_create"):
    """Make a batch of codes."""

    plan: str
    count: Annotated[int, Meta(ge=1, le=10_000)]
    by: Person
    valid: Annotated[float, Meta(ge=10, le=31_622_400)]
    """Seconds from a code's first use until it is over."""
    devices: Annotated[int, Meta(ge=1, le=100)] = 1
    """Devices that one code lets in."""
    not_before: Day = None
    """The first day of use; None: at once."""
    not_after: Day = None
    """The last day of a first use: codes that were never used are void then; None: they never become so."""
    note: Annotated[str, Meta(max_length=200)] = ""
    """For whom, for what: for staff only."""


class VoucherList(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="voucher_list"):
    """The batches that there are."""

    all: bool = False
    """Also those that were withdrawn and those whose codes are void."""


class VoucherPrint(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="voucher_print"):
    """The key of a batch, to print its codes again."""

    number: int


class VoucherWithdraw(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="voucher_withdraw"):
    """Nobody gets in any more with a batch, or with one code; who is online with it is cut."""

    by: Person
    number: int | None = None
    """Of the batch."""
    code: Annotated[str, Meta(max_length=64)] | None = None
    """One code, as typed; ``hotspot.session.voucher_codes.parse_voucher`` forgives."""


class VoucherRow(Struct, frozen=True):
    """One batch; moments are of the wall clock, seconds since 1970."""

    number: int
    plan: str
    count: int
    used: int
    """Codes that were used at least once."""
    devices: int
    valid: float
    not_before: float | None
    not_after: float | None
    note: str
    created_at: float
    created_by: str
    created_uid: int | None
    in_force: bool
    """False when it was withdrawn, and when its unused codes are void."""
    withdrawn_at: float | None = None
    withdrawn_by: str = ""
    withdrawn_uid: int | None = None
    withdrawn_codes: int = 0
    """Of its codes, one by one."""


class VouchersAre(Struct, frozen=True, tag_field="type", tag="vouchers"):
    """To ``VoucherList``: by number."""

    batches: tuple[VoucherRow, ...]


class VoucherBatch(Struct, frozen=True, tag_field="type", tag="voucher_batch"):
    """To ``VoucherCreate`` and ``VoucherPrint``: it is on record."""

    batch: VoucherRow
    key: str
    """32 hex digits, secret: whoever has it has the codes."""


class VoucherWithdrawn(Struct, frozen=True, tag_field="type", tag="voucher_withdrawn"):
    """To ``VoucherWithdraw``: it is on record."""

    batch: VoucherRow
    code: str = ""
    """The code, when it was only one."""
    ended: int = 0
    """Sessions that were cut."""
    pending: int = 0
    """Sessions that the firewall could not cut now: order it again."""
