"""One certificate, from a gateway's request to the chain that it fetches, at a real authority by real DNS updates over real HTTP."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hotspot.hub.certificates.requests import read_chain, read_request
from hotspot.hub.certificates.settings import Certificates
from hotspot.hub.hub import Hub
from tests.hub.certificates.authority import EAB_KEY, EAB_KID, Authority
from tests.hub.certificates.conftest import PORTAL, ask, request, work
from tests.hub.certificates.nameserver import NameServer
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, value

pytestmark = pytest.mark.hub


async def test_a_hall_gets_its_certificate(api: Api, hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """It asks, waits, and has the chain for its own key; DNS is as it was before; staff see it; the second question costs nothing."""
    csr = request(PORTAL)
    waiting = await ask(box, csr)
    assert (waiting.state, waiting.chain, waiting.why) == ("waiting", "", "the authority is asked")
    await work(hub)
    ready = await ask(box, csr)
    assert (ready.state, ready.renew) == ("ready", False)
    assert read_chain(ready.chain).key_hash == read_request(csr).key_hash
    assert read_chain(ready.chain).names == (PORTAL,)
    assert ready.chain.count("BEGIN CERTIFICATE") == 2
    assert authority.looked_for == [f"_acme-challenge.{PORTAL}."]
    assert [line[:1] for line in nameserver.updates] == ["+", "-"]
    assert nameserver.updates[0][1:] == nameserver.updates[1][1:]
    _, (shown,) = await api("GET", "/certificates")
    assert (shown["gateway"], shown["state"], shown["failure"], shown["names"]) == (box.name, "ready", "", [PORTAL])
    asked = len(authority.requests)
    assert await ask(box, csr) == ready
    await work(hub)
    assert len(authority.requests) == asked
    assert await value(hub, "SELECT array_agg(action ORDER BY at) FROM audit WHERE action LIKE 'certificate.%'") == [
        "certificate.names",
        "certificate.ask",
        "certificate.issue",
    ]


async def test_several_names_in_one(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """A portal with a name for each zone gets one certificate for all of them."""
    names = [f"{one}.kleinheim.example" for one in ("portal", "rat", "saal")]
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names}))[0] == 200
    csr = request(*names)
    await ask(box, csr)
    await work(hub)
    assert sorted(read_chain((await ask(box, csr)).chain).names) == names
    assert len(authority.looked_for) == 3


async def test_the_account_is_bound(hub: Hub, box: Box, authority: Authority, certificates: Certificates) -> None:
    """Where the authority wants to know whose customer we are, it is told; with another key it gives nothing."""
    authority.needs_eab = True
    csr = request(PORTAL)
    await ask(box, csr)
    await work(hub)
    assert "certificates.eab_kid" in (await ask(box, csr)).why
    bound = msgspec.structs.replace(certificates, eab_kid=EAB_KID, eab_key=EAB_KEY)
    for key, state in ((b"another-key-of-thirty-two-bytes!", "waiting"), (EAB_KEY, "ready")):
        hub.settings = msgspec.structs.replace(hub.settings, certificates=msgspec.structs.replace(bound, eab_key=key))
        await due(hub)
        await work(hub)
        assert (await ask(box, csr)).state == state


async def due(hub: Hub) -> None:
    """Its next try is now."""
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE portal_certificates SET next_try_at = $1 WHERE next_try_at IS NOT NULL", hub.now())


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
async def test_another_key_gets_another(hub: Hub, box: Box, curve: ec.EllipticCurve) -> None:
    """A renewal is another request: the certificate before stays until the new one is there, and then the new one is given."""
    first = request(PORTAL)
    await ask(box, first)
    await work(hub)
    old = (await ask(box, first)).chain
    await later(hub, 3_600)
    second = request(PORTAL, key=ec.generate_private_key(curve))
    assert (await ask(box, second)).state == "waiting"
    assert await value(hub, "SELECT chain FROM portal_certificates") == old
    await work(hub)
    new = await ask(box, second)
    assert new.state == "ready"
    assert read_chain(new.chain).key_hash == read_request(second).key_hash != read_chain(old).key_hash


async def later(hub: Hub, seconds: float) -> None:
    """The hub's clock goes on."""
    from datetime import timedelta

    before = hub.now
    hub.now = lambda: before() + timedelta(seconds=seconds)
