"""Gateways over HTTP: the list, one of them point by point, connecting, replacing, new credentials, shutting out."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import certificates
from tests.hub.conftest import Api
from tests.hub.console.conftest import Answer, Seats
from tests.hub.fleet import boxes, says
from tests.hub.gateways.box import Box as WireBox
from tests.hub.gateways.box import enrolled, hall

pytestmark = pytest.mark.hub
HALL = "kleinheim-rathaus"


def token_of(answer: Answer) -> str:
    """What stands in the command of the page."""
    found = re.search(r'id="line">hotspot enrol --config /etc/hotspot/portal.toml ([A-Za-z0-9_.~-]+)</code>', answer.text)
    assert found is not None, answer.words
    return found[1]


async def enrol(api: Api, token: str) -> WireBox:
    """A box shows its token."""
    found = await WireBox(api.http, api.base, "", "").post(
        wire.ENROL, wire.Enrol(token=token, software="1.5", zones=("public",)), wire.Enrolled
    )
    return WireBox(api.http, api.base, found.gateway, found.credential)


async def report(box: WireBox, hub: Hub, health: wire.Health) -> None:
    """It says how it is."""
    now = hub.now().timestamp()
    await box.post(wire.REPORTS, wire.Delivery(sent=wire.Moment(now, 100.0, "b" * 32), health=health), wire.Receipt)


async def test_a_box_is_connected(api: Api, seats: Seats, hub: Hub) -> None:
    """From the empty hall to the gateway that has reported: a token, shown once, with the command; the page that watches sees it come."""
    await hall(api)
    admin = await seats.admin()
    page = await admin.get(f"/halls/{HALL}/enrol?back=/partners/kleinheim/checklist")
    assert 'href="/partners/kleinheim/checklist"' in page.text
    made = await admin.post(f"/halls/{HALL}/enrol", {"lasts": "1", "back": "/partners/kleinheim/checklist"})
    token = token_of(made)
    assert 'href="/partners/kleinheim/checklist"' in made.text
    assert "It is shown this once only." in made.words
    watched = await admin.get(f"/halls/{HALL}/enrol/watch")
    assert "Waiting for the box" in watched.words
    assert token not in watched.text + (await admin.get(f"/halls/{HALL}/enrol")).text
    box = await enrol(api, token)
    watched = await admin.get(f"/halls/{HALL}/enrol/watch")
    assert "Waiting for the box" not in watched.words
    assert f"Not heard yet {box.name}" in watched.words
    await report(box, hub, wire.Health(software="1.5", zones=(wire.ZoneHealth("public", online=3),)))
    assert f"All well {box.name}" in (await admin.get(f"/halls/{HALL}/enrol/watch")).words
    assert "with 3 visitors online" in (await admin.get(f"/gateways/{box.name}")).words


async def test_where_the_authority_comes_from_and_one_way_back(api: Api, seats: Seats, hub: Hub) -> None:
    """The page says it; whoever comes from the checklist finds one button back, not two."""
    await hall(api, HALL)
    hub.settings = replace(hub.settings, url="https://hub.example:8700")
    admin = await seats.admin()
    made = await admin.post("/halls/kleinheim-rathaus/enrol", {"lasts": "7"})
    assert "copy it to /etc/hotspot/hub-authority.pem" in made.words
    path = "/halls/kleinheim-rathaus/enrol?back=%2Fpartners%2Fkleinheim%2Fchecklist"
    assert "Back to where I was" in (await admin.get(path)).words
    headers = {"Cookie": f"session={admin.secret}; language=en; guide=kleinheim"}
    async with admin.http.get(f"{admin.base}{path}", headers=headers) as response:
        text = await response.text()
    assert ("Back to where I was" in text, "Back to the checklist" in text) == (False, True)


async def test_a_box_is_replaced(api: Api, seats: Seats) -> None:
    """The new one goes on under its name; the old one's credential is worth nothing."""
    old = await enrolled(api, await hall(api))
    admin = await seats.admin()
    page = await admin.get(f"/halls/{HALL}/enrol?replaces={old.name}")
    assert f'<option value="{old.name}" selected>' in page.text
    made = await admin.post(f"/halls/{HALL}/enrol", {"lasts": "7", "replaces": old.name})
    assert f"the old box of {old.name} is shut out" in made.words
    new = await enrol(api, token_of(made))
    assert new.name == old.name
    assert (await old.refused(wire.POLL, wire.Poll(policy=0)))[0] == 401
    assert "the box was replaced" in (await admin.get(f"/gateways/{old.name}")).words


