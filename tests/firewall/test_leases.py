"""Leases: who may use which IPv4 address."""

from firewall.leases import GONE_AFTER, Lease, Leases, Update, parse

FILE = """1790000000 02:00:00:00:00:01 198.18.0.11 anna 01:02:00:00:00:00:01
1790000000 02:00:00:00:00:02 198.18.0.12 * *
duid 00:01:00:01:2f
1790000000 1234 2001:db8:1::5 anna 00:01
1790000000 nonsense 198.18.0.13 x y
1790000000 02:00:00:00:00:03 198.18.0.999 x y
1790000000 02:00
"""
ANNA = Lease("02:00:00:00:00:01", "198.18.0.11", "anna 01:02:00:00:00:00:01")
BERT = Lease("02:00:00:00:00:02", "198.18.0.12", "* *")


def test_parse() -> None:
    """IPv4 leases are read; IPv6 ones, half lines and rubbish are left out."""
    assert parse(FILE) == (ANNA, BERT)


def test_a_lease_is_gone_only_when_it_stays_away() -> None:
    """A file that is read while dnsmasq writes it takes no address from anybody."""
    leases = Leases()
    assert leases.take([ANNA, BERT], 0.0) == Update(added=(ANNA, BERT))
    assert leases.take([ANNA], 1.0) == Update()
    waiting = leases.waiting
    assert leases.take([ANNA, BERT], 2.0) == Update()
    assert (waiting, leases.waiting) == (True, False)
    leases.take([ANNA], 3.0)
    assert leases.take([ANNA], 3.0 + GONE_AFTER) == Update(removed=(BERT,))
    assert list(leases) == [ANNA]


def test_who_is_in_session_keeps_the_address() -> None:
    """A lease that is missing stays while its client is in session, and goes afterwards; another client gets the address at once."""
    leases = Leases()
    leases.take([ANNA, BERT], 0.0)
    assert leases.take([BERT], 100.0, lambda mac: mac == ANNA.mac) == Update()
    assert leases.take([BERT], 200.0, lambda mac: mac == ANNA.mac) == Update()
    assert leases.take([BERT], 300.0) == Update(removed=(ANNA,))
    taken = Lease(ANNA.mac, BERT.ip, "* *")
    assert leases.take([taken], 400.0, lambda mac: mac == BERT.mac) == Update(added=(taken,), removed=(BERT,))


def test_an_address_changes_hands_at_once() -> None:
    """The address belongs to whom the server gave it last."""
    leases = Leases()
    leases.take([ANNA], 0.0)
    moved = Lease(BERT.mac, ANNA.ip, "* *")
    assert leases.take([moved], 1.0) == Update(added=(moved,), removed=(ANNA,))


def test_another_device_with_the_same_mac_is_noticed() -> None:
    """Another name or client id under a known MAC is another device; one that says nothing is not."""
    leases = Leases()
    leases.take([ANNA, BERT], 0.0)
    other = Lease(ANNA.mac, ANNA.ip, "laptop ff:00:01")
    assert leases.take([other, BERT], 1.0) == Update(doubled=(ANNA.mac,))
    second = Lease(BERT.mac, "198.18.0.20", "laptop ff:00:02")
    assert leases.take([other, BERT, second], 2.0) == Update(added=(second,))
    third = Lease(BERT.mac, "198.18.0.21", "phone ff:00:03")
    assert leases.take([other, second, third], 3.0).doubled == (BERT.mac,)
