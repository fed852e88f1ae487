"""What DHCP, DNS and router advertisements tell phones, against the settings (pure): dnsmasq's and radvd's settings as they run."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from hotspot.doctor.found import found
from hotspot.doctor.servers import DNSMASQ, RADVD, Server, radvd_blocks
from hotspot.doctor.subject import Subject, Zone
from hotspot.looks.values import Finding
from hotspot.portal.capport import PATH
from hotspot.portal.settings import Settings
from hotspot.town.garden import dnsmasq_lines

_OPTION_37 = re.compile(r'AdvCaptivePortalAPI\s+"([^"]*)"')


def judge(subject: Subject) -> Iterator[Finding]:
    """Zone by zone."""
    for name, zone in subject.zones.items():
        serving = [
            each for each in subject.servers if each.program == DNSMASQ and not each.unreadable and each.serves(zone.lan, zone.addresses)
        ]
        for server in serving:
            if server.leases_on(zone.lan):
                yield from _options(name, zone, server, subject.portal)
        if subject.portal is not None:
            yield from _lists(name, subject.portal, serving)
        yield from _advertised(name, zone, subject)


def api_url(portal: Settings, zone: str) -> str | None:
    """The address of the API (RFC 8908) that phones should hear of; None: of none, because there is no certificate."""
    url = portal.zones[zone].portal_url if zone in portal.zones else ""
    return url.rstrip("/") + PATH if portal.certificate is not None and urlsplit(url).scheme == "https" else None


def _options(name: str, zone: Zone, server: Server, portal: Settings | None) -> Iterator[Finding]:
    own = {each.partition("/")[0] for each in zone.addresses}
    told = server.options(zone.lan, [ipaddress.ip_interface(each).network for each in zone.addresses])
    # Without the option dnsmasq tells its own address, which is right.
    if 3 in told and not set(told[3]) <= {*own, "0.0.0.0"}:
        yield found("router-wrong", name)
    if 6 in told and not set(told[6]) & {*own, "0.0.0.0"}:
        yield found("name-server-wrong", name)
    if portal is None or name not in portal.zones:
        return
    wanted, url = api_url(portal, name), ",".join(told.get(114, ())).strip('"')
    if wanted is None and url:
        yield found("option114-without-certificate", name, url=url)
    elif wanted is not None and not url:
        yield found("option114-missing", name, url=wanted)
    elif wanted is not None and url != wanted:
        yield found("option114-differs", name, url=url, wanted=wanted)


def _lists(name: str, portal: Settings, serving: list[Server]) -> Iterator[Finding]:
    """Walled garden and block list."""
    names = {line.split("/")[1] for line in dnsmasq_lines(portal.garden, [name]) if line.startswith("nftset=/")}
    missing = {each for server in serving for each in names - _opened(server, name)}
    if missing:
        yield found("garden-missing", name, names=" ".join(sorted(missing)[:4]))
    if portal.blocked_names is None or not serving:
        return
    file = str(portal.blocked_names / f"{name}.servers")
    if any(file not in server.values("servers-file") for server in serving):
        yield found("blocklist-not-read", name, path=file)


def _opened(server: Server, zone: str) -> set[str]:
    """Names whose addresses this name server puts into the zone's garden."""
    return {part for value in server.values("nftset") if f"#hotspot_{zone}#" in value for part in value.split("/")[1:-1]}


def _advertised(name: str, zone: Zone, subject: Subject) -> Iterator[Finding]:
    """Router advertisements, where radvd sends them."""
    networks = {ipaddress.ip_interface(each).network for each in zone.addresses if ":" in each}
    daemons = [each for each in subject.servers if each.program == RADVD and not each.unreadable]
    if not zone.has_ipv6 or not daemons:
        return
    blocks = [block for daemon in daemons for lan, block in radvd_blocks(daemon.text).items() if lan == zone.lan]
    if not blocks:
        yield found("advertisements-missing", name, interface=zone.lan)
        return
    told = {prefix for block in blocks for prefix in re.findall(r"\bprefix\s+(\S+)", block)}
    if told and not {_network(prefix) for prefix in told} & networks and not {"::/64", "::/128"} & told:
        yield found("prefix-wrong", name, interface=zone.lan)
    if not any(re.search(r"\bRDNSS\b", block) for block in blocks):
        yield found("rdnss-missing", name)
    urls = [url for block in blocks for url in _OPTION_37.findall(block)]
    wanted = api_url(subject.portal, name) if subject.portal is not None else None
    if urls and wanted is not None and urls[0] != wanted:
        yield found("option37-differs", name, url=urls[0], wanted=wanted)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