async def test_tokens_that_nobody_wants(api: Api, seats: Seats) -> None:
    """One that is open is withdrawn; of one that was used the page says that it is too late; a gateway of elsewhere cannot be replaced."""
    box = await enrolled(api, await hall(api))
    admin = await seats.admin()
    token = token_of(await admin.post(f"/halls/{HALL}/enrol", {"lasts": "30"}))
    listed = (await api("GET", f"/halls/{HALL}/enrolments"))[1]
    used, unused = (next(each["name"] for each in listed if each["state"] == state) for state in ("used", "open"))
    assert (await admin.post(f"/halls/{HALL}/enrol/{unused}/withdraw")).goal == f"/halls/{HALL}/enrol"
    stranger = WireBox(api.http, api.base, "", "")
    assert (await stranger.refused(wire.ENROL, wire.Enrol(token=token, software="1", zones=())))[0] in (400, 401, 403)
    answer = await admin.post(f"/halls/{HALL}/enrol/{used}/withdraw")
    assert (answer.status, "That token has been used" in answer.words) == (409, True)
    answer = await admin.post(f"/halls/{HALL}/enrol", {"lasts": "7", "replaces": "someone-else"})
    assert (answer.status, "There is no gateway of that name in this hall" in answer.words) == (404, True)
    assert (await admin.post(f"/halls/{HALL}/enrol", {"lasts": "7", "replaces": "<b>"})).status == 400
    for goal in ("//evil.example", "https://evil.example", "javascript:alert(1)"):
        page = await admin.get(f"/halls/{HALL}/enrol?back={goal}")
        assert "evil" not in page.lasting.replace(f"back%3D{goal}", "").split("<main", 1)[1]
        assert "javascript:" not in page.text.split("<main", 1)[1]
    assert box.name in (await admin.get(f"/halls/{HALL}/change")).words


async def test_new_credentials(api: Api, seats: Seats) -> None:
    """They are asked for, and come with the next report."""
    box = await enrolled(api, await hall(api))
    admin = await seats.admin()
    await box.poll(seconds=0)
    assert (await admin.post(f"/gateways/{box.name}/rotate")).goal == f"/gateways/{box.name}"
    assert "New credentials come with the next report." in (await admin.get(f"/gateways/{box.name}")).words
    await admin.post(f"/gateways/{box.name}/revoke", {"sure": "yes"})
    answer = await admin.post(f"/gateways/{box.name}/rotate")
    assert (answer.status, "it gets no credentials any more" in answer.words) == (409, True)


async def test_shut_out(api: Api, seats: Seats) -> None:
    """With the box ticked only."""
    box = await enrolled(api, await hall(api))
    admin = await seats.admin()
    answer = await admin.post(f"/gateways/{box.name}/revoke")
    assert (answer.status, "Please tick the box if you are sure." in answer.words) == (422, True)
    await box.poll(seconds=0)
    assert (await admin.post(f"/gateways/{box.name}/revoke", {"sure": "yes"})).goal == f"/gateways/{box.name}"
    assert (await box.refused(wire.POLL, wire.Poll(policy=0)))[0] == 401
    assert "Shut out It has been shut out since" in (await admin.get(f"/gateways/{box.name}")).words


