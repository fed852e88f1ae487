"""Every broken hall, and every lie of an impostor's, with what a visit must find: all of it and no other."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from msgspec import Struct

from hotspot.lab.walk_visit import LARGE, SINK
from tests.kernel.visitor.breakages import (
    INNER,
    certificate_expired,
    certificate_soon,
    certificate_untrusted,
    dns_dead,
    dns_empty,
    dns_lies,
    grants_nothing,
    hub_away,
    internet_down,
    internet_without_ipv6,
    leaks4,
    leaks6,
    name_server_elsewhere,
    neighbour_reachable,
    no_advertisement,
    no_dhcp,
    no_name_server,
    no_prefix,
    no_rdnss,
    no_router,
    option114_another,
    option114_missing,
    portal_down,
    portal_name_elsewhere,
    portal_name_unknown,
    portal_upstream,
    portal_without_ipv6,
    rate_low,
    rate_unlimited,
    refusals_lost,
    router_elsewhere,
    router_silent,
    second_dhcp_server,
    second_gateway,
    second_router,
    town_reachable,
    upstream_dead,
)
from tests.kernel.visitor.mending import Ground


def together(*hows: Callable[[Ground], AbstractAsyncContextManager[None]]) -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    """Several at once, in parts of a hall that have nothing to do with each other: one visit finds them all, and no more."""

    @asynccontextmanager
    async def broken(ground: Ground) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for how in hows:
                await stack.enter_async_context(how(ground))
            yield

    return broken


class Broken(Struct, frozen=True):
    """A broken hall, how it is visited, and the kinds that must be found, all of them and no other."""

    name: str
    how: Callable[[Ground], AbstractAsyncContextManager[None]]
    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    """Those of the kinds that keep a visitor from getting online; (): one gets online."""


_SHORT: Final = ("--patience", "0.6")
"""Where nobody answers, nobody need wait so long for it."""
_FAST: Final = ("--measured", "1.5")
BROKEN: Final = (
    Broken("option 114 names another portal", option114_another, ("option114-wrong",)),
    Broken(
        "option 114 is missing, isolation off, rate too low",
        together(option114_missing, neighbour_reachable, rate_low),
        ("option114-missing", "neighbour-reachable", "rate-low"),
        ("--download", LARGE, *_FAST),
    ),
    Broken(
        "no router option, advertisement without name server",
        together(no_router, no_rdnss),
        ("router-missing", "rdnss-missing"),
        stuck=("router-missing", "rdnss-missing"),
    ),
    Broken(
        "router outside the network, advertisement without prefix",
        together(router_elsewhere, no_prefix),
        ("router-elsewhere", "prefix-missing"),
        stuck=("router-elsewhere",),
    ),
    Broken(
        "router that nobody is, no router advertisement",
        together(router_silent, no_advertisement),
        ("gateway-silent", "advertisement-missing"),
        _SHORT,
        ("gateway-silent",),
    ),
    Broken("no name server option", no_name_server, ("dns-option-missing",), stuck=("dns-option-missing",)),
    Broken(
        "option 6 names another server, a portal upstream",
        together(name_server_elsewhere, portal_upstream),
        ("dns-option-elsewhere", "still-captive"),
    ),
    Broken(
        "no DHCP, a second router",
        together(no_dhcp, second_router),
        ("dhcp-silent", "advertisement-foreign"),
        _SHORT,
        ("dhcp-silent",),
    ),
    Broken(
        "a second DHCP server, IPv6 leak before accept",
        together(second_dhcp_server, leaks6),
        ("dhcp-foreign", "open6-before-accept"),
        stuck=("dhcp-foreign", "open6-before-accept"),
    ),
    Broken("a second gateway, certificate about to end", together(second_gateway, certificate_soon), ("gateway-twice", "certificate-soon")),
    Broken("certificate expired", certificate_expired, ("pages-without-tls",)),
    Broken("certificate of an unknown authority", certificate_untrusted, ("certificate-untrusted",), stuck=("certificate-untrusted",)),
    Broken("DNS that lies", dns_lies, ("dns-lies",), stuck=("dns-lies",)),
    Broken("DNS that knows nothing", dns_empty, ("dns-empty",), stuck=("dns-empty",)),
    Broken("DNS dead", dns_dead, ("dns-dead",), _SHORT, ("dns-dead",)),
    Broken("DNS without the Internet", upstream_dead, ("dns-upstream-dead",), _SHORT, ("dns-upstream-dead",)),
    Broken("portal's name unknown", portal_name_unknown, ("portal-name-unknown",), stuck=("portal-name-unknown",)),
    Broken("portal's name elsewhere", portal_name_elsewhere, ("portal-name-elsewhere",), stuck=("portal-name-elsewhere",)),
    Broken("portal down", portal_down, ("portal-down",), stuck=("portal-down",)),
    Broken(
        "portal on IPv4 only, town's network reachable",
        together(portal_without_ipv6, town_reachable),
        ("portal6-down", "town-reachable"),
        ("--forbidden", f"{INNER}:8000"),
    ),
    Broken("refusals that get lost", refusals_lost, ("refusal-slow",), _SHORT),
    Broken("grants nothing", grants_nothing, ("grants-nothing",), _SHORT, ("grants-nothing",)),
    Broken("Internet down", internet_down, ("internet-down",), _SHORT, ("internet-down",)),
    Broken(
        "no IPv6 on the Internet, hub away before its first certificate",
        together(internet_without_ipv6, hub_away),
        ("internet6-down", "hub-away", "pages-without-tls"),
    ),
    Broken("rate unlimited", rate_unlimited, ("rate-unlimited",), ("--download", LARGE, "--upload", SINK, *_FAST)),
    Broken("IPv4 leak before accept", leaks4, ("open-before-accept",), stuck=("open-before-accept",)),
)
LIES: Final = (
    (),
    ("probe-answered", "api-type", "leave-refused"),
    ("probe-elsewhere", "api-unreadable", "leave-cuts-nothing"),
    ("api-status", "page-without-form"),
    ("api-no-page", "accept-refused"),
    ("api-not-captive", "grants-nothing"),
    ("api-still-captive",),
    ("time-stands",),
    ("unexpected",),
)
"""What an impostor in the portal's place does wrong at once, and what must be found for it, all of that and no other."""
