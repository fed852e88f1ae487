"""docs/firewall.toml: it loads as it stands and with every comment that holds a key, no key is missing, and defaults are the true ones."""

import re
from pathlib import Path

from msgspec import NODEFAULT
from msgspec.structs import fields

from firewall import settings

EXAMPLE = Path(__file__).parents[1] / "docs" / "firewall.toml"
EXAMPLES = {"lan", "wan", "addresses", "total_down", "total_up", "leases", "pool", "blocked_networks", "volume"}
"""Keys without a default, or whose default is nothing or long: the file shows an example."""
KEY = re.compile(r"^(?:# )?(\[[a-z_.]+\]|[a-z_0-9]+(?= = ))", re.MULTILINE)


def uncommented() -> str:
    """The file with every key that is commented out."""
    return re.sub(r"^# (\[[a-z_.]+\]|[a-z_0-9]+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_it_loads_as_it_stands() -> None:
    """A zone with both IP versions."""
    zone = settings.load(EXAMPLE).zones["public"]
    assert (zone.networks(4), zone.networks(6), zone.prefix6) == (("10.20.0.0/20",), ("2001:db8:1::/64",), "fixed")


def test_defaults_are_the_true_ones() -> None:
    """With all that is in it, each key has its default unless it is an example."""
    loaded = settings.parse(uncommented(), str(EXAMPLE))
    zone = loaded.zones["public"]
    for struct in (loaded, zone, zone.ceilings):
        for field in fields(struct):
            if field.name not in {*EXAMPLES, "zones", "ceilings"}:
                assert field.default is not NODEFAULT
                assert getattr(struct, field.name) == field.default, field.name


def test_every_key_is_there() -> None:
    """None is missing."""
    shown = set(KEY.findall(EXAMPLE.read_text(encoding="utf-8")))
    there = {field.name for struct in (settings.Settings, settings.Zone, settings.Ceilings) for field in fields(struct)}
    assert there - {"zones", "ceilings"} == {key for key in shown if not key.startswith("[")}
