"""Onto the network: DHCP, router advertisement, ARP and neighbour discovery; what the phone is told, and by whom."""

import ipaddress

from hotspot.visitor import dhcp, routers
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Failed, Skipped
from hotspot.visitor.place import eui64, link_local
from hotspot.visitor.programs import CannotLook, ip


def address(known: Known) -> None:
    """DISCOVER to ACK; the address is used from here on."""
    joined = dhcp.join(known.frames, known.mac, known.choices.patience)
    if joined.told is None:
        raise Failed("dhcp-silent")
    if joined.told.kind == dhcp.ACK:
        known.lease = joined.told
    if joined.servers > 1:
        raise Failed("dhcp-foreign")  # what an address of one of them leads to, nobody can say
    if known.lease is None:
        raise Failed("dhcp-refused")
    lease = known.lease
    gateway = lease.addresses(dhcp.ROUTER)
    lines = [f"address replace {lease.address}/{lease.network.prefixlen} dev {known.interface}"]
    if gateway:
        lines += [f"route replace {gateway[0]}/32 dev {known.interface}", f"route replace default via {gateway[0]} dev {known.interface}"]
    try:
        ip(lines)
    except CannotLook:
        raise Failed("dhcp-unusable") from None
    servers = lease.addresses(dhcp.DNS)
    if servers:
        known.servers[4] = servers[0]


def router(known: Known) -> None:
    """Option 3 names a router, in the network of the address."""
    told = _lease(known).addresses(dhcp.ROUTER)
    if not told:
        raise Failed("router-missing")
    if not known.on_link(told[0]):
        raise Failed("router-elsewhere")


def name_server(known: Known) -> None:
    """Option 6 names a name server: the gateway, which alone knows the portal's name."""
    told = _lease(known).addresses(dhcp.DNS)
    if not told:
        raise Failed("dns-option-missing")
    gateway = _lease(known).addresses(dhcp.ROUTER)
    if 4 in known.usable and not set(told) & set(gateway):  # a router that is wrong itself says nothing about the name server
        raise Failed("dns-option-elsewhere")


def portal_option(known: Known) -> None:
    """Option 114 names the portal's API where there is one."""
    told, expected = _lease(known).portal, known.choices.api_url
    known.api_url = expected or (told if told.startswith("https://") else "")
    if told and expected and told != expected:
        raise Failed("option114-wrong", found=known.said(told), expected=known.said(expected))
    if told and not told.startswith("https://"):
        raise Failed("option114-wrong", found=known.said(told), expected=known.said(expected) if expected else "https://…")
    if not told:
        if not expected:
            raise Skipped("no-certificate")
        raise Failed("option114-missing", expected=known.said(expected))


def portal_option6(known: Known) -> None:
    """Option 37 names the same portal."""
    assert known.router is not None
    told, expected = known.router.portal, known.api_url or known.choices.api_url
    if told and expected and told != expected:
        raise Failed("option37-wrong", found=known.said(told), expected=known.said(expected))
    if not told:
        if not expected:
            raise Skipped("no-certificate")
        raise Failed("option37-missing")
    known.api_url = known.api_url or told


def gateway(known: Known) -> None:
    """Exactly one device answers for the router's address."""
    lease = _lease(known)
    told = lease.addresses(dhcp.ROUTER)[0]
    _one(known, 4, routers.who_has(known.frames, known.mac, lease.address, told, known.choices.patience), "gateway-silent")


def gateway6(known: Known) -> None:
    """The same over IPv6."""
    assert known.router is not None
    answers = routers.who_has6(known.frames, known.mac, link_local(known.mac), known.router.router, known.choices.patience)
    _one(known, 6, answers, "gateway6-silent")


def _one(known: Known, family: int, answers: set[str], silent: str) -> None:
    if not answers:
        raise Failed(silent)
    if len(answers) > 1:
        raise Failed("gateway-twice")
    known.gateway_macs |= answers
    if family == 4 or known.address6:
        known.usable.add(family)


def advertisement(known: Known) -> None:
    """A router advertises, and only one."""
    told = [one for one in routers.solicit(known.frames, known.mac, known.choices.patience) if one.lifetime > 0]
    if not told:
        raise Failed("advertisement-missing")
    if len(told) > 1:
        raise Failed("advertisement-foreign")  # whose prefix and name server are right, nobody can say
    known.router = told[0]


def no_advertisement(known: Known) -> None:
    """Nobody advertises in a hall without IPv6: phones would believe it, and go past the portal."""
    if any(one.lifetime > 0 for one in routers.solicit(known.frames, known.mac, known.choices.patience)):
        raise Failed("advertisement-foreign")


def address6(known: Known) -> None:
    """An address by the router's prefix (SLAAC), and a way out."""
    assert known.router is not None
    if not known.router.prefix:
        raise Failed("prefix-missing")
    prefix = ipaddress.IPv6Network(known.router.prefix, strict=False)
    if prefix.prefixlen != 64:
        raise Failed("prefix-missing")
    lower = int(ipaddress.IPv6Address("::" + eui64(known.mac)))
    own = ipaddress.IPv6Address(int(prefix.network_address) | lower)
    where = f"dev {known.interface}"
    try:
        ip([f"address replace {own}/64 {where} nodad", f"route replace ::/0 via {known.router.router} {where}"])
    except CannotLook:
        raise Failed("prefix-missing") from None
    known.address6 = str(own)


def name_server6(known: Known) -> None:
    """The advertisement names a name server (RDNSS)."""
    assert known.router is not None
    if not known.router.dns:
        raise Failed("rdnss-missing")
    server = ipaddress.ip_address(known.router.dns[0])
    known.servers[6] = f"{server}%{known.interface}" if server.is_link_local else str(server)


def _lease(known: Known) -> dhcp.Told:
    assert known.lease is not None  # the steps before this one have passed
    return known.lease
