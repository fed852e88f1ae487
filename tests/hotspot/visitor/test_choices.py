"""What is asked of a visit: options that are wrong are named with value and what was expected."""

from pathlib import Path

import pytest

from hotspot.session.visitor_check import PLAN
from hotspot.visitor import choices
from hotspot.visitor.choices import BadChoice, Choices
from hotspot.visitor.phones import PHONES

SETTINGS = Path(__file__).parents[3] / "docs" / "portal.toml"


def test_phones() -> None:
    """Some, or all of them."""
    assert (choices.phones("ios, android"), choices.phones("all")) == (("ios", "android"), tuple(PHONES))


@pytest.mark.parametrize(("text", "expected"), [("nokia", "phones = 'nokia': expected all, or some of ios,"), ("", "phones = ''")])
def test_unknown_phones(text: str, expected: str) -> None:
    """Named."""
    with pytest.raises(BadChoice) as raised:
        choices.phones(text)
    assert expected in str(raised.value)


def test_addresses_and_ports() -> None:
    """Both stacks."""
    assert (choices.address_port("10.0.0.5:443"), choices.address_port("[2001:db8::5]:22")) == (("10.0.0.5", 443), ("2001:db8::5", 22))


@pytest.mark.parametrize("text", ["10.0.0.5", "10.0.0.5:0", "10.0.0.5:70000", "town:443", ":443", "10.0.0.5:x"])
def test_what_is_no_address_and_port(text: str) -> None:
    """Named."""
    with pytest.raises(BadChoice, match="expected"):
        choices.address_port(text)


def test_the_key_file(tmp_path: Path) -> None:
    """Not there, too short, good."""
    path = tmp_path / "key"
    with pytest.raises(BadChoice, match=r"key = '.*key': No such file or directory"):
        choices.key(path)
    path.write_text("short")
    with pytest.raises(BadChoice, match="expected a file with 32 to 1024 bytes"):
        choices.key(path)
    path.write_text("k" * 32)
    assert choices.key(path) == b"k" * 32


def test_expectations_come_from_the_settings() -> None:
    """Where the portal is and what its first plan promises; the API is named where there is https."""
    (found,) = choices.zones(SETTINGS, ["br0"], [])
    assert (found["zone"], found["interface"], found["key"], PLAN in found) == ("public", "br0", b"", False)
    chosen = Choices(**found)
    assert chosen.down > chosen.up > 0
    assert chosen.down >= chosen.least_down > 0
    assert chosen.api_url == (f"{chosen.portal_url}api/captive" if chosen.portal_url.startswith("https") else "")
    assert (chosen.lan, chosen.families) == ("guests", (4, 6))


@pytest.mark.parametrize(
    ("path", "names", "expected"),
    [
        (Path("nowhere.toml"), [], "cannot read nowhere.toml"),
        (SETTINGS, ["x"], "zone = 'x': expected one of public"),
        (SETTINGS, ["public", "public"], "interface = br0: expected one for each of the zones public, public"),
        (None, ["a", "b"], "interface is missing: expected one, and at most one zone"),
    ],
)
def test_settings_that_cannot_be_used(path: Path | None, names: list[str], expected: str) -> None:
    """The portal's own words, and the zones that there are."""
    with pytest.raises(BadChoice) as raised:
        choices.zones(path, ["br0"], names)
    assert expected in str(raised.value)


WALLS = """
[zones.public]
lan = "br-guest"
addresses = ["198.18.0.1/20", "2001:db8::1/64"]
[zones.council]
lan = "br-council"
addresses = ["198.18.32.1/24"]
"""
COUNCIL = """
[zones.council]
plans = ["free"]
portal_url = "http://198.18.32.1/"
"""


def two_zones(tmp_path: Path, walls: str) -> Path:
    """Settings of a hall with two zones, and the firewall's beside them."""
    settings = tmp_path / "portal.toml"
    settings.write_text(SETTINGS.read_text() + COUNCIL)
    (tmp_path / "firewall.toml").write_text(walls)
    return settings


def test_every_zone_is_visited_on_its_own_interface(tmp_path: Path) -> None:
    """By the firewall's settings, which also say that a zone has no IPv6: nothing of it is missing then."""
    found = choices.zones(two_zones(tmp_path, WALLS), [], [])
    assert [(one["zone"], one["interface"], one["lan"], one.get("families")) for one in found] == [
        ("public", "br-guest", "br-guest", None),
        ("council", "br-council", "br-council", (4,)),
    ]
    (one,) = choices.zones(tmp_path / "portal.toml", ["br0"], ["council"])
    assert (one["zone"], one["interface"], one["lan"]) == ("council", "br0", "br-council")


@pytest.mark.parametrize(
    ("walls", "interfaces", "expected"),
    [
        (WALLS, ["br0"], "zone is missing: expected one of public, council"),
        ("zones = 3", [], "interface is missing: zone 'public' has none in firewall.toml"),
        ("not toml", [], "interface is missing: zone 'public' has none in firewall.toml"),
    ],
)
def test_what_is_missing_for_several_zones(tmp_path: Path, walls: str, interfaces: list[str], expected: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(BadChoice) as raised:
        choices.zones(two_zones(tmp_path, walls), interfaces, [])
    assert expected in str(raised.value)


@pytest.mark.parametrize("text", ["https://x.example/", "http://[/", "http://x.example:99999/", "http:///x", "x.example"])
def test_what_is_nothing_to_measure_with(text: str) -> None:
    """Named."""
    with pytest.raises(BadChoice, match="expected one such as"):
        choices.web_address(text)
