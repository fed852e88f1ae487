"""Keys that others may know: they are revoked whatever becomes of their gateway, and come back no more."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hotspot.hub import watch
from hotspot.hub.certificates.acme import Acme, Order
from hotspot.hub.certificates.requests import read_chain
from hotspot.hub.hub import Hub
from hotspot.hub.store import certificates, revocations
from hotspot.hub.store.revocations import Reason
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, later, request, shown, work
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, value

pytestmark = pytest.mark.hub


def serial(chain: str) -> int:
    """Of the certificate."""
    return x509.load_pem_x509_certificate(chain.encode()).serial_number


async def issued(hub: Hub, box: Box) -> tuple[str, str]:
    """Request and chain."""
    csr = request(PORTAL)
    await ask(box, csr)
    await work(hub)
    return csr, (await ask(box, csr)).chain


async def test_revoked(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """The authority revokes it, the gateway is told to make another key, and never gets the old certificate again."""
    csr, chain = await issued(hub, box)
    assert (await api("POST", f"/gateways/{box.name}/certificate/revoke"))[1]["revoking"] is True
    told = await ask(box, csr)
    assert (told.renew, told.chain) == (True, "")
    await work(hub)
    assert authority.revoked == {serial(chain)}
    orders = authority.requests.count("new-order")
    await work(hub)
    assert authority.requests.count("new-order") == orders
    fresh = request(PORTAL)
    assert (await ask(box, fresh)).state == "waiting"
    await work(hub)
    assert read_chain((await ask(box, fresh)).chain).der != read_chain(chain).der
    assert (await shown(api))["revoking"] is False


async def test_the_gateway_is_revoked_as_well(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """A box was stolen: its certificate is revoked before or after its credential, and staff see that it is still to be done."""
    _, chain = await issued(hub, box)
    assert (await api("POST", f"/gateways/{box.name}/certificate/revoke"))[0] == 200
    assert (await api("POST", f"/gateways/{box.name}/revoke"))[0] == 200
    assert (await shown(api))["revoking"] is True
    await work(hub)
    assert authority.revoked == {serial(chain)}
    assert (await api("GET", "/certificates"))[1] == []


async def test_the_certificate_of_a_revoked_gateway(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """The other way round."""
    _, chain = await issued(hub, box)
    assert (await api("POST", f"/gateways/{box.name}/revoke"))[0] == 200
    assert (await api("POST", f"/gateways/{box.name}/certificate/revoke"))[0] == 200
    await work(hub)
    assert authority.revoked == {serial(chain)}


async def test_a_revocation_that_is_refused(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """It is tried again, staff see why and have an alarm; the hall gets its new certificate all the same. Once that one has ended by itself
    there is nothing to be revoked."""
    _, chain = await issued(hub, box)
    await api("POST", f"/gateways/{box.name}/certificate/revoke")
    authority.refuses_revocation = True
    await work(hub)
    later(hub, minutes=11)
    fresh = request(PORTAL)
    assert (await ask(box, fresh)).state == "waiting"
    await work(hub)
    assert (await ask(box, fresh)).state == "ready"
    one = await shown(api)
    assert (one["state"], one["revoking"], "of another account" in one["revocation_failure"]) == ("ready", True, True)
    later(hub, hours=3)
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE gateways SET created_at = $1", hub.now() - timedelta(seconds=30))
    await watch.run(hub)
    _, alarms = await api("GET", "/alarms", kind="certificate_failed")
    assert [alarm["detail"]["text"].startswith("revocation: the authority refuses") for alarm in alarms] == [True]
    authority.refuses_revocation = False
    later(hub, minutes=31)
    await work(hub)
    assert authority.revoked == {serial(chain)}
    assert (await shown(api))["revoking"] is False
    assert (await ask(box, fresh)).state == "ready"


async def test_the_old_key_comes_late(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """A key that was revoked gets no certificate any more: not after the names were changed, and not after another key came in between."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = request(PORTAL, key=key)
    await ask(box, csr)
    await work(hub)
    await api("POST", f"/gateways/{box.name}/certificate/revoke")
    names = [PORTAL, "rat.kleinheim.example"]
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names}))[0] == 200
    for late in (csr, request(*names, key=key)):
        told = await ask(box, late)
        assert (told.renew, told.chain) == (True, "")
    fresh = request(*names)
    assert not (await ask(box, fresh)).renew
    assert (await ask(box, csr)).renew
    await work(hub)
    assert authority.requests.count("new-order") == 2
    assert (await ask(box, fresh)).state == "ready"
    assert (await ask(box, csr)).renew


async def test_an_answer_that_comes_late(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """While the authority signs, staff take a name away: the certificate with that name is not given out, though the same key has asked
    for less meanwhile; it counts as one all the same."""
    names, key = [PORTAL, "rat.kleinheim.example"], ec.generate_private_key(ec.SECP256R1())
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names})
    await ask(box, request(*names, key=key))
    authority.pause.clear()
    less = request(PORTAL, key=key)
    async with asyncio.TaskGroup() as group:
        group.create_task(work(hub))
        await authority.asked_to_look.wait()
        await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL]})
        assert (await ask(box, less)).state == "waiting"
        authority.pause.set()
    assert await value(hub, "SELECT count(*) FROM certificate_issues") >= 1
    await work(hub)
    ready = await ask(box, less)
    assert read_chain(ready.chain).names == (PORTAL,)


