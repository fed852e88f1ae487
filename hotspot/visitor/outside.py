"""What a captive client should and should not reach: true names, and nothing beyond the portal."""

import ipaddress
import secrets
import time
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from hotspot.dns import NO_ERROR, NXDOMAIN
from hotspot.looks.words_visit import PHONES as TITLES
from hotspot.visitor import names
from hotspot.visitor.choices import USUAL_PHONES, Choices
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Failed, Skipped
from hotspot.visitor.phones import PHONES, Probe
from hotspot.visitor.said import Said
from hotspot.visitor.web import PROMPT, Port, Unanswered

TLS_PORT: Final = 443
"""No captive client reaches it anywhere but at the portal."""
_INNER: Final = tuple(
    map(ipaddress.ip_network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "240.0.0.0/4", "fc00::/7"))
)
"""No site of the Internet is there."""
_NOBODY: Final = Said("ein Name, den es nicht gibt,", "a name that does not exist")


def probes(choices: Choices) -> list[tuple[str, Probe]]:
    """The makes of phone that are to be asked for, each with its probe."""
    return [(name, PHONES[name]) for name in choices.phones]


def true_names(known: Known, family: int) -> None:
    """Names on the Internet are answered, not with an address of the hall's own; a name that does not exist is not."""
    server = known.servers[family]
    try:
        known.ask(server, urlsplit(known.portal_url).hostname or "localhost", family)  # the server itself knows it
    except names.Silent:
        raise Failed("dns-dead") from None
    try:
        nobody = known.ask(server, f"{secrets.token_hex(6)}.invalid", family)
    except names.Silent:
        raise Failed("dns-upstream-dead") from None
    if any(map(partial(_is_lie, known), nobody.addresses)):
        raise Failed("dns-lies", name=_NOBODY)
    if nobody.addresses:
        known.notes.find("dns-search-page")  # visitors get online all the same
    for _, probe in probes(known.choices):
        _probe_name(known, server, probe.host, family)
    for name in USUAL_PHONES:
        if family not in known.outside:  # the makes that were chosen have no address: have those of most people?
            _probe_name(known, server, PHONES[name].host, family)
    _portal_name(known, family)
    # Without IPv6 addresses phones go by IPv4; without any they go nowhere, however promptly that is answered.
    if family not in known.outside and (family == 4 or 4 not in known.usable):
        raise Failed("dns-empty")


def _probe_name(known: Known, server: str, host: str, family: int) -> None:
    """The name of a probe is answered truly; where it leads is remembered."""
    try:
        told = known.ask(server, host, family)
    except names.Silent:
        raise Failed("dns-upstream-dead") from None
    if any(map(partial(_is_lie, known), told.addresses)):
        raise Failed("dns-lies", name=host)
    if told.code not in (NO_ERROR, NXDOMAIN):
        raise Failed("dns-upstream-dead")
    known.found[host, family] = told.addresses
    if told.addresses:
        known.outside.setdefault(family, told.addresses[0])


def _is_lie(known: Known, address: str) -> bool:
    """Can no site of the Internet be there? Also not at what filters answer with, as 0.0.0.0 and ::1, nor at IPv4 written as IPv6."""
    one = ipaddress.ip_address(address)
    if one.version == 6 and one.ipv4_mapped is not None:
        return True
    nowhere = one.is_unspecified or one.is_loopback or one.is_multicast or one.is_link_local
    return nowhere or known.on_link(address) or any(one in network for network in _INNER)


def _portal_name(known: Known, family: int) -> None:
    """The portal's name leads to the gateway."""
    name = urlsplit(known.portal_url).hostname or ""
    if not name or name.replace(".", "").isdigit() or ":" in name:
        return
    addresses = known.resolve(name, family)
    if not addresses:
        if family == 4 or not known.resolve(name, 4):
            raise Failed("portal-name-unknown", name=name)
        return
    if not any(known.on_link(one) for one in addresses):
        raise Failed("portal-name-elsewhere", name=name)


def closed(known: Known, family: int) -> None:
    """A connection to the Internet is refused, at once."""
    target = known.outside.get(family)
    if target is None:
        raise Skipped("no-address")
    began = time.monotonic()
    port = known.knock(target, TLS_PORT)
    if port is Port.OPEN:
        raise Failed("open-before-accept" if family == 4 else "open6-before-accept")
    if port is Port.SILENT or time.monotonic() - began > PROMPT:
        if known.knock(target, 80) is Port.SILENT:
            raise Failed("rules-gone")  # not even the web is led to the portal
        raise Failed("refusal-slow")


def probe(known: Known, name: str, one: Probe, family: int) -> None:
    """The probe of a make of phone is sent to the portal."""
    if not known.resolve(one.host, family):
        raise Skipped("no-address")
    try:
        page = known.get(one.url, family, {"User-Agent": one.agent})
    except Unanswered:
        raise Failed("probe-silent", phone=TITLES[name]) from None
    if not page.location:
        raise Failed("probe-error" if page.status >= 400 else "probe-answered", phone=TITLES[name], status=page.status)
    if not known.portal_url:
        known.portal_url = page.location.partition("?")[0]
    if known.is_bare(page.location):
        known.bare_url = page.location.partition("?")[0]  # the step of the certificate says so
        return
    if not page.location.startswith(known.portal_url):
        raise Failed("probe-elsewhere", phone=TITLES[name], found=known.said(page.location), expected=known.said(known.portal_url))
