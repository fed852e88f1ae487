"""DHCP as a phone speaks it (RFC 2131), from DISCOVER to ACK and RELEASE. Making and reading of messages is pure; the rest is ``join``."""

import ipaddress
import secrets
import struct
from typing import Final

from msgspec import Struct
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from hotspot.visitor.frames import Frames

MASK, ROUTER, DNS, REQUESTED, LEASE, TYPE, SERVER, PORTAL = 1, 3, 6, 50, 51, 53, 54, 114
"""Options (RFC 2132, RFC 8910)."""
WANTED: Final = [MASK, ROUTER, DNS, 15, 26, 42, LEASE, PORTAL]
OFFER, ACK, NAK = 2, 5, 6
SECONDS, OTHERS = 5.0, 0.3
"""How long one answer may take, and how long a second server is waited for."""
_EVERYBODY: Final = "ff:ff:ff:ff:ff:ff"
_COOKIE: Final = b"\x63\x82\x53\x63"


class Told(Struct, frozen=True):
    """A server's message."""

    kind: int
    address: str
    server: str
    """Option 54, else the sender."""
    server_mac: str
    options: dict[int, bytes]

    def addresses(self, option: int) -> tuple[str, ...]:
        """IPv4 addresses of an option."""
        raw = self.options.get(option, b"")
        return tuple(str(ipaddress.IPv4Address(raw[at : at + 4])) for at in range(0, len(raw) // 4 * 4, 4))

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The address with its mask; without option 1, or with a mask that is none, the address alone."""
        try:
            return ipaddress.IPv4Network((self.address, self.addresses(MASK)[0]), strict=False)
        except (IndexError, ValueError):
            return ipaddress.IPv4Network(self.address)

    @property
    def portal(self) -> str:
        """The address in option 114; "": there is none."""
        return self.options.get(PORTAL, b"").rstrip(b"\0").decode("ascii", "replace")


def request(kind: str, mac: str, number: int, **fields: object) -> bytes:
    """A client's broadcast; ``fields`` are further options."""
    raw = bytes.fromhex(mac.replace(":", ""))
    options = [("message-type", kind), *fields.items(), ("param_req_list", WANTED), "end"]
    packet = (
        Ether(src=mac, dst=_EVERYBODY)
        / IP(src="0.0.0.0", dst="255.255.255.255")
        / UDP(sport=68, dport=67)
        / BOOTP(chaddr=raw + bytes(10), xid=number)
        / DHCP(options=options)
    )
    return bytes(packet)


def release(mac: str, told: Told) -> bytes:
    """The frame that gives an address back (RFC 2131 §4.4.6)."""
    raw = bytes.fromhex(mac.replace(":", ""))
    packet = (
        Ether(src=mac, dst=told.server_mac)
        / IP(src=told.address, dst=told.server)
        / UDP(sport=68, dport=67)
        / BOOTP(chaddr=raw + bytes(10), xid=secrets.randbits(32), ciaddr=told.address)
        / DHCP(options=[("message-type", "release"), ("server_id", told.server), "end"])
    )
    return bytes(packet)


def read(frame: bytes, number: int) -> Told | None:
    """A server's message to the client that asked with ``number``; None: something else. The bytes are a stranger's."""
    if len(frame) < 282 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    start = 14 + (frame[14] & 15) * 4
    sport, dport = struct.unpack_from(">HH", frame, start)
    message = frame[start + 8 :]
    if (sport, dport) != (67, 68) or len(message) < 241 or message[0] != 2 or message[236:240] != _COOKIE:
        return None
    if struct.unpack_from(">I", message, 4)[0] != number:
        return None
    options = _options(message[240:])
    server = options.get(SERVER, frame[26:30])
    return Told(
        kind=options.get(TYPE, b"\0")[0] if options.get(TYPE) else 0,
        address=str(ipaddress.IPv4Address(message[16:20])),
        server=str(ipaddress.IPv4Address(server)) if len(server) == 4 else "0.0.0.0",
        server_mac=":".join(f"{byte:02x}" for byte in frame[6:12]),
        options=options,
    )


def _options(raw: bytes) -> dict[int, bytes]:
    """Code -> value; parts of one option are put together (RFC 3396)."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw) and raw[at] != 255:
        if raw[at] == 0:
            at += 1
            continue
        if at + 2 > len(raw) or at + 2 + raw[at + 1] > len(raw):
            break
        found[raw[at]] = found.get(raw[at], b"") + raw[at + 2 : at + 2 + raw[at + 1]]
        at += 2 + raw[at + 1]
    return found


class Joined(Struct, frozen=True):
    """What became of asking for an address."""

    told: Told | None
    """The last message: an ACK, a NAK, or an offer that nobody stood by; None: nobody offered anything."""
    servers: int
    """How many offered something."""


def join(frames: Frames, mac: str, patience: float = 1.0) -> Joined:
    """DISCOVER, REQUEST, and what came of it."""
    number = secrets.randbits(32)

    def offer(frame: bytes) -> Told | None:
        told = read(frame, number)
        return told if told is not None and told.kind == OFFER else None

    def verdict(frame: bytes) -> Told | None:
        told = read(frame, number)
        return told if told is not None and told.kind in (ACK, NAK) else None

    offers = frames.answers(request("discover", mac, number), offer, SECONDS * patience, OTHERS * patience)
    if not offers:
        return Joined(None, 0)
    first = offers[0]
    wanted = request("request", mac, number, requested_addr=first.address, server_id=first.server)
    verdicts = frames.answers(wanted, verdict, SECONDS / 2 * patience, 0.0)
    return Joined(verdicts[0] if verdicts else first, len({one.server for one in offers}))
