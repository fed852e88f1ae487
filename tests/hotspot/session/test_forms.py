"""The forms and their token."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot.session.forms import (
    MAX_BODY,
    TOKEN_SECONDS,
    AcceptForm,
    BadForm,
    Binding,
    ExtendForm,
    LeaveForm,
    VoucherForm,
    check_token,
    make_token,
    parse_accept,
    parse_extend,
    parse_leave,
    parse_voucher_form,
)
from tests.hotspot.session.examples import NOW, later, rebooted

KEY = b"k" * 32
BINDING = Binding(zone="public", mac="02:00:00:00:00:01", ip="198.18.0.7", terms_version="2026-11")


def test_accept_form() -> None:
    """What the page sends is what is read; fields that are not ours do not matter."""
    body = urlencode({"token": "7.ab", "terms": "2026-11", "plan": "free", "lang": "de"}).encode()
    assert parse_accept(body) == AcceptForm(token="7.ab", terms="2026-11", plan="free")


def test_extend_form() -> None:
    """The token and a small number."""
    assert parse_extend(b"token=7.ab&step=2") == ExtendForm(token="7.ab", step=2)
    for body in (b"token=a", b"step=1", b"token=a&step=-1", b"token=a&step=1e3", b"token=a&step=%D9%A1", b"token=a&step=10000"):
        with pytest.raises(BadForm, match="cannot read form"):
            parse_extend(body)


def test_no_plan_chosen() -> None:
    """Without a plan, or with an empty one, the default is meant."""
    assert parse_accept(b"token=a&terms=b").plan is None
    assert parse_accept(b"token=a&terms=b&plan=").plan is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "field 'token' is missing"),
        (b"token=a", "field 'terms' is missing"),
        (b"token=&terms=b", "field 'token' is missing"),
        (b"token=a&token=b&terms=c", "field 'token' comes twice"),
        (b"token=a&terms=%FF", "cannot read form"),
        (b"token=a&terms=\xff", "cannot read form"),
        (b"token", "cannot read form"),
        (b"&".join([b"x=y"] * 9), "cannot read form"),
        (b"token=" + b"a" * MAX_BODY, f"expected at most {MAX_BODY}"),
    ],
)
def test_bad_forms(body: bytes, text: str) -> None:
    """A body that is not our form is refused with a text that says what is wrong."""
    with pytest.raises(BadForm, match=text):
        parse_accept(body)


def test_leave_form() -> None:
    """The leave button carries its token only."""
    assert parse_leave(b"token=7.ab") == LeaveForm(token="7.ab")


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """No body leads to another error than ``BadForm``."""
    try:
        form = parse_accept(body)
    except BadForm:
        return
    assert form.token and form.terms


def test_token() -> None:
    """Good for the same client, address, terms and boot, until it expires."""
    token = make_token(KEY, BINDING, NOW)
    others = [replace(BINDING, **{name: "x"}) for name in ("zone", "mac", "ip", "terms_version")]
    good = [
        check_token(KEY, token, BINDING, NOW),
        check_token(KEY, token, BINDING, later(TOKEN_SECONDS)),
        check_token(KEY, token, BINDING, replace(later(9), unix=0.0)),
    ]
    bad = [
        *(check_token(KEY, token, other, NOW) for other in others),
        check_token(b"other" * 8, token, BINDING, NOW),
        check_token(KEY, token, BINDING, later(TOKEN_SECONDS + 1)),
        check_token(KEY, token, BINDING, rebooted(1)),
    ]
    assert (good, bad) == ([True] * 3, [False] * 7)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"token=a.b&terms=2026-11&code=xn4q0+9b7ty", "xn4q0 9b7ty"),
        (b"token=a.b&terms=2026-11&code=", ""),
        (b"token=a.b&terms=2026-11", ""),
        (b"token=a.b&terms=2026-11&code=" + b"%C3%A4" * 100, "ä" * 64),
    ],
)
def test_voucher_form(body: bytes, code: str) -> None:
    """A code is taken as it was typed, and an empty one too: the page says what is wrong with it."""
    assert parse_voucher_form(body) == VoucherForm(token="a.b", terms="2026-11", code=code)


@given(st.text(max_size=80))
def test_made_up_tokens(token: str) -> None:
    """Nothing that was not made with the key is good, and nothing raises."""
    assert not check_token(KEY, token, BINDING, NOW)


def test_expiry_cannot_be_moved() -> None:
    """The expiry is sealed as well."""
    expiry, _, seal = make_token(KEY, BINDING, NOW).partition(".")
    assert not check_token(KEY, f"{int(expiry) + 1}.{seal}", BINDING, NOW)
