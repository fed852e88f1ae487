"""Bank accounts and fees: what a payment code needs, checked (ISO 13616 IBAN, ISO 9362 BIC, EPC069-12 for the limits of the code)."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from msgspec import Struct

MOST_RECEIVER, MOST_REFERENCE = 70, 140
"""Characters (EPC069-12: name of the beneficiary, unstructured remittance information)."""
MOST_CENTS = 99_999_999_999
MOST_PAYLOAD = 331
"""Bytes of the code (EPC069-12)."""
_ENCODINGS = ("iso-8859-1", "iso-8859-2", "iso-8859-4", "iso-8859-5", "iso-8859-7", "iso-8859-10", "iso-8859-15")
"""With one byte for each character; their numbers in the code begin with 2. 1 is UTF-8."""
_LENGTHS = {
    country: length
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI NL"),
        (19, "MK SI"),
        (20, "AT BA EE LT LU XK"),
        (21, "CH HR LI LV"),
        (22, "BG DE GB IE ME RS VA"),
        (23, "GI"),
        (24, "AD CZ ES MD RO SE SK"),
        (25, "PT"),
        (26, "IS"),
        (27, "FR GR IT MC SM"),
        (28, "AL CY HU PL"),
        (31, "MT"),
    )
    for country in countries.split()
}
"""Letters and digits of an IBAN by country: the countries of SEPA and its neighbours on the Balkans."""
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_AMOUNT = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?|(\d+)\.(\d{1,2})")


class Fee(Struct, frozen=True):
    """What a service costs, and where the money goes."""

    cents: int
    iban: str
    """Without spaces."""
    receiver: str
    """Holder of the account."""
    reference: str
    """What the payer's bank statement shows."""
    bic: str = ""
    """Only banks outside the EEA still need it."""
    note: dict[str, str] = {}
    """What else there is to know, by language: reductions, how to pay at the counter."""

    @property
    def amount(self) -> Decimal:
        """In euro."""
        return Decimal(self.cents) / 100


def payload(fee: Fee) -> bytes:
    """What the payment code says, in the first encoding that has all letters. Raises ``ValueError`` when a code cannot hold it."""
    amount = f"EUR{fee.amount:.2f}".rstrip("0").rstrip(".")
    said = ["SCT", fee.bic, fee.receiver, fee.iban, amount, "", "", fee.reference]
    number, encoding = next(((number, each) for number, each in enumerate(_ENCODINGS, 2) if _fits("".join(said), each)), (1, "utf-8"))
    content = "\n".join(["BCD", "002", str(number), *said]).encode(encoding)
    if len(content) > MOST_PAYLOAD:
        raise ValueError(
            f"expected {len(content) - MOST_PAYLOAD} bytes less: receiver and reference together are more than a payment code holds, and "
            "letters of several scripts take two to four bytes each"
        )
    return content


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def parse_iban(value: object) -> str:
    """``DE89 3704 0044 0532 0130 00`` -> without spaces, when country, length and check digits are right. Raises ``ValueError``."""
    iban = re.sub(r"[\s-]", "", str(value)).upper()
    if not _IBAN.fullmatch(iban):
        raise ValueError('expected an IBAN such as "DE89 3704 0044 0532 0130 00"')
    length = _LENGTHS.get(iban[:2])
    if length is None:
        raise ValueError(f"expected an IBAN of a country that takes part in SEPA, not of {iban[:2]}")
    if len(iban) != length:
        raise ValueError(f"expected {length} letters and digits in an IBAN of {iban[:2]}, not {len(iban)}")
    if int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 != 1:
        raise ValueError("expected an IBAN whose check digits are right: a letter or digit is mistyped")
    return iban


def in_fours(iban: str) -> str:
    """``DE89 3704 0044 0532 0130 00``, as it is printed."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def parse_bic(value: object) -> str:
    """``COBADEFFXXX`` or "". Raises ``ValueError``."""
    bic = str(value).replace(" ", "").upper()
    if bic and not _BIC.fullmatch(bic):
        raise ValueError('expected a BIC of 8 or 11 letters and digits such as "COBADEFFXXX"')
    return bic


def parse_amount(value: object) -> int:
    """``37``, ``28.8``, ``"28,80 €"``, ``"1.250,00"`` -> cents. Raises ``ValueError``."""
    expected = 'expected an amount in euro from 0.01 to 999999999.99 such as "28.80"'
    if isinstance(value, bool):
        raise ValueError(expected)
    text = re.sub(r"\s|€|EUR", "", str(value))
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(expected)
    whole, part = (found[1].replace(".", ""), found[2]) if found[1] else (found[3], found[4])
    try:
        cents = int(Decimal(f"{whole}.{part or '0'}") * 100)
    except InvalidOperation:
        raise ValueError(expected) from None
    if not 1 <= cents <= MOST_CENTS:
        raise ValueError(expected)
    return cents


def parse_line(most: int) -> Callable[[object], str]:
    """Makes a parser for a text of one line with at most ``most`` characters."""

    def parse(value: object) -> str:
        text = " ".join(str(value).split())
        if not 0 < len(text) <= most:
            raise ValueError(f"expected 1 to {most} characters, not {len(text)}")
        if not text.isprintable():
            raise ValueError("expected a text without control characters")
        return text

    return parse
