"""What goes wrong while a certificate is got: nothing is lost, nobody is asked too often, staff are told, and it goes on by itself."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hotspot import wire
from hotspot.hub import watch
from hotspot.hub.certificates.work import Work
from hotspot.hub.hub import Hub
from hotspot.wire_certificate import Certify
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, later, request, shown, work
from tests.hub.certificates.nameserver import NameServer
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, value

pytestmark = pytest.mark.hub


async def test_wrong_nonces(hub: Hub, box: Box, authority: Authority) -> None:
    """Another process used the nonce, or the authority forgot it: the request is signed anew, with the one that came with the refusal."""
    csr = request(PORTAL)
    await ask(box, csr)
    authority.bad_nonces = 3
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
    assert authority.requests.count("nonce") == 1


async def test_an_authority_that_takes_no_nonce(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """It is not asked for ever."""
    await ask(box, request(PORTAL))
    authority.bad_nonces = 1_000
    await work(hub)
    assert "took none of 4 nonces: that one is forgotten" in (await shown(api))["failure"]
    assert len(authority.requests) < 10


async def test_the_authority_is_away(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """Each try waits longer; after two hours staff are told; when it is back, the hall has its certificate and the alarm ends."""
    csr = request(PORTAL)
    await ask(box, csr)
    await box.post(wire.REPORTS, wire.Delivery(sent=wire.Moment(hub.now().timestamp(), 1.0, "b"), health=wire.Health()), wire.Receipt)
    authority.away = True
    waits = []
    for _ in range(9):
        before = hub.now()
        await work(hub)
        next_try = await value(hub, "SELECT next_try_at FROM portal_certificates")
        waits.append(round((next_try - before) / timedelta(minutes=1)))
        hub.now = lambda at=next_try + timedelta(seconds=1): at  # type: ignore[misc]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE gateway_states SET seen_at = $1", hub.now())
    await watch.run(hub)
    _, alarms = await api("GET", "/alarms")
    assert [(one["kind"], one["severity"]) for one in alarms] == [("certificate_failed", "warning")]
    assert "HTTP 503" in alarms[0]["detail"]["text"]
    authority.away = False
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
    assert (await shown(api))["failing_since"] is None


async def test_dns_is_slow(hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """The authority is not told to look before every name server shows the record."""
    csr = request(PORTAL)
    await ask(box, csr)
    nameserver.visible.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(hub))
        await nameserver.updated.wait()
        assert "challenge" not in authority.requests
        nameserver.visible.set()
    assert (await ask(box, csr)).state == "ready"


async def test_dns_shows_nothing(api: Api, hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """Secondaries that never follow: the authority is not asked at all, which would count against us, and the record is taken back."""
    settings = hub.settings.certificates
    assert settings is not None
    assert settings.dns is not None
    quick = msgspec.structs.replace(settings, dns=msgspec.structs.replace(settings.dns, wait=1.0))
    hub.settings = msgspec.structs.replace(hub.settings, certificates=quick)
    nameserver.visible.clear()
    await ask(box, request(PORTAL))
    await work(hub)
    assert (await shown(api))["failure"].startswith(f"_acme-challenge.{PORTAL}. is not shown after 1 s by 127.0.0.1")
    assert "challenge" not in authority.requests
    assert [line[:1] for line in nameserver.updates] == ["+", "-"]


async def test_dns_takes_no_update(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """A wrong key: what the name server says is what staff read; nothing unsigned is written."""
    settings = hub.settings.certificates
    assert settings is not None
    assert settings.dns is not None
    wrong = msgspec.structs.replace(settings, dns=msgspec.structs.replace(settings.dns, key=b"x" * 32))
    hub.settings = msgspec.structs.replace(hub.settings, certificates=wrong)
    await ask(box, request(PORTAL))
    await work(hub)
    assert "cannot write _acme-challenge" in (await shown(api))["failure"]
    assert "challenge" not in authority.requests


async def test_the_hub_is_restarted_in_the_middle(hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """The next process goes on with the same order, and no second one is made."""
    csr = request(PORTAL)
    await ask(box, csr)
    authority.pause.clear()
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work(hub))
        await authority.asked_to_look.wait()
        working.cancel()
    assert await value(hub, "SELECT order_url FROM portal_certificates") != ""
    authority.pause.set()
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
    assert authority.requests.count("new-order") == 1
    assert not any(nameserver.texts.values())


async def test_an_order_that_is_lost(hub: Hub, box: Box, authority: Authority) -> None:
    """The authority has forgotten an order that was begun: there is another one."""
    csr = request(PORTAL)
    await ask(box, csr)
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE portal_certificates SET order_url = $1", f"https://localhost:{authority.port}/order/gone")
    await work(hub)
    assert (await ask(box, csr)).state == "ready"


async def test_a_name_of_somebody_else(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """A gateway gets a certificate for the names that staff gave to it, whatever it asks for; nothing of that reaches the authority."""
    for names in (["portal.grossdorf.example"], [PORTAL, "rathaus.kleinheim.example"], ["kleinheim.example"]):
        answer = await ask(box, request(*names))
        assert (answer.state, answer.chain) == ("refused", "")
        assert "expected only names that staff gave to" in answer.why
    await work(hub)
    assert authority.requests == []
    one = await shown(api)
    assert (one["state"], "expected only names that staff gave to" in one["refused"]) == ("refused", True)
    await ask(box, request(PORTAL))
    one = await shown(api)
    assert (one["state"], one["refused"], one["refused_since"]) == ("waiting", "", None)


async def test_what_is_refused_is_seen(api: Api, hub: Hub, box: Box) -> None:
    """A gateway that asks for what is none of its own, or has no names, gets nothing; staff see since when and why, on the page of the
    hall too, and have an alarm after two hours: urgent when what the hall has ends soon."""
    other = await enrolled(api, await hall(api, "kleinheim-schule"))
    assert "staff gave it no names" in (await ask(other, request("schule.kleinheim.example"))).why
    await ask(box, request("kleinheim.example"))
    _, (one, second) = await api("GET", "/certificates")
    assert (one["state"], second["state"], second["names"]) == ("refused", "refused", [])
    assert second["refused"].startswith("it asks for schule.kleinheim.example, and staff gave it no names yet")
    since, before = one["refused_since"], hub.now()
    later(hub, hours=2, minutes=5)
    await ask(box, request("kleinheim.example"))
    assert (await api("GET", f"/gateways/{box.name}/certificate"))[1]["certificate"]["refused_since"] == since
    for gateway, days in ((box, 3), (other, 60)):
        told = wire.Health(certificate_until=(before + timedelta(days=days)).timestamp())
        delivery = wire.Delivery(sent=wire.Moment(hub.now().timestamp(), 1.0, "b"), health=told)
        await gateway.post(wire.REPORTS, delivery, wire.Receipt)
    await watch.run(hub)
    _, alarms = await api("GET", "/alarms", kind="certificate_failed")
    assert {one["gateway"]: one["severity"] for one in alarms} == {box.name: "urgent", other.name: "warning"}
    _, health = await api("GET", "/halls/kleinheim-schule/health")
    assert "staff gave it no names" in health["gateways"][0]["certificate_failure"]


async def test_names_are_given_within_the_zones_of_the_partner(api: Api, box: Box) -> None:
    """Staff cannot give away what is another town's, what another gateway has, or what is no name."""
    path = f"/gateways/{box.name}/certificate/names"
    for name, said in (
        ("portal.grossdorf.example", "expected a name in kleinheim.example"),
        ("portal.notkleinheim.example", "expected a name in kleinheim.example"),
        ("*.kleinheim.example", "expected a name of DNS"),
        ("Portal.kleinheim.example", "expected a name of DNS"),
    ):
        status, problem = await api("PUT", path, {"names": [name]})
        assert status == 400
        assert said in problem["detail"]
    other = await enrolled(api, await hall(api, "kleinheim-schule"))
    status, problem = await api("PUT", f"/gateways/{other.name}/certificate/names", {"names": [PORTAL]})
    assert (status, f"{box.name} has one of them" in problem["detail"]) == (409, True)
    stranger = await enrolled(api, await hall(api, "grossdorf-rathaus"))
    status, problem = await api("PUT", f"/gateways/{stranger.name}/certificate/names", {"names": ["portal.grossdorf.example"]})
    assert (status, "[certificates.zones]" in problem["detail"]) == (400, True)


