"""A hub with an authority and a name server, and a hall whose gateway asks."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hotspot import wire
from hotspot.hub.certificates.settings import Certificates, Dns
from hotspot.hub.certificates.work import Work
from hotspot.hub.hub import Hub
from hotspot.wire_certificate import Certified, Certify
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.nameserver import KEY, KEY_NAME, NameServer
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall

PORTAL = "portal.kleinheim.example"


def private_pem() -> str:
    """A key on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def request(*names: str, key: Any = None, **more: Any) -> str:
    """A gateway's request; ``common_name`` and ``extension`` for what it should not have."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, more["common_name"])] if "common_name" in more else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    if "extension" in more:
        builder = builder.add_extension(more["extension"], critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
async def nameserver() -> AsyncIterator[NameServer]:
    """The primary of the town's zone."""
    async with NameServer("kleinheim.example") as server:
        yield server


@pytest.fixture
async def authority(tmp_path: Path, nameserver: NameServer) -> AsyncIterator[Authority]:
    """An authority that looks at that name server."""
    async with Authority(tmp_path, nameserver.port) as running:
        yield running


@pytest.fixture
def certificates(authority: Authority, nameserver: NameServer) -> Certificates:
    """The hub's section."""
    return Certificates(
        zones={"kleinheim": ("kleinheim.example",)},
        directory=authority.directory,
        account_key=private_pem(),
        contact=("wlan@stadt.example",),
        authority=authority.trust,
        dns=Dns(server=("127.0.0.1", nameserver.port), key_name=KEY_NAME, key=KEY, wait=5.0),
    )


@pytest.fixture
def hub(hub: Hub, certificates: Certificates) -> Hub:
    """The hub knows them."""
    hub.settings = msgspec.structs.replace(hub.settings, certificates=certificates)
    return hub


@pytest.fixture
async def box(api: Api) -> Box:
    """A gateway with one name."""
    box = await enrolled(api, await hall(api))
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL]}))[0] == 200
    return box


async def ask(box: Box, csr: str) -> Certified:
    """What the hub says to a request."""
    return await box.post(wire.CERTIFICATE, Certify(csr=csr), Certified)


async def work(hub: Hub) -> None:
    """One round of the job, with the middle of all chances."""
    await Work(hub, lambda: 0.5).run()


async def shown(api: Api) -> Any:
    """The only certificate, as staff see it."""
    status, (one,) = await api("GET", "/certificates")
    assert status == 200
    return one


def later(hub: Hub, **time: float) -> None:
    """The hub's clock goes on."""
    before = hub.now
    hub.now = lambda: before() + timedelta(**time)
