"""What may name somebody is taken out of texts, wherever it stands and however it is written."""

import base64
import ipaddress
import string
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotspot.doctor.kernel import NEEDED
from hotspot.doctor.privacy import Filter, without_addresses
from hotspot.doctor.services import UNITS
from hotspot.doctor.sysctls import WANTED
from hotspot.looks.words_doctor import DOCTOR
from hotspot.looks.words_guard import GUARD
from hotspot.looks.words_visit import VISIT
from hotspot.session.codes import ALPHABET, code_of
from hotspot.session.voucher_codes import LENGTH, shown

_WORDS = st.text(max_size=20)
_BESIDE = st.one_of(st.sampled_from([*string.printable, "", "ä", "€", "::", "/home/", "--", "0", "a", "F"]), st.characters())
"""Whatever may stand beside, also what could be a part of it."""
_MACS = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex())


def _spelled(plain: str) -> list[str]:
    """A MAC address in every usual spelling."""
    pairs = [plain[at : at + 2] for at in range(0, 12, 2)]
    fours = [plain[at : at + 4] for at in range(0, 12, 4)]
    short = [f"{int(pair, 16):x}" for pair in pairs]
    joined = [sign.join(pairs) for sign in ":-._ "] + [sign.join(fours) for sign in ".:-_"] + [sign.join(short) for sign in ":-"]
    escaped = [sign.join(pairs) for sign in ("\\:", "\\\\:", "%3A", "%3a", "%253A")]
    more = [
        *escaped,
        plain,
        f"0x{plain}",
        f"{plain[:6]}-{plain[6:]}",
        f"{plain[:6]}.{plain[6:]}",
        f"01:{':'.join(pairs)}",
        f"01-{'-'.join(pairs)}",
    ]
    return [each for one in (*joined, *more) for each in (one, one.upper())]