async def test_a_request_that_is_none(box: Box) -> None:
    """What no authority should be shown is refused with what was expected."""
    for csr, said in (
        ("nonsense", "PKCS #10"),
        (request(PORTAL, common_name=PORTAL), "subjectAltName only"),
        (request(), "1 to 16 names"),
        (request(f"*.{PORTAL}"), "without a star"),
        (request(PORTAL, key=ec.generate_private_key(ec.SECP224R1())), "P-256 or P-384"),
        (request(PORTAL, extension=x509.BasicConstraints(ca=True, path_length=None)), "no other extension"),
    ):
        status, problem = await box.refused(wire.CERTIFICATE, Certify(csr=csr))
        assert (status, problem.code, said in problem.message) == (400, "bad_request", True), problem


async def test_another_one_now(api: Api, hub: Hub, box: Box) -> None:
    """Staff want another key: the gateway is told, and what it has goes on until the new one is there."""
    csr = request(PORTAL)
    await ask(box, csr)
    await work(hub)
    assert (await api("POST", f"/gateways/{box.name}/certificate/request"))[1]["state"] == "renewing"
    assert (await ask(box, csr)).renew
    fresh = request(PORTAL)
    await ask(box, fresh)
    await work(hub)
    assert ((await ask(box, fresh)).state, (await shown(api))["state"]) == ("ready", "ready")


async def test_an_authority_of_ones_own(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """Without ACME staff take the request, have it signed, and put the chain in; one for another key or other names is refused."""
    settings = hub.settings.certificates
    assert settings is not None
    alone = msgspec.structs.replace(settings, directory="", dns=None)
    hub.settings = msgspec.structs.replace(hub.settings, certificates=alone)
    csr = request(PORTAL)
    assert "staff put it in" in (await ask(box, csr)).why
    path = f"/gateways/{box.name}/certificate"
    _, given = await api("GET", path)
    assert given["csr"] == csr
    signed = authority.sign(x509.load_pem_x509_csr(csr.encode()), [PORTAL])
    foreign = authority.sign(x509.load_pem_x509_csr(request(PORTAL).encode()), [PORTAL])
    elsewhere = authority.sign(x509.load_pem_x509_csr(csr.encode()), ["x.kleinheim.example"])
    upside_down = "".join(f"-----BEGIN{part}" for part in reversed(signed.split("-----BEGIN")[1:]))
    for chain, said in (
        (foreign, "for the key of the gateway's request"),
        (elsewhere, f"names {PORTAL}"),
        (upside_down, "certificate first"),
        ("x", "certificates in PEM"),
    ):
        status, problem = await api("PUT", path, {"chain": chain})
        assert (status, said in problem["detail"]) == (400, True), problem
    assert (await api("PUT", path, {"chain": signed}))[1]["state"] == "ready"
    assert (await ask(box, csr)).chain == signed
    await Work(hub).run()
    assert authority.requests == []
