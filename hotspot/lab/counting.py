"""Bytes at layer 3 as a phone, or the Internet, sees them: a counting nftables table in its namespace, independent of the gateway's.

Only what crosses the gateway counts: not what a phone and the gateway say to each other (DHCP, DNS, the portal), nor link-local talk.
"""

import msgspec
from msgspec import Struct

from hotspot.lab.layout import LAN_NET, LAN_PREFIX, LINK_PREFIX
from hotspot.lab.namespaces import LabFailed, command


class Bytes(Struct, frozen=True):
    """Layer-3 bytes, from the client's side: ``down`` to it, ``up`` from it."""

    down: int
    up: int

    def since(self, earlier: "Bytes") -> "Bytes":
        """What has come on top of ``earlier``."""
        return Bytes(self.down - earlier.down, self.up - earlier.up)


def table(near4: str, near6: str, incoming: str, outgoing: str) -> str:
    """The table as nft text; what ``near4`` and ``near6`` say or hear does not count; ``incoming`` and ``outgoing`` name the counters."""
    far4, far6 = f"!= {{ {near4}, 224.0.0.0/4, 255.255.255.255 }}", f"!= {{ {near6}, fe80::/10, ff00::/8 }}"
    return f"""table inet counting {{
  counter down {{ }}
  counter up {{ }}
  chain incoming {{
    type filter hook input priority -300; policy accept;
    iifname "lo" accept
    ip saddr {far4} counter name "{incoming}"
    ip6 saddr {far6} counter name "{incoming}"
  }}
  chain outgoing {{
    type filter hook output priority -300; policy accept;
    oifname "lo" accept
    ip daddr {far4} counter name "{outgoing}"
    ip6 daddr {far6} counter name "{outgoing}"
  }}
}}
"""


PHONE_TABLE = table(LAN_NET, LAN_PREFIX, incoming="down", outgoing="up")
"""For a phone: everything but the LAN."""
WAN_TABLE = table("169.254.0.0/16", LINK_PREFIX, incoming="up", outgoing="down")
"""For the Internet: everything but neighbour discovery on the link."""


async def install(namespace: str, text: str) -> None:
    """Load a counting table into ``namespace``."""
    await command("ip", "netns", "exec", namespace, "nft", "-f", "-", stdin=text)


async def read(namespace: str) -> Bytes:
    """The counters of ``namespace``, which count from its start."""
    listed = await command("ip", "netns", "exec", namespace, "nft", "-j", "list", "counters", "table", "inet", "counting")
    entries = msgspec.json.decode(listed)["nftables"]
    found = {entry["counter"]["name"]: int(entry["counter"]["bytes"]) for entry in entries if "counter" in entry}
    if found.keys() != {"down", "up"}:
        raise LabFailed(f"cannot read the byte counters of {namespace}: found {sorted(found)}, expected down and up")
    return Bytes(found["down"], found["up"])
