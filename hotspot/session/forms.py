"""The accept and leave forms, and the token that ties them to the client, its address and the terms it was shown.

The token is ``<expiry>.<HMAC>``: nothing is stored for it. Its clock is CLOCK_BOOTTIME, so that a wall clock that is set while the visitor
reads changes nothing; after a reboot it is simply not valid, and the page is shown again.
"""

import hmac
from hashlib import sha256
from urllib.parse import parse_qsl

from msgspec import Struct

from hotspot.session.sessions import Now

MAX_BODY = 2_048
"""Bytes: token, terms version and plan name need less than 300."""
MAX_CODE = 64
"""Characters of a typed voucher code that are looked at and shown again."""
TOKEN_SECONDS = 7_200.0
"""How long a page may lie open before its button must be pressed."""


class BadForm(Exception):
    """The body is not the form that the page sends; the text names the field."""


class AcceptForm(Struct, frozen=True):
    """What the splash page posts."""

    token: str
    terms: str
    """Version of the terms that the visitor saw."""
    plan: str | None = None
    """None: the zone's first plan."""


class VoucherForm(Struct, frozen=True):
    """What the page for voucher codes posts."""

    token: str
    terms: str
    """As in ``AcceptForm``."""
    code: str
    """As typed; may be empty."""


class LeaveForm(Struct, frozen=True):
    """What the leave button posts."""

    token: str


def _fields(body: bytes, allowed: frozenset[str]) -> dict[str, str]:
    if len(body) > MAX_BODY:
        raise BadForm(f"cannot read form: {len(body)} bytes, expected at most {MAX_BODY}")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=8, errors="strict")
    except ValueError as error:
        raise BadForm(f"cannot read form: {error}") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadForm(f"cannot read form: field {name!r} comes twice")
        if name in allowed:
            fields[name] = value
    return fields


def _required(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise BadForm(f"cannot read form: field {name!r} is missing")
    return value


def parse_accept(body: bytes) -> AcceptForm:
    """``application/x-www-form-urlencoded`` body -> form; fields that are not ours are ignored. Raises ``BadForm``."""
    fields = _fields(body, frozenset({"token", "terms", "plan"}))
    return AcceptForm(token=_required(fields, "token"), terms=_required(fields, "terms"), plan=fields.get("plan") or None)


def parse_voucher_form(body: bytes) -> VoucherForm:
    """Body of the form for voucher codes -> form. An empty code is the visitor's to mend, not the browser's. Raises ``BadForm``."""
    fields = _fields(body, frozenset({"token", "terms", "code"}))
    return VoucherForm(token=_required(fields, "token"), terms=_required(fields, "terms"), code=fields.get("code", "")[:MAX_CODE])


def parse_leave(body: bytes) -> LeaveForm:
    """Body of the leave form -> form. Raises ``BadForm``."""
    return LeaveForm(token=_required(_fields(body, frozenset({"token"})), "token"))


class ExtendForm(Struct, frozen=True):
    """What the button for more time posts."""

    token: str
    step: int
    """How often the session had been made longer when the page was made: twice tapped is once."""


def parse_extend(body: bytes) -> ExtendForm:
    """Body of the form for more time -> form. Raises ``BadForm``."""
    fields = _fields(body, frozenset({"token", "step"}))
    step = _required(fields, "step")
    if not (step.isascii() and step.isdigit() and len(step) <= 4):
        raise BadForm(f"cannot read form: step = {step!r}, expected a small number")
    return ExtendForm(token=_required(fields, "token"), step=int(step))


class Binding(Struct, frozen=True):
    """What a token is bound to."""

    zone: str
    mac: str
    ip: str
    terms_version: str


def _seal(key: bytes, binding: Binding, boot_id: str, expires: int) -> str:
    text = "\0".join((binding.zone, binding.mac, binding.ip, binding.terms_version, boot_id, str(expires)))
    return hmac.new(key, text.encode(), sha256).hexdigest()[:40]


def make_token(key: bytes, binding: Binding, now: Now) -> str:
    """A token that is good for ``TOKEN_SECONDS``."""
    expires = int(now.boottime + TOKEN_SECONDS)
    return f"{expires}.{_seal(key, binding, now.boot_id, expires)}"


def check_token(key: bytes, token: str, binding: Binding, now: Now) -> bool:
    """True when ``token`` was made by ``make_token`` for the same client, address and terms in this boot, and has not expired."""
    expiry, dot, seal = token.partition(".")
    if not (dot and expiry.isascii() and expiry.isdigit() and len(expiry) <= 12 and seal.isascii()):
        return False
    expires = int(expiry)
    good = hmac.compare_digest(seal, _seal(key, binding, now.boot_id, expires))
    return good and now.boottime <= expires
