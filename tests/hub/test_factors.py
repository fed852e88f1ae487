"""Codes and passkeys by themselves: what is right, what is wrong in every way that is known, and what is nonsense."""

import random
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.factors import codes, passkeys
from tests.hub.authenticator import Authenticator, text

KEY = b"12345678901234567890"
"""Of the examples in RFC 6238, appendix B."""
HERE = passkeys.Place("hub.stadt.example", "https://hub.stadt.example:8700")
ASKED = b"c" * passkeys.CHALLENGE_BYTES


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The last six digits of RFC 6238's table for SHA-1; with spaces too; one step before and after, and no further."""
    step = codes.step_of(seconds)
    for written in (code, f"{code[:3]} {code[3:]}", f" {code[:3]}-{code[3:]} "):
        assert [codes.matching_step(KEY, written, step + away, 0) for away in (2, 1, 0, -1)] == [None, step, step, step]
    assert codes.matching_step(KEY, code, step, step) is None
    assert codes.matching_step(KEY, code, step, step - 1) == step


@given(st.text(max_size=40))
def test_what_is_no_code(typed: str) -> None:
    """Any text is looked at and, unless it is a code of these three steps, refused."""
    now = codes.step_of(1_800_000_000)
    found = codes.matching_step(KEY, typed, now, 0)
    assert found is None or codes.looks_like_app(typed)
    assert len(codes.hashed(typed)) == 32


@given(st.binary(min_size=codes.CODE_BYTES, max_size=codes.CODE_BYTES), st.randoms())
def test_recovery_codes_are_read_as_people_write_them(drawn: bytes, chance: random.Random) -> None:
    """80 bits in 16 letters that nobody mixes up; capitals, spaces and letters like digits do not matter."""
    code = codes.recovery(drawn)
    assert (len(code), code.count("-"), set(code) & set("ilou")) == (19, 3, set())
    written = "".join(chance.choice([each, each.upper(), {"0": "O", "1": "l"}.get(each, each), f" {each}"]) for each in code)
    assert codes.hashed(written) == codes.hashed(code)
    assert not codes.looks_like_app(code)


def test_recovery_codes_differ() -> None:
    """Different bits are different codes."""
    drawn = [number.to_bytes(codes.CODE_BYTES, "big") for number in (0, 1, 32, 2**40, 2**79, 2**80 - 1)]
    assert len({codes.recovery(each) for each in drawn}) == len(drawn)


def test_the_address_for_the_app() -> None:
    """As authenticator apps read it, with names that need quoting."""
    assert codes.address(KEY, "anna", "hub.stadt.example") == (
        "otpauth://totp/hub.stadt.example:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=hub.stadt.example"
    )


@pytest.mark.parametrize(
    ("url", "asked", "host", "origin"),
    [
        ("https://hub.stadt.example:8700", "http://10.0.0.1", "hub.stadt.example", "https://hub.stadt.example:8700"),
        ("", "http://localhost:8700", "localhost", "http://localhost:8700"),
        ("https://192.0.2.1:8700", "http://localhost:9000", "localhost", "http://localhost:9000"),
        ("https://[2001:db8::1]", "http://localhost", "localhost", "http://localhost"),
    ],
)
def test_where_passkeys_work(url: str, asked: str, host: str, origin: str) -> None:
    """At the hub's own name; where it has none, at the one that was asked."""
    assert passkeys.place(url, asked) == passkeys.Place(host, origin)


def made(device: Authenticator) -> passkeys.Made:
    """A passkey that is all right."""
    return passkeys.made(HERE, ASKED, device.makes(ASKED, HERE.host, HERE.origin))


