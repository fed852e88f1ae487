"""The tables as text: the templates ``guard.nft`` and ``ruleset.nft`` with the settings filled in. Pure but for reading these."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

from firewall.settings import Zone

GUARD_TABLE = "hotspot_guard"


def guard(zones: Mapping[str, Zone]) -> str:
    """The guard table for all guest interfaces, as ``nft -f`` takes it."""
    return _template("guard.nft").substitute(guests=", ".join(f'"{zone.lan}"' for zone in zones.values()))


def zone_table(name: str, zone: Zone) -> str:
    """A zone's table, as ``nft -f`` takes it."""
    networks = zone.networks(4)
    return _template("ruleset.nft").substitute(
        zone=name,
        lan=zone.lan,
        wan=zone.wan,
        capture_port=zone.capture_port,
        portal_port=zone.portal_port,
        portal_tls_port=zone.portal_tls_port,
        # A zone without IPv4 has nothing to masquerade; nft wants an element, and no packet comes from this network.
        networks4=", ".join(networks) or "0.0.0.0/32",
    )


def fingerprint(text: str) -> str:
    """Short name of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def replaced(table: str, text: str) -> str:
    """A transaction that puts a table in place of whatever has its name, elements included."""
    return f"table inet {table} {{}}\ndelete table inet {table}\n{text}"


def rules_replaced(table: str, text: str, chains: Iterable[str]) -> str:
    """A transaction that renews the rules of a table and leaves its maps, and so the visitors in session, as they are.

    ``chains``: those that the table has now. All are emptied, and those that ``text`` does not know are deleted."""
    wanted = set(re.findall(r"^\tchain (\S+) \{", text, re.MULTILINE))
    flushes = "".join(f"flush chain inet {table} {chain}\n" for chain in chains)
    deletions = "".join(f"delete chain inet {table} {chain}\n" for chain in chains if chain not in wanted)
    return flushes + deletions + text


def _template(file_name: str) -> Template:
    return Template(files("firewall").joinpath(file_name).read_text(encoding="utf-8"))
