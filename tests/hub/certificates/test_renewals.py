"""Renewal before its time, as the authority wants it (RFC 9773)."""

from datetime import timedelta

import pytest
from cryptography import x509

from hotspot.hub.certificates.requests import read_chain
from hotspot.hub.hub import Hub
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.authority_papers import renewal_id
from tests.hub.certificates.conftest import PORTAL, ask, later, request, work
from tests.hub.gateways.box import Box

pytestmark = pytest.mark.hub


async def test_the_authority_wants_a_renewal(hub: Hub, box: Box, authority: Authority) -> None:
    """It is asked every six hours; once its window is near, the gateway makes another key, and the order says what it replaces."""
    now = hub.now()
    authority.window = (now + timedelta(days=60), now + timedelta(days=62))
    csr = request(PORTAL)
    await ask(box, csr)
    await work(hub)
    assert authority.requests.count("renewal") == 0
    for _ in range(2):
        later(hub, hours=6, minutes=1)
        await work(hub)
    assert authority.requests.count("renewal") == 2
    assert (await ask(box, csr)).state == "ready"
    authority.window = (now - timedelta(days=1), now)  # it is about to be revoked
    later(hub, hours=6, minutes=1)
    await work(hub)
    told = await ask(box, csr)
    assert (told.renew, told.why) == (True, "this key is not wanted any more")
    fresh = request(PORTAL)
    await ask(box, fresh)
    await work(hub)
    assert (await ask(box, fresh)).state == "ready"
    assert len(authority.replaced) == 1


async def test_what_was_replaced_before_is_ordered_all_the_same(hub: Hub, box: Box, authority: Authority) -> None:
    """The authority says that there is another one already, as after a restore of the hub."""
    now = hub.now()
    authority.window = (now + timedelta(days=60), now + timedelta(days=62))
    first = request(PORTAL)
    await ask(box, first)
    await work(hub)
    authority.replaced = [name for _, name in authority.issued.values()]
    later(hub, minutes=11)
    fresh = request(PORTAL)
    await ask(box, fresh)
    await work(hub)
    assert (await ask(box, fresh)).state == "ready"
    assert authority.requests.count("new-order") == 3


async def test_an_authority_that_does_not_say(hub: Hub, box: Box, authority: Authority) -> None:
    """It is not asked, nothing is said of replacing, and nothing is amiss; one that says nonsense changes nothing."""
    csr = request(PORTAL)
    await ask(box, csr)
    await work(hub)
    later(hub, hours=7)
    await work(hub)
    assert authority.requests.count("renewal") == 0
    authority.window = (hub.now(), hub.now() - timedelta(days=1))
    later(hub, hours=7)
    await work(hub)
    assert authority.requests.count("renewal") == 1
    assert (await ask(box, csr)).state == "ready"


async def test_the_name_of_a_certificate(hub: Hub, box: Box, authority: Authority) -> None:
    """Both halves as in DER, whatever the first bit of the serial number."""
    csr = x509.load_pem_x509_csr(request(PORTAL).encode())
    for _ in range(16):
        pem = authority.sign(csr, [PORTAL])
        assert read_chain(pem).renewal_id == renewal_id(x509.load_pem_x509_certificate(pem.encode()))
