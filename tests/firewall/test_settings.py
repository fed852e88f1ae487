"""Settings: read once, and clear about what is wrong."""

from pathlib import Path

import pytest

from firewall.settings import Ceilings, Settings, SettingsError, Zone, load, parse

GOOD = """
clients = ["hotspot-portal", 990]
usage_interval = "2 s"
[zones.public]
lan = "lan0"
wan = "wan0"
addresses = ["198.18.0.1/20", "2001:db8:1::1/64"]
total_down = "100 Mbit/s"
total_up = 40000000
[zones.public.ceilings]
rate_down = "50 Mbit/s"
seconds = "2 h"
volume = "1.5 GB"
"""


def test_units_and_defaults() -> None:
    """Rates, times and sizes may have units; what is left out has its default."""
    zone = Zone(
        "lan0",
        "wan0",
        ("198.18.0.1/20", "2001:db8:1::1/64"),
        100_000_000,
        40_000_000,
        ceilings=Ceilings(rate_down=50_000_000, seconds=7_200, volume=1_500_000_000),
    )
    settings = parse(GOOD, "x.toml")
    assert settings == Settings({"public": zone}, clients=("hotspot-portal", 990), usage_interval=2)
    assert (zone.networks(4), zone.networks(6), zone.own(6)) == (("198.18.0.0/20",), ("2001:db8:1::/64",), ("2001:db8:1::1",))


def test_the_size_of_the_pool() -> None:
    """It is known where leases are looked at: as the settings say, or all of the zone's IPv4 but the gateway's own."""
    text = GOOD.replace("total_up", 'leases = "leases"\ntotal_up')
    sizes = [parse(one, "x.toml").zones["public"].pool_size for one in (GOOD, text, text.replace("total_up", "pool = 500\ntotal_up"))]
    assert sizes == [0, 4_096 - 3, 500]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"100 Mbit/s"', '"fast"', ["zones.public.total_down = 'fast'", "Mbit/s"]),
        ('"100 Mbit/s"', "5", ["zones.public.total_down = 5", ">= 8000"]),
        ('"2 h"', '"2 weeks"', ["zones.public.ceilings.seconds = '2 weeks'", "min"]),
        ("total_up =", "total_upp =", ["zones.public", "total_upp"]),
        ('wan = "wan0"', 'wan = "lan0"', ["zones.public.wan = 'lan0'", "another interface"]),
        ('wan = "wan0"', 'wan = "a name with spaces"', ["zones.public.wan = 'a name with spaces'"]),
        ("/20", "/99", ["zones.public.addresses", "198.18.0.1/99"]),
        ("[zones.public]", "[zones.Public]", ["zones", "Public"]),
        ('lan = "lan0"', 'lan = "lan0"\nportal_port = 8080', ["zones.public", "four different ports"]),
        ("clients =", "clients ", ["x.toml"]),
    ],
)
def test_errors_name_key_value_and_expectation(old: str, new: str, words: list[str]) -> None:
    """One line that a person can act on."""
    with pytest.raises(SettingsError) as error:
        parse(GOOD.replace(old, new), "x.toml")
    assert [word for word in ["cannot use x.toml", *words] if word not in str(error.value)] == []


def test_two_zones_on_one_interface() -> None:
    """An interface belongs to one zone."""
    zone = GOOD.split("[zones.public]")[1].split("[zones.public.ceilings]", maxsplit=1)[0]
    with pytest.raises(SettingsError, match="already the interface of zone 'public'"):
        parse(f"[zones.public]{zone}[zones.council]{zone}", "x.toml")


def test_as_many_zones_as_there_are_classes_for() -> None:
    """Twelve zones are fine; a garden of the thirteenth would have the class of what is dropped."""
    zone = GOOD.split("[zones.public]")[1].split("[zones.public.ceilings]", maxsplit=1)[0]
    text = ["".join(f"[zones.z{number}]{zone.replace('lan0', f'lan{number}')}" for number in range(count)) for count in (12, 13)]
    assert len(parse(text[0], "x.toml").zones) == 12
    with pytest.raises(SettingsError, match="13 of them, expected at most 12"):
        parse(text[1], "x.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(SettingsError, match="nowhere.toml"):
        load(tmp_path / "nowhere.toml")
