"""Everything that a busy hall sends to its hub, searched for every address of its visitors in every encoding."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from firewall.api import Alarm
from hotspot.portal.register import Client
from hotspot.portal.settings import Settings
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.sender import Sender
from hotspot.session.blocks import Block
from tests.hotspot.portal.conftest import Bench, Clock, running
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.uplink.counting_hub import CountingHub

MACS = [f"de:ad:be:ef:{number // 256:02x}:{number % 256:02x}" for number in range(0x2A00, 0x2A00 + 30)]
ADDRESSES = [f"198.18.{number // 256}.{number % 256}" for number in range(0x1200, 0x1200 + 30)]
ADDRESSES6 = [f"2001:db8:77:1::{number:x}:1" for number in range(0x2A00, 0x2A00 + 5)]


def of_bytes(raw: bytes) -> Iterator[bytes]:
    """Raw bytes and their reverse, in hexadecimal, as numbers, in base 32, 64 and 85; in base 64 at each of the three places where they
    may stand."""
    for order in (raw, raw[::-1]):
        yield order
        text = order.hex()
        for sign in ("", ":", "-", ".", " "):
            yield from (sign.join(text[at : at + 2] for at in range(0, len(text), 2)).encode(),)
        yield ".".join(text[at : at + 4] for at in range(0, len(text), 4)).encode()
        yield str(int.from_bytes(order, "big")).encode()
        yield base64.b32encode(order).rstrip(b"=")
        yield base64.b85encode(order)
        for pad in range(3):
            for coded in (base64.b64encode(b"\0" * pad + order), base64.urlsafe_b64encode(b"\0" * pad + order)):
                yield coded.rstrip(b"=")[pad and pad + 1 : -1]


def of_text(text: str) -> Iterator[bytes]:
    """A text as it is, and percent-encoded, in base 64, in UTF-16, backwards."""
    raw = text.encode()
    yield from (
        raw,
        quote(text, safe="").encode(),
        "".join(f"%{byte:02x}" for byte in raw).encode(),
        text[::-1].encode(),
        text.encode("utf-16-le"),
    )
    for pad in range(3):
        yield base64.b64encode(b"\0" * pad + raw).rstrip(b"=")[pad and pad + 1 : -1]


def hashes(raw: bytes, keys: list[bytes]) -> Iterator[bytes]:
    """What can be found out again by trying all addresses: hashes without a key, and with the keys that the hall has."""
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        for digest in (hashlib.new(name, raw).digest(), *(hmac.new(key, raw, name).digest() for key in keys)):
            for part in (digest, digest[:16]):
                yield from (part, part.hex().encode(), base64.b64encode(part).rstrip(b"="), base64.urlsafe_b64encode(part).rstrip(b"="))


def secrets_of(bench: Bench) -> set[bytes]:
    """Everything that would name a visitor; without regard to upper and lower case where bytes are text."""
    register = bench.office.register
    keys = [register.hall_key, register.csrf_key, b"first-credential-of-all"]
    found: set[bytes] = set()
    for mac in MACS:
        raw = bytes.fromhex(mac.replace(":", ""))
        host = bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]
        found |= {*of_bytes(raw), *of_bytes(host), *of_text(mac), *of_text(str(ipaddress.IPv6Address(b"\xfe\x80" + b"\0" * 6 + host)))}
        for form in (raw, mac.encode(), mac.upper().encode(), mac.replace(":", "").encode(), mac.replace(":", "-").encode()):
            found |= set(hashes(form, keys))
        found |= {register.ledger.name(mac).encode(), register.code(Client("public", mac)).encode()}
    for text in (*ADDRESSES, *ADDRESSES6):
        address = ipaddress.ip_address(text)
        found |= {*of_bytes(address.packed), *of_text(text), *of_text(address.exploded), *of_text(address.reverse_pointer)}
        found |= {*hashes(address.packed, keys), *hashes(text.encode(), keys)}
    for session in register.sessions.values():
        found |= {session.id.encode(), base64.b64encode(bytes.fromhex(session.id)).rstrip(b"=")}
    return {secret.lower() for secret in found if len(secret) >= 6 or (len(secret) == 4 and not secret.isascii())}


async def test_nothing_that_names_a_visitor_leaves_the_hall(
    portal_settings: Settings, firewall: FakeFirewall, clock: Clock, tmp_path: Path
) -> None:
    """Thirty visitors come, go, are blocked and are cloned, over IPv4 and IPv6. Whatever is sent is unpacked and searched."""
    for number, mac in enumerate(MACS):
        firewall.neighbours[ADDRESSES[number]] = (mac, "public")
    for number, address in enumerate(ADDRESSES6):
        firewall.neighbours[address] = (MACS[number], "public")
    async with await CountingHub.with_authority(tmp_path / "hub") as hub:
        hub.enrol(tmp_path)
        settings = replace(portal_settings, hub=hub.hub(away="open"))
        assert settings.hub is not None
        async with running(settings, clock) as bench, Link(settings.hub, tmp_path) as link:
            sender = Sender(bench.office, link, lambda: 0.0)
            for number, address in enumerate(ADDRESSES):
                visitor = await bench.accept(ADDRESSES6[number] if number < len(ADDRESSES6) else address)
                assert visitor.session is not None
                firewall.used[visitor.session.id] = (number * 1_000, number * 7_000)
                clock.tick(47)
                if number % 3 == 0:
                    await bench.desk.leave(visitor, bench.desk.token(visitor))
                if number % 7 == 0:
                    bench.office.alarm(Alarm("clone", "public", MACS[number], visitor.session.id))
                    bench.office.register.block(Block("public", MACS[number], "Probe", clock.unix, None))
                await sender.turn()
            await bench.meter.read()
            await sender.turn()
            secrets = secrets_of(bench)
    sent = [
        b"\n".join([path.encode(), *(f"{name}: {value}".encode() for name, value in headers.items()), body])
        for path, headers, body in hub.requests
    ]
    assert (len(sent) > 30, hub.total()["visits"], len(secrets) > 10_000) == (True, 30, True)
    traffic = b"\n".join(sent).lower()
    known = [line for line in sent if b"first-credential-of-all" in line]
    assert len(known) == len(sent)  # what is searched is what was sent
    assert [secret for secret in secrets if secret in traffic] == []


def test_the_search_finds_what_it_should() -> None:
    """Each encoding is found when it is there, also in the midst of something else."""
    raw, text = bytes.fromhex(MACS[0].replace(":", "")), MACS[0]
    planted = [
        text,
        text.upper(),
        "DEADBEEF2A00",
        "dead.beef.2a00",
        base64.b64encode(b"x" + raw + b"y").decode(),
        quote(text, safe=""),
        str(int(raw.hex(), 16)),
    ]
    searched = {secret.lower() for secret in (*of_bytes(raw), *of_text(text))}
    assert [one for one in planted if not any(secret in one.lower().encode() for secret in searched)] == []