async def test_the_same_key_for_other_names(api: Api, hub: Hub, box: Box) -> None:
    """It is another request; and when the names come back, the certificate that is there will do."""
    names, key = [PORTAL, "rat.kleinheim.example"], ec.generate_private_key(ec.SECP256R1())
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names})
    await ask(box, request(PORTAL, key=key))
    await work(hub)
    later(hub, minutes=11)
    assert (await ask(box, request(*names, key=key))).state == "waiting"
    await work(hub)
    assert sorted(read_chain((await ask(box, request(*names, key=key))).chain).names) == names
    later(hub, minutes=11)
    assert (await ask(box, request(PORTAL, key=key))).state == "ready"


async def test_a_certificate_that_has_ended(hub: Hub, box: Box) -> None:
    """A box that comes back after months has lost its certificate, and the one that the hub has is over: another key."""
    csr, _ = await issued(hub, box)
    later(hub, days=91)
    told = await ask(box, csr)
    assert (told.renew, told.chain) == (True, "")


def when_signed(monkeypatch: pytest.MonkeyPatch, then: Callable[[], Awaitable[object]]) -> None:
    """Something happens after the authority has signed and before the hub has the certificate."""
    fetch = Acme.certificate

    async def late(acme: Acme, order: Order) -> str:
        await then()
        return await fetch(acme, order)

    monkeypatch.setattr(Acme, "certificate", late)


async def test_a_key_that_is_revoked_while_it_is_on_order(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """Nothing is signed for it any more."""
    _, chain = await issued(hub, box)
    later(hub, minutes=11)
    await ask(box, request(PORTAL))
    authority.pause.clear()
    authority.asked_to_look.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(hub))
        await authority.asked_to_look.wait()
        assert (await api("POST", f"/gateways/{box.name}/certificate/revoke"))[0] == 200
        authority.pause.set()
    assert list(authority.issued) == [serial(chain)]
    assert authority.revoked == {serial(chain)}


async def test_an_order_that_was_begun_for_a_key_that_is_unwanted(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """It is not written down."""
    await ask(box, request(PORTAL))
    async with hub.store.transaction() as connection:
        claimed = await certificates.claim(connection, hub.now(), "one", hub.now() + timedelta(minutes=9))
    assert claimed is not None
    assert (await api("POST", f"/gateways/{box.name}/certificate/request"))[0] == 200
    async with hub.store.connection() as connection:
        assert not await certificates.ordered(connection, claimed, "https://authority.example/1")


async def test_a_key_that_is_revoked_when_it_is_signed(
    api: Api, hub: Hub, box: Box, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody gets the certificate, and it is revoked with the one before."""
    await issued(hub, box)
    later(hub, minutes=11)
    fresh = request(PORTAL)
    await ask(box, fresh)
    when_signed(monkeypatch, lambda: api("POST", f"/gateways/{box.name}/certificate/revoke"))
    await work(hub)
    assert len(authority.issued) == 2
    assert authority.revoked == set(authority.issued)
    assert (await ask(box, fresh)).renew


async def test_a_name_that_is_taken_away(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """The certificate with that name is not given out any more, also not to the same key for less, and is revoked; for no fault of its key,
    which gets another one."""
    names, key = [PORTAL, "rat.kleinheim.example"], ec.generate_private_key(ec.SECP256R1())
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names})
    await ask(box, request(*names, key=key))
    await work(hub)
    (first,) = authority.issued
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL]}))[1]["revoking"] is True
    assert await value(hub, "SELECT reason FROM certificate_revocations") == 5
    later(hub, minutes=11)
    less = request(PORTAL, key=key)
    assert (await ask(box, less)).state == "waiting"
    await work(hub)
    assert authority.revoked == {first}
    assert read_chain((await ask(box, less)).chain).names == (PORTAL,)


async def test_a_name_that_is_added(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """The certificate without it is good as long as it is."""
    await issued(hub, box)
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL, "rat.kleinheim.example"]})
    await work(hub)
    assert authority.revoked == set()


async def test_a_name_that_is_taken_away_when_it_is_signed(
    api: Api, hub: Hub, box: Box, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That certificate is nobody's, and is revoked."""
    names = [PORTAL, "rat.kleinheim.example"]
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names})
    await ask(box, request(*names))
    when_signed(monkeypatch, lambda: api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL]}))
    await work(hub)
    assert len(authority.issued) == 1
    assert authority.revoked == set(authority.issued)


async def test_the_graver_reason_counts(hub: Hub, box: Box) -> None:
    """A certificate that loses a name, and whose key is found to be known then, is revoked for its key."""
    gateway = await value(hub, "SELECT id FROM gateways")
    async with hub.store.connection() as connection:
        for reason in (Reason.NAMES, Reason.KEY, Reason.NAMES):
            await revocations.want(connection, gateway, "chain", reason, hub.now())
        rows = await connection.fetch("SELECT reason FROM certificate_revocations")
    assert [row["reason"] for row in rows] == [Reason.KEY]