def test_a_passkey_is_made_and_signs() -> None:
    """Its answers are taken, and its count goes up."""
    device = Authenticator()
    known = made(device)
    assert known.credential_id == device.identity
    first = device.signs(ASKED, HERE.host, HERE.origin)
    assert passkeys.credential_of(first) == device.identity
    assert passkeys.used(HERE, ASKED, first, known.public_key, known.sign_count) == 1
    assert passkeys.used(HERE, ASKED, device.signs(ASKED, HERE.host, HERE.origin), known.public_key, 1) == 2


def test_a_passkey_made_elsewhere_is_refused() -> None:
    """For another site, another page, another challenge, by nobody, or by a signature instead."""
    device = Authenticator()
    wrong = [
        device.makes(ASKED[::-1] + b"x", HERE.host, HERE.origin),
        device.makes(ASKED, "evil.example", HERE.origin),
        device.makes(ASKED, HERE.host, "https://evil.example"),
        device.makes(ASKED, HERE.host, "http://hub.stadt.example:8700"),
        device.makes(ASKED, HERE.host, "https://hub.stadt.example"),
        device.makes(ASKED, HERE.host, HERE.origin, present=False),
        device.makes(ASKED, HERE.host, HERE.origin, kind="webauthn.get"),
        device.signs(ASKED, HERE.host, HERE.origin),
    ]
    for answer in wrong:
        with pytest.raises(passkeys.Wrong):
            passkeys.made(HERE, ASKED, answer)


def test_a_signature_that_is_not_right_is_refused() -> None:
    """Of another device, for another site or challenge, of another kind, and with a count that does not go up: a copy of the device."""
    device, other = Authenticator(), Authenticator()
    known = made(device)
    wrong = [
        other.signs(ASKED, HERE.host, HERE.origin),
        device.signs(ASKED[:-1] + b"x", HERE.host, HERE.origin),
        device.signs(ASKED, "evil.example", HERE.origin),
        device.signs(ASKED, HERE.host, "https://evil.example"),
        device.signs(ASKED, HERE.host, HERE.origin, kind="webauthn.create"),
        device.signs(ASKED, HERE.host, HERE.origin, count=6),
        device.makes(ASKED, HERE.host, HERE.origin),
    ]
    for answer in wrong:
        with pytest.raises(passkeys.Wrong):
            passkeys.used(HERE, ASKED, answer, known.public_key, 6)


@given(st.integers(0, 4_000), st.integers(1, 255), st.booleans())
def test_one_byte_that_is_wrong(position: int, change: int, making: bool) -> None:
    """Anywhere in an answer, also inside what is packed in it: refused, or the same answer; never another error."""
    known = made(_DEVICE)
    answer = _MADE if making else _SIGNED
    content = bytearray(answer.encode())
    content[position % len(content)] ^= change
    inner = bytearray(urlsafe_b64decode(_STATEMENT + "=" * (-len(_STATEMENT) % 4)))
    inner[position % len(inner)] ^= change
    for tried in (content.decode("latin-1"), _MADE.replace(_STATEMENT, text(bytes(inner)))):
        try:
            if making:
                passkeys.made(HERE, ASKED, tried)
            else:
                assert passkeys.used(HERE, ASKED, tried, known.public_key, 0) == _DEVICE.count
                assert passkeys.credential_of(tried) == _DEVICE.identity
        except passkeys.Wrong:
            pass


_DEVICE = Authenticator()
_MADE = _DEVICE.makes(ASKED, HERE.host, HERE.origin)
_SIGNED = _DEVICE.signs(ASKED, HERE.host, HERE.origin)
_STATEMENT = _MADE.rpartition('"attestationObject": "')[2].partition('"')[0]


@given(st.text(max_size=300) | st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists).map(str))
def test_nonsense_is_refused(answer: str) -> None:
    """Whatever is sent as an answer."""
    for ask in (
        lambda: passkeys.made(HERE, ASKED, answer),
        lambda: passkeys.used(HERE, ASKED, answer, b"k" * 40, 0),
        lambda: passkeys.credential_of(answer),
    ):
        with pytest.raises(passkeys.Wrong):
            ask()
