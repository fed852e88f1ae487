"""Accounts and fees. The IBANs are the examples of the registry (ISO 13616) and of the EPC, which no bank has given out."""

from decimal import Decimal

import pytest
import segno
import segno.helpers
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot.town.accounts import MOST_CENTS, MOST_PAYLOAD, Fee, in_fours, parse_amount, parse_bic, parse_iban, parse_line, payload

GOOD = "DE89370400440532013000"
EXAMPLES = (GOOD, "AT611904300234573201", "BE68539007547034", "FR1420041010050500013M02606", "NL91ABNA0417164300", "NO9386011117947")


@pytest.mark.parametrize("iban", EXAMPLES)
def test_examples_of_the_registry(iban: str) -> None:
    """As they are, in groups of four, and in small letters."""
    assert [parse_iban(text) for text in (iban, in_fours(iban), iban.lower())] == [iban] * 3


@given(st.integers(0, len(GOOD) - 1), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_noticed(at: int, digit: str) -> None:
    """Wherever it stands behind the country."""
    typed = GOOD[:at] + digit + GOOD[at + 1 :]
    if typed == GOOD:
        assert parse_iban(typed) == GOOD
    else:
        with pytest.raises(ValueError, match="expected"):
            parse_iban(typed)


@pytest.mark.parametrize(
    ("iban", "why"),
    [
        ("DE8937040044053201300", "22 letters and digits in an IBAN of DE, not 21"),
        ("DE88370400440532013000", "check digits"),
        ("US89370400440532013000", "takes part in SEPA, not of US"),
        ("hello", "expected an IBAN such as"),
        ("", "expected an IBAN such as"),
    ],
)
def test_what_is_no_iban(iban: str, why: str) -> None:
    """With the reason."""
    with pytest.raises(ValueError, match=why):
        parse_iban(iban)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("28,80 €", 2_880),
        ("28.8", 2_880),
        (28.8, 2_880),
        (37, 3_700),
        ("37", 3_700),
        ("1.250,00", 125_000),
        ("1.250", 125_000),
        ("0.01", 1),
        ("999999999.99", 99_999_999_999),
        ("EUR 5", 500),
    ],
)
def test_amounts(text: object, cents: int) -> None:
    """With comma or dot, with or without currency."""
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", ["0", "0,00", "-1", "1000000000", "1,234", "1,2,3", "free", "", True, float("nan")])
def test_what_is_no_amount(text: object) -> None:
    """The bounds are those of the code (EPC069-12)."""
    with pytest.raises(ValueError, match=r"from 0\.01 to 999999999\.99"):
        parse_amount(text)


def test_amount_in_euro() -> None:
    """Exactly."""
    assert Fee(cents=1, iban=GOOD, receiver="Stadt", reference="x").amount == Decimal("0.01")


@pytest.mark.parametrize(("text", "bic"), [("cobadeffxxx", "COBADEFFXXX"), ("COBADEFF", "COBADEFF"), ("", "")])
def test_bics(text: str, bic: str) -> None:
    """Of 8 or 11 letters, or none."""
    assert parse_bic(text) == bic


def test_what_is_no_bic() -> None:
    """Nine letters are one too many."""
    with pytest.raises(ValueError, match="expected a BIC"):
        parse_bic("COBADEFFX")


def test_lines() -> None:
    """Blanks are tidied; too long, empty, or with what does not print, is refused."""
    assert parse_line(5)(" a  b ") == "a b"
    for text, why in (("", "1 to 5"), ("abcdef", "not 6"), ("a\0b", "control")):
        with pytest.raises(ValueError, match=why):
            parse_line(5)(text)


@pytest.mark.parametrize("receiver", ["Stadtkasse Musterstadt", "Urząd Miasta Łódź", "Кмет", "Δήμος", "Stadtkasse Жß", "Kasse €"])
@pytest.mark.parametrize(("cents", "bic"), [(2_880, ""), (1_000, "BKAUATWW"), (99_999_999_999, "COBADEFFXXX")])
def test_payload(receiver: str, cents: int, bic: str) -> None:
    """The same as segno's own, whatever letters there are."""
    fee = Fee(cents=cents, iban="DE89370400440532013000", receiver=receiver, reference="Ausweis 17", bic=bic)
    theirs = segno.helpers.make_epc_qr(name=receiver, iban=fee.iban, amount=fee.amount, text=fee.reference, bic=bic or None)
    assert segno.make_qr(payload(fee), error="m", boost_error=False) == theirs


def test_the_longest_payload() -> None:
    """In letters of one script the longest texts fit; of several scripts 331 bytes are a code, one more is none."""
    fee = Fee(cents=MOST_CENTS, iban="MT84MALT011000012345MTLCAST001S", receiver="Ж" * 70, reference="ж" * 140, bic="COBADEFFXXX")
    assert len(payload(fee)) <= MOST_PAYLOAD
    mixed = replace(fee, receiver="ß", reference="ж" * 100)
    room = MOST_PAYLOAD - len(payload(mixed))
    most = payload(replace(mixed, reference=mixed.reference + "x" * room))
    assert (len(most), segno.make_qr(most, error="m", boost_error=False).version) == (331, 13)
    with pytest.raises(ValueError, match="expected 1 bytes less"):
        payload(replace(mixed, reference=mixed.reference + "x" * (room + 1)))
