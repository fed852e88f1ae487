"""One certificate after the other at an authority that is as rough as Pebble, Let's Encrypt's own server for tests, is by default: a nonce
in 20 is refused, authorizations are reused, looks and signatures take their time, objects hold what nobody has asked for. And at Pebble
itself, where it is installed."""

import asyncio
import json
import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotspot.hub.certificates import acme as acme_module
from hotspot.hub.certificates.acme import PROBLEM, Acme, AuthorityRefused, Problem, _refusal, said
from hotspot.hub.certificates.issue import Asked, issue
from hotspot.hub.certificates.records import Records
from hotspot.hub.certificates.requests import check_fits, read_chain, read_request
from hotspot.hub.certificates.settings import Certificates, Dns
from tests.hotspot.portal.conftest import free_port
from tests.hub.certificates.authority import EAB_KEY, EAB_KID, Authority
from tests.hub.certificates.authority_papers import serving_tls
from tests.hub.certificates.conftest import private_pem, request
from tests.hub.certificates.nameserver import KEY, KEY_NAME, NameServer

NAMES = ("portal.kleinheim.example", "rat.kleinheim.example", "saal.kleinheim.example")
MANY = 40


@pytest.fixture
async def nameserver() -> AsyncIterator[NameServer]:
    """The primary of the town's zone."""
    async with NameServer("kleinheim.example") as server:
        yield server


def settings(directory: str, trust: Path, nameserver: NameServer) -> Certificates:
    """The hub's section."""
    dns = Dns(server=("127.0.0.1", nameserver.port), key_name=KEY_NAME, key=KEY, wait=5.0)
    return Certificates(zones={}, directory=directory, account_key=private_pem(), authority=trust, dns=dns)


async def got(acme: Acme, records: Records, *names: str) -> None:
    """One certificate, which is what was asked for."""
    asked, noted = read_request(request(*names)), list[str]()

    async def note(order_url: str) -> None:
        noted.append(order_url)

    chain = read_chain(await issue(acme, records, Asked(asked), note))
    check_fits(chain, asked, chain.begins)
    assert len(set(noted)) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_rough_weather(tmp_path: Path, nameserver: NameServer, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Every certificate is got, nothing stays in DNS, and the weather was rough indeed."""
    monkeypatch.setattr(acme_module, "WAIT", 0.02)
    async with Authority(tmp_path, nameserver.port) as authority:
        authority.weather = random.Random(seed)
        known = settings(authority.directory, authority.trust, nameserver)
        assert known.dns is not None
        async with Acme(known) as acme:
            for number in range(MANY):
                await got(acme, Records(known.dns), *NAMES[: 1 + number % 3])
        assert len(authority.issued) == MANY
        assert len(authority.looked_for) < sum(1 + number % 3 for number in range(MANY)) * 0.8  # the others were reused
        assert authority.refused_nonces >= 5
    assert not any(nameserver.texts.values())


async def test_an_authority_for_customers(tmp_path: Path, nameserver: NameServer) -> None:
    """It says so in its directory: what is missing is named, and nothing is asked in vain; with it there are certificates."""
    async with Authority(tmp_path, nameserver.port) as authority:
        authority.needs_eab = True
        known = settings(authority.directory, authority.trust, nameserver)
        assert known.dns is not None
        async with Acme(known) as acme:
            with pytest.raises(AuthorityRefused, match=r"certificates\.eab_kid and certificates\.eab_key_file are missing in hub\.toml"):
                await got(acme, Records(known.dns), *NAMES)
        assert "new-account" not in authority.requests
        async with Acme(msgspec.structs.replace(known, eab_kid=EAB_KID, eab_key=EAB_KEY)) as acme:
            await got(acme, Records(known.dns), *NAMES)


async def test_new_terms(tmp_path: Path, nameserver: NameServer) -> None:
    """Somebody has to read them: where they are is told (RFC 8555, 7.3.3)."""
    async with Authority(tmp_path, nameserver.port) as authority:
        authority.terms = "https://ca.example/terms/2"
        known = settings(authority.directory, authority.trust, nameserver)
        assert known.dns is not None
        async with Acme(known) as acme:
            with pytest.raises(AuthorityRefused, match=r"the terms of service have changed; https://ca\.example/terms/2"):
                await got(acme, Records(known.dns), *NAMES)


def test_problems_of_single_names() -> None:
    """Each is told with its name (6.7.1); what is null or of another kind takes nothing from the rest."""
    single = [
        {"type": f"{PROBLEM}caa", "detail": "CAA forbids", "identifier": {"type": "dns", "value": "a.example"}},
        {"type": f"{PROBLEM}dns", "detail": "no such name", "identifier": None},
        "strange",
    ]
    assert said(Problem(f"{PROBLEM}compound", "several", tuple(single))) == "several; a.example: CAA forbids; no such name"
    bodies: tuple[dict[str, Any], ...] = ({"subproblems": None}, {"subproblems": single}, {"more": {}})
    for body in bodies:
        refused = _refusal(403, {}, json.dumps({"type": f"{PROBLEM}rejectedIdentifier", "detail": "no", **body}).encode())
        assert refused.kind == "rejectedIdentifier"


class _Udp(asyncio.DatagramProtocol):
    """The name server for those who ask as most do."""

    def __init__(self, nameserver: NameServer) -> None:
        self._nameserver = nameserver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._transport.sendto(self._nameserver.answer(data), addr)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("pebble") is None, reason="Pebble is not installed: apt install pebble")
async def test_pebble(tmp_path: Path, nameserver: NameServer) -> None:
    """Certificates by an authority that others have written: strict, with refused nonces, reused authorizations, and a revocation."""
    loop = asyncio.get_running_loop()
    asked, _ = await loop.create_datagram_endpoint(lambda: _Udp(nameserver), local_addr=("127.0.0.1", 0))
    trust, _ = serving_tls(tmp_path)
    port = free_port()
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{free_port()}",
        "certificate": str(trust),
        "privateKey": str(tmp_path / "acme.key"),
        "httpPort": 5002,
        "tlsPort": 5001,
    }
    (tmp_path / "pebble.json").write_text(json.dumps({"pebble": config}))
    words = ["-strict", "-config", str(tmp_path / "pebble.json"), "-dnsserver", f"127.0.0.1:{asked.get_extra_info('sockname')[1]}"]
    environment = {**os.environ, "PEBBLE_VA_SLEEPTIME": "1"}
    pebble = await asyncio.create_subprocess_exec("pebble", *words, env=environment, stdout=asyncio.subprocess.DEVNULL)
    try:
        known = settings(f"https://localhost:{port}/dir", trust, nameserver)
        assert known.dns is not None
        async with asyncio.timeout(120), Acme(known) as acme:
            await _listens(port)
            for number in range(6):
                await got(acme, Records(known.dns), *NAMES[: 1 + number % 3])
            wanted, orders = read_request(request(NAMES[0])), list[str]()

            async def note(order_url: str) -> None:
                orders.append(order_url)

            first = read_chain(await issue(acme, Records(known.dns), Asked(wanted), note))
            again = read_chain(await issue(acme, Records(known.dns), Asked(wanted, orders[0]), note))  # as after a restart: the same order
            assert first == again
            await acme.revoke(first.der, 1)
            await acme.revoke(first.der, 1)  # it is already
    finally:
        pebble.terminate()
        await pebble.wait()
        asked.close()
    assert not any(nameserver.texts.values())


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)  # nobody says when it is ready
        else:
            writer.close()
            return