def _written(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[str]:
    """An address in every usual spelling."""
    name = [address.reverse_pointer]
    if isinstance(address, ipaddress.IPv4Address):
        octets = str(address).split(".")
        mapped = [f"::ffff:{address}", f"64:ff9b::{address}", f"0:0:0:0:0:ffff:{address}", f"[::ffff:{address}]:443"]
        return [str(address), ".".join(f"{int(each):03}" for each in octets), "-".join(octets), "_".join(octets), *mapped, *name]
    groups = address.exploded.split(":")
    loose = ":".join(f"{int(group, 16):x}" for group in groups)
    mixed = f"{':'.join(groups[:6])}:{ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)}"
    zoned = [f"{address}%lan0", f"{address}%br-guest.10", f"{address}%25wan0", f"[{address}]:53", f"{address}/64"]
    literal = f"{str(address).replace(':', '-')}.ipv6-literal.net"
    every = [str(address), address.exploded, loose, mixed, address.exploded.replace(":", ""), *zoned, literal, *name]
    return [each for one in every for each in (one, one.upper())]


def _around(before: str, one: str, planted: str, other: str, after: str, words: Iterable[str] = ()) -> str:
    """What is left of a text with something planted in it."""
    return Filter(words).clean(f"{before}{one}{planted}{other}{after}")


@given(_WORDS, _BESIDE, _MACS, _BESIDE, _WORDS, st.data())
def test_no_mac_is_left(before: str, one: str, plain: str, other: str, after: str, data: st.DataObject) -> None:
    """With colons, dashes, dots, underscores, spaces, by twos, fours and sixes, without anything, in capitals, without zeros, with the type
    of hardware before it; beside any character."""
    mac = data.draw(st.sampled_from(_spelled(plain)))
    assert mac not in _around(before, one, mac, other, after)


@given(_WORDS, _BESIDE, st.ip_addresses(), _BESIDE, _WORDS, st.data())
def test_no_address_is_left(
    before: str, one: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, other: str, after: str, data: st.DataObject
) -> None:
    """IPv4 and IPv6, short, written out, mapped, with an interface, a port, a length, as part of a host's name; beside any character."""
    assume(not address.is_unspecified)  # ``::`` is nobody's, and stands in every list of routes
    written = data.draw(st.sampled_from(_written(address)))
    cleaned = _around(before, one, written, other, after)
    assert written not in cleaned
    assert str(address) not in cleaned


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_no_address_with_its_prefix_or_interface_is_left(address: ipaddress.IPv6Address, length: int) -> None:
    """As ``ip`` prints them."""
    assume(not address.is_unspecified)
    cleaned = Filter().clean(f"inet6 {address}/{length} scope global\n{address}%lan0 dev lan0 lladdr")
    assert str(address) not in cleaned
    assert "scope global" in cleaned


@given(_WORDS, _BESIDE, st.binary(min_size=32, max_size=32), _BESIDE, _WORDS, st.integers(0, 3))
def test_no_token_is_left(before: str, one: str, secret: bytes, other: str, after: str, how: int) -> None:
    """As hub and portal make them, with and without digits, beside any character and within an address of the web."""
    safe, plain = base64.urlsafe_b64encode(secret).decode().rstrip("="), base64.b64encode(secret).decode()
    letters = "".join(string.ascii_letters[byte % 52] for byte in secret)
    token = (safe, plain, secret.hex(), letters)[how]
    assert token not in _around(before, one, token, other, after)
    assert token not in _around("", "https://hub.example/enrol/", token, "?x=1", "")


@given(st.text(max_size=300))
def test_any_text_is_cleaned_once(text: str) -> None:
    """Nothing raises, and cleaning again finds nothing new that names somebody."""
    cleaned = Filter().clean(text)
    assert Filter().clean(cleaned) == cleaned


@given(_WORDS, _BESIDE, st.binary(min_size=6, max_size=6), st.text(alphabet=ALPHABET, min_size=LENGTH, max_size=LENGTH), _BESIDE, _WORDS)
def test_no_code_is_left(before: str, one: str, mac: bytes, letters: str, other: str, after: str) -> None:
    """Device codes and voucher codes as they are shown, beside any character."""
    codes = (code_of(b"key", mac.hex(":")), shown(letters))
    cleaned = Filter().clean(f"{before}{one}{codes[0]}{other}{codes[1]}{one}{after}")
    assert [code for code in codes if code in cleaned] == []


@given(_WORDS, _BESIDE, _WORDS)
def test_no_name_is_left(before: str, beside: str, after: str) -> None:
    """A name that is known beforehand; a short one where it is a word."""
    assert "annas-iphone" not in _around(before, beside, "Annas-iPhone", beside, after, {"Annas-iPhone"}).lower()
    assert Filter({"Eva"}).clean("eva, evaluated, Eva_1, (EVA)") == "[name], evaluated, [name]_1, ([name])"


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


@pytest.mark.parametrize("piece", ["a", "g", "1", "a:", ":", "1.", "a-", "ab ", "/", "a@", "@", "a.", "-----BEGIN A-----"])
def test_no_text_takes_long(piece: str) -> None:
    """Whoever is in the hall has a say in what a log says: this would be minutes, did any pattern take the square of its length."""
    assert len(Filter({"annas-iphone"}).clean(piece * 100_000)) <= 100_000 * len(piece)


def test_what_support_needs_stays() -> None:
    """Interfaces, tables, classes, rates, versions, moments and plain words."""
    text = (
        "table inet hotspot_public lan0 wan0 class htb 1:10 parent 1:1 rate 10Mbit 2026-11-23 13:45:01 nftables v1.0.6 6.18.44 two-thirds"
    )
    assert Filter().clean(text) == text


@pytest.mark.parametrize("word", sorted({*DOCTOR, *VISIT, *GUARD, *UNITS, *WANTED, *(f"CONFIG_{each}" for each in NEEDED)}))
def test_words_of_our_own_stay(word: str) -> None:
    """However long they are: kinds of findings, units, settings of the kernel."""
    assert Filter().clean(f'"{word}"') == f'"{word}"'


def test_settings_of_the_name_server_can_still_be_read() -> None:
    """Keys, paths, lengths, times; addresses are numbers."""
    text = (
        "servers-file=/var/cache/hotspot-portal/public.servers\ndhcp-leasefile=/var/lib/dnsmasq-hotspot/public.leases\nfilter-rr=HTTPS,SVCB"
    )
    assert Filter().clean(text) == text
    assert Filter().clean("dhcp-range=198.18.1.0,198.18.14.255,1h") == "dhcp-range=[ip 1],[ip 2],1h"
    assert Filter().clean('"at": 1795452000.123456') == '"at": 1795452000.123456'
    assert Filter().clean(f"{'-' * 40}\n{'=' * 40}") == f"{'-' * 40}\n{'=' * 40}"


def test_the_same_address_has_the_same_number() -> None:
    """So that a reader can follow it through a bundle; in another bundle it has another."""
    kept = Filter()
    one, two = "02:00:00:00:00:01", "02-00-00-00-00-02"
    assert kept.clean(f"{one} {two} {one.upper()}") == "[mac 1] [mac 2] [mac 1]"
    assert kept.clean(two) == "[mac 2]"
    assert without_addresses(f"{two} at 198.18.1.2") == "[mac 1] at [ip 2]"


@pytest.mark.parametrize("moment", ["1795459999.123456", "1795459999.1234567", "1795459999.123"])
def test_a_moment_is_no_address(moment: str) -> None:
    """However many digits Python writes of it: what is packed stays JSON."""
    assert Filter().clean(f'"at": {moment},') == f'"at": {moment},'
