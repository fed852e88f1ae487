"""Names and addresses of a hall."""

import pytest

from hotspot.lab.layout import Layout, phone_mac, slaac_address


def test_namespaces_are_named_after_the_hall() -> None:
    """Gateway, WAN, access point and a phone of the hall ``town``."""
    layout = Layout("town")
    actual = (layout.gateway, layout.wan, layout.access_point, layout.phone("anna"))
    assert actual == ("town-gw", "town-wan", "town-ap", "town-anna")


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "1st", "ä", "x" * 25, ".."])
def test_a_hall_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    """Names become parts of paths and namespaces, so only letters, digits and dashes are taken."""
    with pytest.raises(ValueError, match="cannot name a hall"):
        Layout(name)


@pytest.mark.parametrize("name", ["gw", "wan", "ap", "Anna", "a-b", "", "x/y"])
def test_a_phone_cannot_take_a_name_of_the_hall(name: str) -> None:
    """Reserved names, dashes (which part hall and phone) and anything odd are refused."""
    with pytest.raises(ValueError, match="cannot name a phone"):
        Layout("town").phone(name)


def test_a_hall_owns_its_namespaces_and_no_others() -> None:
    """The hall ``a`` does not take down what belongs to the hall ``a-b``."""
    names = ["a-gw", "a-anna", "a-b-gw", "ab-gw", "a", "a-", "b-a-gw"]
    assert [name for name in names if Layout("a").owns(name)] == ["a-gw", "a-anna"]


def test_macs_are_unicast_locally_administered_and_counted() -> None:
    """Phone 1 and phone 258."""
    assert [phone_mac(1), phone_mac(258)] == ["02:00:00:00:00:01", "02:00:00:00:01:02"]


def test_slaac_address_is_modified_eui_64() -> None:
    """RFC 4291 appendix A: the universal bit is flipped, ff:fe goes into the middle."""
    assert slaac_address("02:00:00:00:00:01") == "2001:db8:1::ff:fe00:1"
