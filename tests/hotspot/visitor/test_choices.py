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
    found = choices.of_settings(SETTINGS, None)
    assert (found["zone"], found["key"], PLAN in found) == ("public", b"", False)
    chosen = Choices(interface="br0", **found)  # type: ignore[arg-type]
    assert chosen.down > chosen.up > 0
    assert chosen.api_url == (f"{chosen.portal_url}api/captive" if chosen.portal_url.startswith("https") else "")


@pytest.mark.parametrize(
    ("path", "zone", "expected"), [("nowhere.toml", None, "cannot read nowhere.toml"), (str(SETTINGS), "x", "zone = 'x'")]
)
def test_settings_that_cannot_be_used(path: str, zone: str | None, expected: str) -> None:
    """The portal's own words, and the zones that there are."""
    with pytest.raises(BadChoice) as raised:
        choices.of_settings(Path(path), zone)
    assert expected in str(raised.value)
