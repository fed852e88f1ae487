"""How often an authority is asked: one hall's limit is one hall's, failures wait long enough, and no hall keeps the others waiting."""

from datetime import timedelta
from typing import Any

import pytest

from hotspot.hub.certificates import work as working
from hotspot.hub.certificates.issue import issue
from hotspot.hub.certificates.requests import read_chain, read_request
from hotspot.hub.certificates.work import FIRST_REFUSED, MOST_ISSUED
from hotspot.hub.hub import Hub
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, later, request, shown, work
from tests.hub.certificates.nameserver import NameServer
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, value

pytestmark = pytest.mark.hub


async def named(api: Api, name: str) -> Box:
    """A further gateway with a name for its portal."""
    box = await enrolled(api, await hall(api, f"kleinheim-{name}"))
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": [f"{name}.kleinheim.example"]}))[0] == 200
    return box


async def test_one_hall_has_its_limit(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """It is not asked for before the moment that the authority names; the others are."""
    other, csr, second = await named(api, "schule"), request(PORTAL), request("schule.kleinheim.example")
    await ask(box, csr)
    await ask(other, second)
    authority.limited_names = {PORTAL}
    await work(hub)
    assert (await ask(other, second)).state == "ready"
    told = await ask(box, csr)
    assert (told.state, told.wait) == ("waiting", 600.0)
    assert "less often" in told.why
    authority.limited_names = set()
    asked = len(authority.requests)
    later(hub, minutes=59)
    await work(hub)
    assert len(authority.requests) == asked
    later(hub, minutes=2)
    await work(hub)
    assert (await ask(box, csr)).state == "ready"


@pytest.mark.parametrize(("what", "asked_of", "minutes", "ready"), [("new-order", 2, 60, 1), ("new-account", 1, 120, 3)])
async def test_all_halls_have_a_limit(
    api: Api, hub: Hub, box: Box, authority: Authority, what: str, asked_of: int, minutes: int, ready: int
) -> None:
    """Two of different halls one after the other, or our account: nothing is asked for any hall then. Where it is only guessed that it
    concerns all, it is tried again after an hour, whatever the authority said to those two."""
    wanted = {box: request(PORTAL)}
    for name in ("schule", "bad"):
        wanted[await named(api, name)] = request(f"{name}.kleinheim.example")
    for one, csr in wanted.items():
        await ask(one, csr)
    authority.limited = (what, 7_200)
    await work(hub)
    assert authority.requests.count(what) == asked_of
    asked = len(authority.requests)
    later(hub, minutes=minutes - 1)
    await work(hub)
    assert len(authority.requests) == asked
    authority.limited = None
    later(hub, minutes=2)
    await work(hub)
    assert [(await ask(one, csr)).state for one, csr in wanted.items()].count("ready") == ready


async def test_a_name_that_is_not_found(api: Api, hub: Hub, box: Box, authority: Authority, nameserver: NameServer) -> None:
    """A look at DNS that fails counts at the authority, five in an hour: the next ones come after 15, 30, 60 minutes, and neither another
    key nor another order is a way around that."""
    await ask(box, request(PORTAL))
    looks = []
    authority.blind = True
    start = hub.now()
    for _ in range(24):
        before = len(authority.looked_for)
        await work(hub)
        looks += [(hub.now() - start) / timedelta(minutes=1)] * (len(authority.looked_for) - before)
        later(hub, minutes=11)
        await ask(box, request(PORTAL))
    assert len(looks) == 5
    assert all(sum(at - 60 < one <= at for one in looks) <= 3 for at in looks)
    assert FIRST_REFUSED * 0.75 < timedelta(minutes=12) <= FIRST_REFUSED
    assert "did not find" in (await shown(api))["failure"]


async def test_keys_without_end(hub: Hub, box: Box, authority: Authority) -> None:
    """A gateway that makes one key after the other is heard seldom, and gets only so many certificates in a week."""
    last = request(PORTAL)
    await ask(box, last)
    assert (await ask(box, request(PORTAL))).why == "another key came a moment ago"
    for _ in range(MOST_ISSUED):
        await work(hub)
        later(hub, minutes=11)
        last = request(PORTAL)
        await ask(box, last)
    await work(hub)
    assert authority.requests.count("new-order") == MOST_ISSUED
    assert "certificates in a week" in (await ask(box, last)).why
    later(hub, days=7)
    await work(hub)
    assert (await ask(box, last)).state == "ready"


async def test_names_that_wander(api: Api, hub: Hub, box: Box, authority: Authority) -> None:
    """Authorities count by names, and so does the hub: another gateway with them, or others in between, is no way around."""
    for number in range(MOST_ISSUED):
        await ask(box, request(PORTAL))
        await work(hub)
        later(hub, minutes=11)
        if number == 1:
            for names in (["x.kleinheim.example"], [PORTAL]):
                assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": names}))[0] == 200
    assert (await api("PUT", f"/gateways/{box.name}/certificate/names", {"names": ["x.kleinheim.example"]}))[0] == 200
    other = await named(api, "schule")
    assert (await api("PUT", f"/gateways/{other.name}/certificate/names", {"names": [PORTAL]}))[0] == 200
    csr = request(PORTAL)
    await ask(other, csr)
    await work(hub)
    assert "certificates in a week" in (await ask(other, csr)).why
    assert authority.requests.count("new-order") == MOST_ISSUED


async def test_one_hall_is_strange(api: Api, hub: Hub, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever nobody thought of: the other halls get their certificates, staff see it, and the hall waits like any other that fails."""
    other, second = await named(api, "schule"), request("schule.kleinheim.example")
    await ask(box, request(PORTAL))
    await ask(other, second)

    async def strange(*given: Any) -> str:
        if PORTAL in given[2].request.names:
            raise KeyError("nobody thought\0of this")
        return await issue(*given)

    monkeypatch.setattr(working, "issue", strange)
    await work(hub)
    assert (await ask(other, second)).state == "ready"
    _, (first, _) = await api("GET", "/certificates")
    assert (first["state"], first["failure"].startswith("KeyError: 'nobody thought")) == ("failing", True)
    assert await value(hub, "SELECT next_try_at - $1 FROM portal_certificates WHERE failure <> ''", hub.now()) > timedelta(minutes=14)


async def test_a_certificate_for_another_key(hub: Hub, box: Box, authority: Authority) -> None:
    """What the authority signed is not what was asked for: there is another order, and not the same certificate again."""
    csr = request(PORTAL)
    await ask(box, csr)
    authority.confused = 1
    await work(hub)
    assert "expected a certificate for the key" in (await ask(box, csr)).why
    assert await value(hub, "SELECT order_url FROM portal_certificates") == ""
    later(hub, minutes=16)
    await work(hub)
    assert read_chain((await ask(box, csr)).chain).key_hash == read_request(csr).key_hash
    assert authority.requests.count("new-order") == 2


async def test_nothing_is_asked_for_nothing(hub: Hub, box: Box, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing is due, no client is made either; a file that went bad makes no hall wait."""
    made = []
    monkeypatch.setattr(working, "Acme", lambda _: made.append(1))
    await work(hub)
    assert (made, authority.requests) == ([], [])
    csr = request(PORTAL)
    await ask(box, csr)

    def bad(_: object) -> None:
        raise ValueError("not a key any more")

    monkeypatch.setattr(working, "Acme", bad)
    with pytest.raises(ValueError, match="not a key"):
        await work(hub)
    monkeypatch.undo()
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
