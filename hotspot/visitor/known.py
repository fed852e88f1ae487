"""What a visit has learnt so far: one step writes it, later ones read it."""

import ipaddress
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from msgspec import Struct

from firewall.api import Rates
from hotspot.dns import Answered
from hotspot.visitor import dhcp, names
from hotspot.visitor.choices import Choices
from hotspot.visitor.dhcp import Told
from hotspot.visitor.frames import Frames
from hotspot.visitor.notes import Failed, Notes, Skipped
from hotspot.visitor.routers import Advertised
from hotspot.visitor.said import Said, place
from hotspot.visitor.web import CONNECT_SECONDS, SECONDS, Page, Port, Unanswered, fetch, knock


class Promised(Struct, frozen=True, kw_only=True):
    """What a plan says of rates, bit/s."""

    most: dict[str, float] = {}
    """By way (``down``, ``up``): what it may reach on a line that is free; missing or 0: not known."""
    least: dict[str, float] = {}
    """What it has on a full line as well."""
    plan: Said = Said("Tarif der Zone", "the zone's plan")

    @classmethod
    def of(cls, rates: Rates, plan: Said) -> "Promised":
        """Of a plan's rates."""
        most = {"down": float(rates.ceil_down), "up": float(rates.ceil_up)}
        return cls(most=most, least={"down": float(rates.rate_down), "up": float(rates.rate_up)}, plan=plan)


@dataclass
class Known:
    """One visit in progress."""

    choices: Choices
    notes: Notes
    interface: str
    mac: str
    frames: Frames
    lease: Told | None = None
    router: Advertised | None = None
    address6: str = ""
    usable: set[int] = field(default_factory=set)
    """IP versions whose gateway answers."""
    gateway_macs: set[str] = field(default_factory=set)
    """Of whom answered for the gateway's addresses."""
    servers: dict[int, str] = field(default_factory=dict)
    """Name server by IP version."""
    outside: dict[int, str] = field(default_factory=dict)
    """An address on the Internet by IP version, which no captive client should reach."""
    found: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    """Addresses of names."""
    portal_url: str = ""
    bare_url: str = ""
    """The portal's address without TLS, where phones are sent although it should have TLS."""
    api_url: str = ""
    form: tuple[str, bytes] | None = None
    """Address and body that the accept button sends."""
    first_left: tuple[float, int] | None = None
    """When the API first told how many seconds are left (monotonic), and how many."""
    promised: Promised = field(default_factory=Promised)
    """Of the plan that the visit got."""
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __post_init__(self) -> None:
        self.portal_url, self.api_url = self.choices.portal_url, self.choices.api_url
        self.promised = self.plan
        if self.choices.authority:
            self.tls.load_verify_locations(cadata=self.choices.authority)

    @property
    def plan(self) -> Promised:
        """What the zone's plan says, as far as it is known."""
        chosen = self.choices
        return Promised(most={"down": chosen.down, "up": chosen.up}, least={"down": chosen.least_down, "up": chosen.least_up})

    @property
    def families(self) -> tuple[int, ...]:
        """IP versions that the visit has an address and a gateway for."""
        return tuple(family for family in self.choices.families if family in self.usable)

    def resolve(self, name: str, family: int) -> tuple[str, ...]:
        """Addresses of a name, asked for once. Raises ``Failed``."""
        known = self.found.get((name, family))
        if known is None:
            ready = [self.servers[one] for one in (family, *self.families) if one in self.servers and one in self.usable]
            server = ready[0] if ready else None
            if server is None:
                raise Skipped("needs-dns-option")
            try:
                known = self.ask(server, name, family).addresses
            except names.Silent:
                raise Failed("dns-dead") from None
            self.found[name, family] = known
        return known

    def ask(self, server: str, name: str, family: int) -> Answered:
        """Ask a name server. Raises ``names.Silent``."""
        return names.ask(server, name, family, names.SECONDS * self.choices.patience)

    def knock(self, address: str, port: int) -> Port:
        """Is there somebody at a TCP port?"""
        return knock(address, port, CONNECT_SECONDS * self.choices.patience)

    def forget_names(self) -> None:
        """Ask anew from here on, because another server may answer now; phones remember the portal's own name."""
        own = urlsplit(self.portal_url).hostname
        self.found = {key: told for key, told in self.found.items() if key[0] == own}

    def address_of(self, url: str, family: int) -> str:
        """Where the host of an address is. Raises ``Failed`` and ``Skipped`` when it has none of this IP version."""
        host = urlsplit(url).hostname or ""
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            addresses = self.resolve(host, family)
            if not addresses:
                raise Skipped("no-address") from None
            return addresses[0]
        if literal.version != family:
            raise Skipped("no-address")
        return host

    def get(self, url: str, family: int, headers: dict[str, str] | None = None) -> Page:
        """GET. Raises ``Unanswered``, ``ssl.SSLError``, ``Failed`` and ``Skipped``."""
        return fetch(self.address_of(url, family), url, tls=self.tls, headers=headers, seconds=SECONDS * self.choices.patience)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Page:
        """POST a form from the portal's own page, with the first IP version that gets there. Raises as ``get``."""
        parts = urlsplit(url)
        whole = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Sec-Fetch-Site": "same-origin",
            **headers,
        }
        where, seconds = self.address_of(url, self.way), SECONDS * self.choices.patience
        return fetch(where, url, tls=self.tls, method="POST", headers=whole, body=body, seconds=seconds)

    @property
    def way(self) -> int:
        """The IP version by which the visit accepts and leaves: the same, because a form is tied to the address that got it."""
        return self.families[0] if self.families else self.choices.families[0]

    def is_bare(self, url: str) -> bool:
        """Is that the portal's own address without TLS? There phones are sent while they would refuse its certificate."""
        own = urlsplit(self.portal_url)
        if own.scheme != "https":  # nobody said where the portal is: the API that DHCP names is on the same host
            own = urlsplit(self.api_url)._replace(path="")
        try:
            told = urlsplit(url)
        except ValueError:  # a stranger's
            return False
        here = own.scheme == "https" and told.scheme == "http" and told.netloc.lower().removesuffix(":80") == own.hostname
        return here and (told.path or "/").startswith(own.path)

    def on_link(self, address: str) -> bool:
        """Is it an address of the guest network itself?"""
        one = ipaddress.ip_address(address)
        if one.version == 4:
            return self.lease is not None and one in self.lease.network
        prefix = self.router.prefix if self.router is not None else ""
        return one.is_link_local or (bool(prefix) and one in ipaddress.ip_network(prefix, strict=False))

    @property
    def gateways(self) -> tuple[str, ...]:
        """The addresses that routers were named by."""
        named = () if self.lease is None else self.lease.addresses(dhcp.ROUTER)
        return (*named, *(() if self.router is None else (self.router.router,)))

    def said(self, url: str) -> str | Said:
        """A web address as a finding may name it."""
        return place(url, self.gateways, self.on_link)

    def left(self, seconds: int) -> None:
        """Note how much time the API tells, the first time."""
        if self.first_left is None:
            self.first_left = (time.monotonic(), seconds)


__all__ = ["Known", "Unanswered"]
