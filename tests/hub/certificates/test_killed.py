"""A hub process is killed at each step of an order, one after the other, with the authority's answer to that step lost: the next process
ends it well, or the order is given up and what was signed of it is revoked. No key has a certificate that it should not have."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from hotspot.hub.certificates.acme import Acme
from hotspot.hub.certificates.requests import read_chain, read_request
from hotspot.hub.certificates.work import Work
from hotspot.hub.hub import Hub
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, later, request, work
from tests.hub.certificates.nameserver import NameServer
from tests.hub.certificates.test_processes import leased
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, value

pytestmark = pytest.mark.hub
STEPS = (
    ("directory", 1),
    ("nonce", 1),
    ("new-account", 1),
    ("new-order", 1),
    ("authorization", 1),
    ("challenge", 1),
    ("authorization", 2),
    ("order", 1),
    ("finalize", 1),
    ("order", 2),
    ("order", 3),
    ("certificate", 1),
)
"""All that the authority is asked on the way, and which time."""
SIGNED = STEPS[8:]
"""From here on there is a certificate."""


class Killed(BaseException):
    """The process is no more: nothing is tidied up."""


async def killed_at(hub: Hub, step: tuple[str, int]) -> None:
    """A process that ends when the authority has answered that, and before it has heard it."""
    ask_authority, asked = Acme._request, Counter[str]()

    async def dies(acme: Acme, method: str, url: str, *more: Any) -> Any:
        answer = await ask_authority(acme, method, url, *more)
        kind = url.split("/")[3]
        asked[kind] += 1
        if (kind, asked[kind]) == step:
            raise Killed
        return answer

    async def nothing(*_: Any) -> None:
        """Nobody lets go of anything."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Acme, "_request", dies)
        patch.setattr(Work, "_let_go", nothing)
        with pytest.raises(Killed):
            await work(hub)


def serials(*chains: str) -> set[int]:
    """Of the first certificates."""
    return {x509.load_pem_x509_certificate(chain.encode()).serial_number for chain in chains if chain}


async def another_week(hub: Hub) -> None:
    """The limits of a week do not count."""
    later(hub, minutes=11)
    async with hub.store.connection() as connection:
        await connection.execute("DELETE FROM certificate_issues")


async def test_the_next_process_ends_it_well(hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """The same key: one certificate for it, by the order that was begun; DNS is as it was."""
    for step in STEPS:
        csr = request(PORTAL)
        assert (await ask(box, csr)).state == "waiting"
        orders, signed = authority.requests.count("new-order"), len(authority.issued)
        await killed_at(hub, step)
        later(hub, seconds=(leased(hub) + timedelta(seconds=1)).total_seconds())
        await work(hub)
        ready = await ask(box, csr)
        assert (ready.state, read_chain(ready.chain).key_hash) == ("ready", read_request(csr).key_hash), step
        assert len(authority.issued) == signed + 1, step
        # an order whose address was not heard is not known: there is another one, and nothing is signed of the first
        assert authority.requests.count("new-order") - orders == (2 if step == ("new-order", 1) else 1), step
        assert not any(nameserver.texts.values()), step
        await another_week(hub)


async def test_the_key_is_not_wanted_any_more_meanwhile(api: Api, hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """Staff want another key before the next process comes: the one before gets no certificate, and one that was signed for it, which
    nobody has fetched, is revoked."""
    for step in STEPS:
        csr = request(PORTAL)
        assert (await ask(box, csr)).state == "waiting"
        before = set(authority.issued)
        await killed_at(hub, step)
        assert (await api("POST", f"/gateways/{box.name}/certificate/request"))[0] == 200
        later(hub, seconds=(leased(hub) + timedelta(seconds=1)).total_seconds())
        told = await ask(box, csr)
        assert (told.renew, told.chain) == (True, ""), step
        await work(hub)
        later(hub, minutes=6)  # it was being signed
        await work(hub)
        left = set(authority.issued) - before
        assert left <= authority.revoked, step
        assert bool(left) == (step in SIGNED), step
        assert not any(nameserver.texts.values()), step
        fresh = request(PORTAL)
        await ask(box, fresh)
        await work(hub)
        chain = (await ask(box, fresh)).chain
        assert read_chain(chain).key_hash == read_request(fresh).key_hash, step
        assert set(authority.issued) - before - left == serials(chain), step
        assert not serials(chain) & authority.revoked
        await another_week(hub)
    assert await value(hub, "SELECT count(*) FROM certificate_orders_left") == 0


async def test_a_name_is_taken_away_meanwhile(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """The certificate that was signed with that name, and fetched by nobody, is revoked."""
    names = [PORTAL, "rat.kleinheim.example"]
    await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names})
    await ask(box, request(*names))
    await killed_at(hub, ("finalize", 1))
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [PORTAL]}))[0] == 200
    later(hub, seconds=(leased(hub) + timedelta(seconds=1)).total_seconds())
    await work(hub)
    later(hub, minutes=6)
    await work(hub)
    assert len(authority.issued) == 1
    assert authority.revoked == set(authority.issued)
