"""What may name somebody is taken out of texts, wherever it stands and however it is written."""

import ipaddress
import string

from hypothesis import given
from hypothesis import strategies as st

from hotspot.doctor.privacy import Filter, without_addresses
from hotspot.session.codes import ALPHABET, code_of
from hotspot.session.voucher_codes import LENGTH, shown

_WORDS = st.text(alphabet=string.ascii_letters.replace("a", "") + " \n\t=,;()[]\"'/<>|äß€", max_size=30)
_BESIDE = st.sampled_from([" ", "\n", "\t", "=", ",", "(", ")", '"', "'", "<", ">", "|", "[", "]", ";", "/"])
_MACS = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex())


def _spelled(plain: str, how: int) -> str:
    pairs = [plain[at : at + 2] for at in range(0, 12, 2)]
    spellings = (
        ":".join(pairs),
        "-".join(pairs),
        plain,
        f"{plain[:4]}.{plain[4:8]}.{plain[8:]}",
        ":".join(pairs).upper(),
        f"01:{':'.join(pairs)}",
    )
    return spellings[how]


@given(_WORDS, _BESIDE, _MACS, st.integers(0, 5), _BESIDE, _WORDS)
def test_no_mac_is_left(before: str, one: str, plain: str, how: int, other: str, after: str) -> None:
    """With colons, dashes, dots, without anything, in capitals, with the type of hardware before it as a client id has it."""
    mac = _spelled(plain, how)
    cleaned = Filter().clean(f"{before}{one}{mac}{other}{after}")
    assert mac not in cleaned
    assert plain not in cleaned


@given(_WORDS, _BESIDE, st.ip_addresses(), _BESIDE, _WORDS, st.booleans())
def test_no_address_is_left(
    before: str, one: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, other: str, after: str, long: bool
) -> None:
    """IPv4 and IPv6, short and written out."""
    written = address.exploded if long else str(address)
    assert written not in Filter().clean(f"{before}{one}{written}{other}{after}")


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_no_address_with_its_prefix_or_interface_is_left(address: ipaddress.IPv6Address, length: int) -> None:
    """As ``ip`` prints them."""
    cleaned = Filter().clean(f"inet6 {address}/{length} scope global\n{address}%lan0 dev lan0 lladdr")
    assert str(address) not in cleaned
    assert "scope global" in cleaned


@given(st.text(max_size=300))
def test_any_text_is_cleaned_once(text: str) -> None:
    """Nothing raises, and cleaning again finds nothing new that names somebody."""
    cleaned = Filter().clean(text)
    assert Filter().clean(cleaned) == cleaned


@given(_WORDS, _BESIDE, st.binary(min_size=6, max_size=6), st.text(alphabet=ALPHABET, min_size=LENGTH, max_size=LENGTH), _BESIDE, _WORDS)
def test_no_code_is_left(before: str, one: str, mac: bytes, letters: str, other: str, after: str) -> None:
    """Device codes and voucher codes as they are shown."""
    codes = (code_of(b"key", mac.hex(":")), shown(letters))
    cleaned = Filter().clean(f"{before}{one}{codes[0]}{other}{codes[1]}{one}{after}")
    assert [code for code in codes if code in cleaned] == []


def test_known_words_and_everything_that_looks_like_a_secret() -> None:
    """Host names, device codes, voucher codes, mail addresses, tokens, keys in PEM, reversed names, home folders."""
    text = """Annas-iPhone asked; code K7F-3QX and k7f-3qx, voucher 7QXK-9T2M-4WPD, bearer 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c,
    mail anna@town.example, 9.1.18.198.in-addr.arpa, /HOMES/anna/x
    -----BEGIN PRIVATE KEY-----
    MIGHAgEA
    -----END PRIVATE KEY-----
    annas-iphone.""".replace("HOMES", "home")
    cleaned = Filter({"Annas-iPhone"}).clean(text).lower()
    left_over = ("iphone", "k7f", "7qxk", "9f8a", "anna@", "198.in-addr", "home/anna", "mighagea")
    assert [word for word in left_over if word in cleaned] == []


def test_what_support_needs_stays() -> None:
    """Interfaces, tables, classes, rates, versions, moments and plain words."""
    text = (
        "table inet hotspot_public lan0 wan0 class htb 1:10 parent 1:1 rate 10Mbit 2026-11-23 13:45:01 nftables v1.0.6 6.18.44 two-thirds"
    )
    assert Filter().clean(text) == text


def test_the_same_address_has_the_same_number() -> None:
    """So that a reader can follow it through a bundle; in another bundle it has another."""
    kept = Filter()
    one, two = "02:00:00:00:00:01", "02-00-00-00-00-02"
    assert kept.clean(f"{one} {two} {one.upper()}") == "[mac 1] [mac 2] [mac 1]"
    assert kept.clean(two) == "[mac 2]"
    assert without_addresses(f"{two} at 198.18.1.2") == "[mac 1] at [ip 2]"
