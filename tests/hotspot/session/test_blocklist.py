"""The block list: what may be put on it, and what firewall and name server are told."""

import ipaddress
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewall.api import BlockedPlace
from hotspot.session.blocklist import LONGEST_SECONDS, Entry, Target, covers, names_text, next_change, parse_target, places

NOW = 1_800_000_000.0


def entry(what: str, service: str | None = None, until: float | None = None, zone: str | None = None, number: int = 1) -> Entry:
    """An entry that was added at ``NOW``."""
    return Entry(number, parse_target(what, service), zone, "order", "7 K 1/26", NOW, "clerk", 0, until)


@pytest.mark.parametrize(
    ("what", "service", "expected"),
    [
        ("Casino.Example.", None, Target(domain="casino.example")),
        (" bücher.example ", None, Target(domain="xn--bcher-kva.example")),
        ("a_b.c-d.example", None, Target(domain="a_b.c-d.example")),
        ("198.51.100.10", None, Target(network="198.51.100.10")),
        ("198.51.100.10/32", None, Target(network="198.51.100.10")),
        ("198.51.100.0/24", "udp/0443", Target(network="198.51.100.0/24", service="udp/443")),
        ("2001:DB8::/32", None, Target(network="2001:db8::/32")),
        ("0.0.0.0/0", "tcp/25", Target(network="0.0.0.0/0", service="tcp/25")),
        ("tcp/25", None, Target(service="tcp/25")),
    ],
)
def test_what_can_be_blocked(what: str, service: str | None, expected: Target) -> None:
    """Domains, addresses, networks and services, as people write them."""
    assert parse_target(what, service) == expected


@pytest.mark.parametrize(
    ("what", "service", "said"),
    [
        ("casino", None, "what = 'casino': expected a domain such as"),
        ("https://casino.example/", None, "what = 'https://casino.example/': expected a domain such as"),
        ("*.casino.example", None, "what = '*.casino.example': expected 'casino.example', which blocks everything below it too"),
        ("-x.example", None, "expected a domain such as"),
        ("", None, "what = '': expected a domain such as"),
        ("a..example", None, "expected a domain such as"),
        ("x.example\n server=/y/", None, "expected a domain such as"),
        ("198.51.100.10/24", None, "; 198.51.100.10/24 lies in 198.51.100.0/24"),
        ("198.51.100.300", None, "what = '198.51.100.300': expected an address or a network such as"),
        ("fe80::1%lan0", None, "expected an address"),
        ("::ffff:198.51.100.1", None, "an IPv4 address is written as such"),
        ("::/0", None, "what = '::/0': expected less than everything"),
        ("tcp/0", None, "what = 'tcp/0': expected a protocol and a port of 1 to 65535"),
        ("tcp/25", "tcp/26", "service = 'tcp/26': expected none, because tcp/25 is one already"),
        ("198.51.100.1", "sctp/5", "service = 'sctp/5': expected a protocol and a port of 1 to 65535"),
        ("casino.example", "tcp/443", "service = 'tcp/443': expected none with a domain"),
    ],
)
def test_what_cannot_is_said(what: str, service: str | None, said: str) -> None:
    """Key, value, and what was expected."""
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_target(what, service)


@given(st.text(max_size=60))
def test_no_text_gets_more_into_the_name_servers_file_than_one_domain(text: str) -> None:
    """Whatever is typed: refused, or one line per domain that holds nothing but the domain."""
    try:
        target = parse_target(text)
    except ValueError as error:
        assert "expected" in str(error)
        return
    lines = names_text([entry(text)], "public", NOW).splitlines()[1:]
    assert lines == ([] if target.domain is None else [f"server=/{target.domain}/"])
    assert target.domain is None or set(target.domain) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_places_of_each_kind() -> None:
    """A service alone is shut everywhere, in halves, because the kernel's intervals cannot name all addresses in one."""
    found = places([entry("198.51.100.0/24"), entry("tcp/25", until=NOW + 60), entry("casino.example")], "public", NOW)
    halves = ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
    assert found == (BlockedPlace("198.51.100.0/24"), *(BlockedPlace(half, "tcp/25", 60.0) for half in halves))


def test_only_what_holds_here_and_now() -> None:
    """Not what is over, was removed, or belongs to another zone."""
    over, elsewhere = entry("198.51.100.1", until=NOW), entry("198.51.100.2", zone="council")
    removed = Entry(3, Target(network="198.51.100.3"), None, "order", "7 K 1/26", NOW, "clerk", 0, None, NOW, "clerk", 0, "lifted")
    here = entry("198.51.100.4", zone="public")
    assert places([over, elsewhere, removed, here], "public", NOW) == (BlockedPlace("198.51.100.4"),)


_networks = st.one_of(
    st.builds(lambda bits, length: str(ipaddress.ip_network((bits << 24, length), strict=False)), st.integers(0, 255), st.integers(1, 10)),
    st.builds(lambda bits, length: str(ipaddress.ip_network((bits << 120, length), strict=False)), st.integers(1, 255), st.integers(1, 9)),
)
_entries = st.lists(
    st.tuples(_networks, st.sampled_from([None, "tcp/25"]), st.sampled_from([None, 60.0, 120.0, 5_000.0])), min_size=1, max_size=8
)


@given(_entries)
def test_places_do_not_overlap_and_last_as_long_as_any_entry_says(given_: list[tuple[str, str | None, float | None]]) -> None:
    """What the kernel's sets want; and the first address of every network is shut for the longest time of the entries that hold it."""
    entries = [entry(what, service, None if left is None else NOW + left) for what, service, left in given_]
    found = [(ipaddress.ip_network(place.network), place.service, place.seconds) for place in places(entries, "public", NOW)]
    pairs = [(one, other) for one, other in combinations(found, 2) if one[1] == other[1] and one[0].version == other[0].version]
    assert [(one, other) for one, other in pairs if one[0].overlaps(other[0])] == []
    far = LONGEST_SECONDS
    for what, service, _ in given_:
        address = ipaddress.ip_network(what).network_address
        holds = [far if left is None else left for net, port, left in given_ if port == service and address in ipaddress.ip_network(net)]
        shut = [far if left is None else left for net, port, left in found if port == service and address in net]
        assert shut == [max(holds)]


def test_ends_that_the_contract_cannot_say() -> None:
    """Longer than a leap year: no end for now, another list in time; less than a second: one second."""
    far, near = entry("198.51.100.1", until=NOW + LONGEST_SECONDS + 50), entry("198.51.100.2", until=NOW + 0.25)
    assert [place.seconds for place in places([far, near], "public", NOW)] == [None, 1.0]
    assert [next_change(some, NOW) for some in ([far], [far, near], [entry("tcp/25")])] == [50.0, 0.25, None]


def test_names() -> None:
    """One line per domain, sorted; a name is covered by itself and by what it is below."""
    text = names_text([entry("b.example"), entry("a.example"), entry("a.example", number=2), entry("tcp/25")], "public", NOW)
    assert text.splitlines()[1:] == ["server=/a.example/", "server=/b.example/"]
    assert [covers("town.example", name) for name in ("town.example", "www.town.example", "downtown.example")] == [True, True, False]