async def test_point_by_point(api: Api, seats: Seats, hub: Hub) -> None:
    """Each point with how it is and what it means; hostile words of a gateway harm nothing."""
    box = await enrolled(api, await hall(api))
    now = hub.now().timestamp()
    health = wire.Health(
        software="<script>1</script>", disk_free=10**9, disk_size=32 * 10**9, certificate_until=now + 5 * 86_400, backlog=80, accepts=10,
        accept_errors=2, drift=4, lost=7, internet=False, faults=("Internet not reachable", "<b>bold</b>" * 40), warnings=("hub away: x",),
        policy_refused=9, policy_error="plans.free.down = <i>",
    )  # fmt: skip
    await report(box, hub, health)
    page = await (await seats("vera", Role.PARTNER_VIEWER, "kleinheim")).get(f"/gateways/{box.name}")
    for said in (
        "Internet line fails Visitors reach the welcome page, but not the Internet.",
        "Disk 1 GB of 32 GB free When the disk is full, nobody new gets in.",
        "Renew it on the box, or visitors will see a warning.",
        "Reports that wait 80",
        "Reports given up 7",
        "Failed acceptances 2 of 10",
        "Drift 4",
        "It cannot apply the newest settings, those before go on: plans.free.down = <i>",
        "The hall did not reach the city's server: x.",
    ):
        assert said in page.words, said
    assert "<script>1" not in page.text
    assert "<b>bold" not in page.text
    assert "/revoke" not in page.text
    assert (await (await seats("berta", Role.PARTNER_VIEWER, "kleinheim")).get("/gateways/no-such")).status == 404
    await report(box, hub, wire.Health())
    async with hub.store.connection() as connection:
        number = await connection.fetchval("SELECT id FROM gateways WHERE name = $1", box.name)
        await certificates.refused(connection, number, "it asks for portal.grossdorf.example", hub.now())
    page = await (await seats("clara", Role.PARTNER_VIEWER, "kleinheim")).get(f"/gateways/{box.name}")
    assert "Certificate none so far No other one to be had: it asks for portal.grossdorf.example" in page.words


async def test_the_list(api: Api, seats: Seats, hub: Hub) -> None:
    """Those first that somebody should see to; search and state narrow it; a hundred on a page; own ones for a town."""
    there = await boxes(hub.store, 130)
    await boxes(hub.store, 1, "bergdorf")
    now = hub.now()
    async with hub.store.transaction() as connection:
        for box in there[:120]:
            await says(connection, box, now, wire.Health(software="1.5", certificate_until=now.timestamp() + 86_400 * 90))
        await says(connection, there[120], now - timedelta(minutes=10), wire.Health(software="1.5"))
        await says(connection, there[121], now, wire.Health(software="1.5", journal=False))
    admin = await seats.admin()
    page = await admin.get("/gateways")
    names = re.findall(r'<th scope="row"><a href="/gateways/([a-z0-9-]+)">', page.text)
    assert names[:2] == [there[120].name, there[121].name]
    assert len(names) == 100
    assert "Page 1 of 2" in page.words
    assert len(re.findall(r'<th scope="row">', (await admin.get("/gateways?page=2")).text)) == 31
    assert len(re.findall(r'<th scope="row">', (await admin.get("/gateways?page=99999")).text)) == 31
    page = await admin.get("/gateways?state=silent")
    assert re.findall(r'<th scope="row"><a href="/gateways/([a-z0-9-]+)">', page.text) == [there[120].name]
    page = await admin.get("/gateways?q=bergdorf-0")
    assert re.findall(r'<th scope="row"><a href="/gateways/([a-z0-9-]+)">', page.text) == ["bergdorf-0-1"]
    page = await admin.get("/gateways?q=%3Cscript%3Ealert(1)&state=%22&page=x")
    assert "No gateway is like that." in page.words
    assert "<script>alert" not in page.text
    own = await (await seats("berta", Role.PARTNER_EDITOR, "bergdorf")).get("/gateways")
    assert re.findall(r'<th scope="row"><a href="/gateways/([a-z0-9-]+)">', own.text) == ["bergdorf-0-1"]
    assert "/enrol" not in own.text


async def test_which_hall(api: Api, seats: Seats) -> None:
    """One that is found leads to its page, several are shown, closed ones are not."""
    await hall(api)
    await hall(api, "kleinheim-bad")
    admin = await seats.admin()
    assert "kleinheim-bad" in (await admin.get("/enrol")).words
    assert (await admin.get("/enrol?hall=kleinheim-bad")).goal == "/halls/kleinheim-bad/enrol"
    assert "There is no such hall." in (await admin.get("/enrol?hall=%3Cb%3E")).words
    assert (await (await seats("karl", Role.PARTNER_EDITOR, "kleinheim")).get("/enrol")).status == 403
