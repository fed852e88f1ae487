"""What of a look may leave the hall (pure): nothing that could be a device's address, and no more than fits into a message.

The programs that look write no such thing; this is the second lock, for the day on which one of them has a fault.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from typing import Final

import msgspec
from msgspec.structs import replace

from hotspot.looks.values import Finding, Look, Result, Step, Visited
from hotspot.looks.verdict import ONLINE
from hotspot.looks.words import gravest_first

LARGEST: Final = 16_000
"""Bytes of one look as JSON: three of them leave room in a delivery for its reports (``hotspot.wire.LARGEST``)."""
LEAST: Final = 10
"""Findings that stay before steps go."""
MOST_REASONS: Final = 4
"""That a verdict keeps where a look has to be made smaller."""
OWN_V4, OWN_V6 = 29, 64
"""A network that is no narrower is the hall's, not a device's."""

_MAC: Final = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12})(?![0-9a-f])", re.IGNORECASE
)
_OWN_NAME: Final = re.compile(r"(?<![0-9a-z])enx[0-9a-f]{12}(?![0-9a-z])")
"""What systemd calls a network card at USB: by its own MAC, so it looks like one …"""
_V4: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?(?![0-9])")
_V6: Final = re.compile(r"(?<![0-9a-f:])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:/[0-9]{1,3})?", re.IGNORECASE)


def identifies(text: str) -> bool:
    """Is there something in it that could be the address of a device: a MAC in any usual spelling, IPv4, IPv6? Networks are none."""
    plain = unicodedata.normalize("NFKC", text)
    if _MAC.search(plain):
        return True
    return any(_is_address(found.group()) for pattern in (_V4, _V6) for found in pattern.finditer(plain))


def _is_address(text: str) -> bool:
    """False for what only looks like one (a time, a version with a number above 255) and for a network as a whole."""
    text = text.rstrip(".")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    whole = network.prefixlen <= (OWN_V4 if network.version == 4 else OWN_V6)
    return not (whole and str(network.network_address) == str(ipaddress.ip_address(text.partition("/")[0])))


def _names_device(value: str, interfaces: Collection[str] | None) -> bool:
    """… but is a name of the gateway's when it has such an interface. Where nobody knows what it has (None), the form is enough: a device's
    own MAC has no such letters in front."""
    known = interfaces if interfaces is not None else _OWN_NAME.findall(value)
    return identifies(_OWN_NAME.sub(lambda found: " " if found.group() in known else found.group(), value))


def cleaned(look: Look, zones: Collection[str], interfaces: Collection[str] | None = None) -> tuple[Look, int]:
    """The look without what could name a device, and how many places that were. A value that could is left out (people read "?"); a
    finding or a step whose own kind could is left out whole; a zone that the hall does not have is none. ``interfaces``: those of the
    gateway, which may be named; None: not known here."""
    removed = int(identifies(look.software))
    findings, steps = [], []
    for finding in look.findings:
        values = {key: value for key, value in finding.values.items() if not identifies(key) and not _names_device(value, interfaces)}
        removed += len(finding.values) - len(values)
        if identifies(finding.kind):
            removed += 1
        else:
            findings.append(replace(finding, values=values, zone=_zone(finding, zones)))
    for step in look.steps:
        if identifies(step.name) or identifies(step.why or ""):
            removed += 1
        else:
            steps.append(replace(step, zone=_zone(step, zones)))
    visited = tuple(
        replace(one, zone=_zone(one, zones), because=tuple(kind for kind in one.because if not identifies(kind))) for one in look.visited
    )
    software = "" if identifies(look.software) else look.software
    return replace(look, software=software, findings=tuple(findings), steps=tuple(steps), visited=visited), removed


def _zone(of: Finding | Step | Visited, zones: Collection[str]) -> str:
    return of.zone if of.zone in zones else ""


def cut(look: Look, most: int = LARGEST) -> Look:
    """As much of it as fits into so many bytes: the gravest findings, then whether anybody got online, failed steps before others."""
    look = replace(look, findings=tuple(gravest_first(look.findings)))
    if len(msgspec.json.encode(look)) > most:
        look = replace(look, visited=tuple(replace(one, because=one.because[:MOST_REASONS]) for one in look.visited))
    while len(msgspec.json.encode(look)) > most and (look.findings or look.steps):
        look = _smaller(look)
    return look


def _smaller(look: Look) -> Look:
    """One piece less."""
    well = [number for number, step in enumerate(look.steps) if step.result is not Result.FAILED and step.name != ONLINE]
    if len(look.findings) > LEAST or (look.findings and not well):
        return replace(look, findings=look.findings[:-1])
    last = well[-1] if well else len(look.steps) - 1
    return replace(look, steps=look.steps[:last] + look.steps[last + 1 :])
