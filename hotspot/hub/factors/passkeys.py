"""Passkeys (WebAuthn): what the browser is asked for, and whether its answer is right. The library is loaded when somebody uses one: it
takes 0.2 s and 24 MiB."""

import contextlib
import ipaddress
import struct
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

LARGEST: Final = 20_000
"""Characters of an answer; they have one or two thousand."""
CHALLENGE_BYTES: Final = 32
PATIENCE: Final = 120_000
"""Milliseconds that the browser waits for the person."""
_NONSENSE: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip


class Place(Struct, frozen=True):
    """Where a passkey works."""

    host: str
    """``rp.id``: of the console's address."""
    origin: str
    """As the browser says it, ``https://hub.stadt.example:8700``."""


class Made(Struct, frozen=True):
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class Wrong(Exception):
    """The answer is not that of the passkey; the text says why, for the log."""


def place(url: str, asked: str) -> Place:
    """The place of the hub's own address (``settings.url``); where that has no name, of the address that was ``asked``, as
    ``http://localhost:8700``: browsers keep passkeys for names only."""
    own, address = urlsplit(url), urlsplit(asked)
    if own.hostname and not _is_number(own.hostname):
        address = own
    return Place(address.hostname or "", f"{address.scheme}://{address.netloc}")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def to_make(where: Place, user_id: int, user: str, full_name: str, challenge: bytes, known: list[bytes]) -> dict[str, Any]:
    """What the browser is to be asked, so that it makes a passkey; ``known``: those that the user has already."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=where.host,
        rp_name=where.host,
        user_id=f"user {user_id}".encode(),
        user_name=user,
        user_display_name=full_name or user,
        challenge=challenge,
        timeout=PATIENCE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    found: dict[str, Any] = msgspec.json.decode(webauthn.options_to_json(options))
    return found


def made(where: Place, challenge: bytes, answer: str) -> Made:
    """The passkey that a browser has made. Raises ``Wrong``."""
    import webauthn

    with _read():
        found = webauthn.verify_registration_response(
            credential=_fields(answer), expected_challenge=challenge, expected_rp_id=where.host, expected_origin=where.origin
        )
        return Made(found.credential_id, found.credential_public_key, found.sign_count)


def to_use(where: Place, challenge: bytes, known: list[bytes]) -> dict[str, Any]:
    """What the browser is to be asked, so that one of these passkeys signs."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=where.host,
        challenge=challenge,
        timeout=PATIENCE,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    found: dict[str, Any] = msgspec.json.decode(webauthn.options_to_json(options))
    return found


def credential_of(answer: str) -> bytes:
    """Which passkey an answer says that it is from. Raises ``Wrong``."""
    from webauthn.helpers import parse_authentication_credential_json

    with _read():
        return parse_authentication_credential_json(_fields(answer)).raw_id


def used(where: Place, challenge: bytes, answer: str, public_key: bytes, sign_count: int) -> int:
    """How often the passkey has signed, when the answer is right. Raises ``Wrong``."""
    import webauthn

    with _read():
        found = webauthn.verify_authentication_response(
            credential=_fields(answer),
            expected_challenge=challenge,
            expected_rp_id=where.host,
            expected_origin=where.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
        )
        return found.new_sign_count


def _fields(answer: str) -> dict[str, Any]:
    if len(answer) > LARGEST:
        raise ValueError(f"{len(answer)} characters: expected at most {LARGEST}")
    found: dict[str, Any] = msgspec.json.decode(answer, type=dict[str, Any])
    return found


@contextlib.contextmanager
def _read() -> Iterator[None]:
    """Whatever the library, and the readers of CBOR and of keys below it, say about an answer that is none. Raises ``Wrong``."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, *_NONSENSE) as error:
        raise Wrong(f"{type(error).__name__}: {error}") from None
