"""The ruleset as text: golden, reviewed like code, because an auditor reads it."""

from pathlib import Path

from msgspec import structs

from firewall import ruleset
from firewall.settings import Zone

ZONE = Zone("lan0", "wan0", ("198.18.0.1/20", "2001:db8:1::1/64"), 100_000_000, 40_000_000)
GOLDEN = Path(__file__).parent / "golden"


def _code(text: str) -> str:
    """Without comments and blank lines."""
    lines = (line.split("#")[0].rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def test_guard_is_golden() -> None:
    """The guard of a gateway with two zones."""
    zones = {"public": ZONE, "council": Zone("lan1", "wan0", ("198.18.32.1/20",), 10_000_000, 10_000_000)}
    assert _code(ruleset.guard(zones)) == (GOLDEN / "guard.nft").read_text(encoding="utf-8")


def test_zone_is_golden() -> None:
    """The table of one zone."""
    assert _code(ruleset.zone_table({"public": ZONE}, "public")) == (GOLDEN / "zone.nft").read_text(encoding="utf-8")


def test_nothing_is_left_to_fill_in() -> None:
    """Every placeholder of the templates has its value."""
    assert "$" not in ruleset.zone_table({"public": ZONE}, "public") + ruleset.guard({"public": ZONE})


def test_rules_are_renewed_without_touching_maps() -> None:
    """Chains are flushed, unknown ones deleted, and no map is; what the zone no longer has in another family goes."""
    text = ruleset.zone_table({"public": ZONE}, "public")
    tables = {"inet": ("forward", "extra"), "arp": ("input",)}
    chains = {family: "".join(f"\tchain {name} {{\n\t}}\n" for name in names) for family, names in tables.items()}
    listed = "".join(f"table {family} hotspot_public {{\n{inside}}}\n" for family, inside in chains.items())
    renewal = ruleset.rules_replaced("hotspot_public", text, listed).removesuffix(text)
    assert renewal.splitlines() == [
        "table arp hotspot_public {}",
        "delete table arp hotspot_public",
        "flush chain inet hotspot_public forward",
        "flush chain inet hotspot_public extra",
        "delete chain inet hotspot_public extra",
    ]


def test_leases_are_kept_for_arp_too() -> None:
    """Where the leases are known, the zone's text has a table for ARP."""
    leased = structs.replace(ZONE, leases="/run/leases")
    text = ruleset.zone_table({"public": leased}, "public")
    assert (ruleset.families(text), ruleset.families(ruleset.zone_table({"public": ZONE}, "public"))) == (("inet", "arp"), ("inet",))
    assert (GOLDEN / "arp.nft").read_text(encoding="utf-8") == _code(text[text.index("table arp") :])
    assert "ether saddr . ip saddr != @leased4" in text


def test_a_delegated_prefix_is_what_the_kernel_routes() -> None:
    """An address that is in no prefix of the settings has to be on the link; with a fixed prefix nothing asks the routes."""
    delegated = ruleset.zone_table({"public": structs.replace(ZONE, addresses=("198.18.0.1/20",), prefix6="delegated")}, "public")
    assert 'ip6 saddr != { ::/128 } fib saddr oifname != "lan0" counter name spoofed drop' in delegated
    assert "saddr oifname" not in ruleset.zone_table({"public": ZONE}, "public")


def test_a_translated_prefix_goes_out_as_the_gateway() -> None:
    """The zone's own prefix, and only that one."""
    private = structs.replace(ZONE, addresses=("198.18.0.1/20", "fd00:1::1/64"), prefix6="translated")
    assert 'oifname "wan0" ip6 saddr { fd00:1::/64 } masquerade' in ruleset.zone_table({"public": private}, "public")
    assert "ip6 saddr { 2001:db8:1::/64 } masquerade" not in ruleset.zone_table({"public": ZONE}, "public")
