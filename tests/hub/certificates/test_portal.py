"""The whole way: a portal with its key, a hub, an authority, DNS; and a phone's handshake sees the new certificate without a restart."""

import asyncio
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hotspot.hub.certificates import desk
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.portal.uplink import certificate
from hotspot.wire_certificate import Certified, Certify
from tests.hotspot.portal.conftest import ANNA, free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import presented
from tests.hotspot.portal.uplink.small_hub import SmallHub
from tests.hotspot.portal.uplink.test_policy import CONFIG, portal
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, work
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box

pytestmark = pytest.mark.hub


async def _other(port: int, before: bytes) -> bytes:
    """What the portal presents when it is another certificate: it takes the new one a moment after the hub has given it."""
    async with asyncio.timeout(10):
        while (seen := await presented(port)) == before:
            pass
    return seen


async def test_a_portal_comes_to_its_certificate(
    api: Api, hub: Hub, box: Box, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts with a placeholder, serves the certificate as soon as it is there, and another one when staff want it; no restart, no key
    at the hub; after a restart of the portal the certificate is there at once."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(certificate, "SOON", 0.1)
    monkeypatch.setattr(certificate, "SHORTEST", 0.1)
    monkeypatch.setattr(desk, "SOON", 0.1)
    monkeypatch.setattr(desk, "SELDOM", 0.1)
    async with hub.store.connection() as connection:
        gateway = await tenants.gateway(connection, box.name)
    assert gateway is not None
    told: list[Certified] = []

    async def certify(wanted: Certify) -> Certified:
        told.append(await desk.certify(hub, gateway, wanted))
        return told[-1]

    tls, state = free_port(), tmp_path / "state"
    async with SmallHub(tmp_path) as small, FakeFirewall(tmp_path / "firewall.sock") as fake:
        small.certify = certify
        fake.neighbours = {"127.0.0.1": (ANNA, "public")}
        state.mkdir()
        small.enrol(state)
        text = CONFIG.format(management=free_port(), capture=free_port(), portal=free_port(), hub=f"{small.section()}certificate = true")
        text = text.replace("http://portal.hall.example/", f"https://{PORTAL}/").replace("listen =", f"portal_tls_port = {tls}\nlisten =")
        config = tmp_path / "portal.toml"
        config.write_text(text)
        async with portal(config):
            first = x509.load_der_x509_certificate(await presented(tls))
            assert first.issuer == first.subject
            await until(lambda: bool(told) and told[-1].state == "waiting")
            await work(hub)
            await until(lambda: told[-1].state == "ready")
            second = await _other(tls, first.public_bytes(Encoding.DER))
            assert x509.load_der_x509_certificate(second).issuer.rfc4514_string() == "CN=Middle"
            assert (await api("POST", f"/gateways/{box.name}/certificate/request"))[0] == 200
            await until(lambda: told[-1].state == "waiting" and not told[-1].renew)
            assert await presented(tls) == second
            await work(hub)
            await until(lambda: told[-1].state == "ready")
            third = await _other(tls, second)
            assert x509.load_der_x509_certificate(third).public_key() != x509.load_der_x509_certificate(second).public_key()
        async with portal(config):
            assert await presented(tls) == third
    assert {path.name: oct(path.stat().st_mode)[-3:] for path in state.glob("certificate*")} == {
        "certificate.pem": "600",
        "certificate.request": "600",
    }
