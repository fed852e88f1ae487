"""The town of the hall: its directory of services as a file of settings, and the names that are in the walled garden because of it."""

import tomllib
from functools import lru_cache
from pathlib import Path

from hotspot.lab.options import Options
from hotspot.town.garden import dnsmasq_lines

FILE = Path(__file__).parent / "town" / "services.toml"


@lru_cache(maxsize=1)
def _reachable() -> tuple[str, ...]:
    """What the file marks as reachable before acceptance. The portal checks the file, and a test that both say the same."""
    services = tomllib.loads(FILE.read_text())["services"]
    return tuple(sorted({str(host) for entry in services.values() for host in entry.get("reachable", [])}))


def garden(options: Options) -> tuple[str, ...]:
    """All names of the garden: those of the directory, and those that the options add."""
    return (*options.garden, *(_reachable() if options.services else ()))


def garden_lines(options: Options, zone: str) -> list[str]:
    """The garden as lines for the name servers of a zone, as ``hotspot garden`` prints them."""
    return dnsmasq_lines(garden(options), [zone])


def portal_lines(options: Options) -> str:
    """The directory and the form for messages in the settings of the portal; the directory stands beside them."""
    if not options.services:
        return ""
    return """
[feedback.next]
de = "Das Bürgerbüro liest jede Meldung am nächsten Arbeitstag. Eine Antwort gibt es, wenn eine Adresse dabei steht."
en = "The citizens' office reads every message on the next working day. There is an answer if you leave an address."
"""
