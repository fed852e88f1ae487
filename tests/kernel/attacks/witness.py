"""Who sees which packet: counting nftables tables in the Internet, on the gateway behind the product's own rules, and at a neighbour."""

import re
from collections.abc import Iterable

from hotspot.lab import Hall
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone

NOBODY, NOBODY6 = "198.51.100.77", "2001:db8:80::77"
"""Addresses in the Internet that nobody but an attacker of these tests sends anything to."""

_INTERNET = f"""table inet witness {{
  counter seen {{ }}
  chain prerouting {{
    type filter hook prerouting priority raw - 10; policy accept;
    iifname "isp0" ip daddr {NOBODY} counter name "seen"
    iifname "isp0" ip6 daddr {NOBODY6} counter name "seen"
  }}
}}
"""


def _neighbour(phone: Phone, gateway_mac: str) -> str:
    """What the gateway passes on; what the access point does is not the gateway's."""
    return f"""table inet witness {{
  counter seen {{ }}
  chain prerouting {{
    type filter hook prerouting priority raw - 10; policy accept;
    ether saddr != {gateway_mac} accept
    ip saddr {phone.lease.ip} counter name "seen"
    ip6 saddr {phone.address6} counter name "seen"
  }}
}}
"""


def _gateway(phone: Phone) -> str:
    """``seen``: what the phone sends; the sets: what the product has let in to the gateway's own programs, by the port that the phone asked
    for and the port that got it."""
    return f"""table inet witness {{
  counter seen {{ }}
  set services {{ type inet_proto . inet_service . inet_service; size 65535; flags dynamic; }}
  set protocols {{ type inet_proto; size 65535; flags dynamic; }}
  set echo4 {{ type icmp_type; size 65535; flags dynamic; }}
  set echo6 {{ type icmpv6_type; size 65535; flags dynamic; }}
  chain prerouting {{
    type filter hook prerouting priority raw - 10; policy accept;
    iifname "lan0" ether saddr {phone.mac} counter name "seen"
  }}
  chain input {{
    type filter hook input priority filter + 20; policy accept;
    iifname != "lan0" accept
    ether saddr != {phone.mac} accept
    meta l4proto {{ tcp, udp }} add @services {{ meta l4proto . ct original proto-dst . th dport }} accept
    meta l4proto icmp add @echo4 {{ icmp type }} accept
    meta l4proto icmpv6 add @echo6 {{ icmpv6 type }} accept
    add @protocols {{ meta l4proto }}
  }}
}}
"""


class Witness:
    """One such table."""

    def __init__(self, namespace: str, text: str) -> None:
        self._namespace, self._text = namespace, text

    async def _nft(self, *words: str, stdin: str = "") -> str:
        return await command("ip", "netns", "exec", self._namespace, "nft", *words, stdin=stdin)

    async def begin(self) -> None:
        """Start to look, or start anew."""
        await self._nft("-f", "-", stdin=f"table inet witness {{}}\ndelete table inet witness\n{self._text}")

    async def packets(self) -> int:
        """How many have been seen."""
        found = re.search(r"packets (\d+)", await self._nft("list", "counter", "inet", "witness", "seen"))
        assert found is not None
        return int(found[1])

    async def listed(self, name: str) -> frozenset[str]:
        """The elements of a set, as nft prints them with numbers for names."""
        listed = await self._nft("-n", "list", "set", "inet", "witness", name)
        found = re.search(r"elements = \{([^}]*)\}", listed)
        return frozenset(" ".join(each.split()) for each in found[1].split(",")) if found else frozenset()


def internet(hall: Hall) -> Witness:
    """In the WAN."""
    return Witness(hall.layout.wan, _INTERNET)


def gateway(hall: Hall, phone: Phone) -> Witness:
    """On the gateway, for what this phone sends."""
    return Witness(hall.layout.gateway, _gateway(phone))


def neighbour(other: Phone, phone: Phone, gateway_mac: str) -> Witness:
    """At another phone, for what this phone sends and the gateway passes on."""
    return Witness(other.namespace, _neighbour(phone, gateway_mac))


async def begin_all(witnesses: Iterable[Witness]) -> None:
    """Start all of them."""
    for witness in witnesses:
        await witness.begin()
