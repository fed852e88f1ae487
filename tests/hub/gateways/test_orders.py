"""Live orders: from the API to the gateway and back."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hotspot import wire
from hotspot.hub import hub as hubs
from hotspot.hub.access import Role
from hotspot.hub.gateways import upkeep
from hotspot.hub.hub import Hub
from hotspot.hub.jobs import Job, once
from tests.hub.conftest import Api, token_of
from tests.hub.gateways.box import Box, another_process, enrolled, hall, value, waiting

pytestmark = pytest.mark.hub

SESSION = {
    "code": "K7F-3QX", "zone": "public", "plan": "free", "accepted_at": 1.0, "seconds_left": 60, "bytes_up": 1, "bytes_down": 2,
    "volume": None, "by_staff": False,
}  # fmt: skip


async def give(api: Api, box: Box, order: str, **more: Any) -> dict[str, Any]:
    """An order and what became of it."""
    status, answer = await api("POST", f"/gateways/{box.name}/orders", {"order": order, **more})
    assert status == 201, answer
    assert isinstance(answer, dict)
    return answer


async def carried_out(box: Box, **reply: Any) -> wire.Order:
    """Wait for one order and answer it."""
    (order,) = (await box.poll()).orders
    await box.answer(order.id, **reply)
    return order


async def test_an_order_is_carried_out(api: Api, hub: Hub) -> None:
    """It is at the gateway at once, and its answer is the answer of the call."""
    box = await enrolled(api, await hall(api))
    async with asyncio.TaskGroup() as group:
        work = group.create_task(carried_out(box, type="done", code="K7F-3QX", state="captive"))
        answer = await give(api, box, "end", code="k7f3qx", wait=20)
    order = work.result()
    assert order.request == {"type": "kick", "code": "K7F-3QX", "zone": None}
    assert 50 < order.seconds <= 60
    assert (answer["id"], answer["state"], answer["order"]) == (order.id, "done", "end")
    assert answer["answer"] == {"type": "done", "code": "K7F-3QX", "state": "captive", "seconds_left": None}
    assert await api("GET", f"/orders/{order.id}") == (200, answer)
    assert await box.poll(seconds=0) == wire.News()


async def test_each_kind(api: Api) -> None:
    """All kinds of orders arrive as the hall's own staff would write them."""
    box = await enrolled(api, await hall(api))
    for order, more in (
        ("block", {"code": "K7F-3QX", "reason": "noise", "seconds": 60, "zone": "public"}),
        ("unblock", {"code": "K7F-3QX"}),
        ("allow", {"code": "K7F-3QX", "plan": "free", "seconds": 120}),
        ("status", {}),
        ("sessions", {}),
    ):
        await give(api, box, order, wait=0, **more)
    assert [order.request for order in (await box.poll()).orders] == [
        {"type": "block", "code": "K7F-3QX", "reason": "noise", "seconds": 60.0, "zone": "public"},
        {"type": "unblock", "code": "K7F-3QX", "zone": None},
        {"type": "allow", "code": "K7F-3QX", "plan": "free", "seconds": 120.0, "zone": None},
        {"type": "status"},
        {"type": "sessions"},
    ]


async def test_a_gateway_that_is_away(api: Api, hub: Hub) -> None:
    """The call returns after its time; the order waits, and is gone when nobody wants it any more."""
    box = await enrolled(api, await hall(api))
    given = await give(api, box, "end", code="K7F-3QX", wait=0.1, valid=30)
    assert (given["state"], given["answer"]) == ("pending", None)
    assert [order.id for order in (await box.poll()).orders] == [given["id"]]
    assert (await api("GET", f"/orders/{given['id']}"))[1]["state"] == "sent"
    hub.now = lambda: hubs.now() + timedelta(seconds=31)
    assert await box.poll(seconds=0) == wire.News()
    assert (await api("GET", f"/orders/{given['id']}"))[1]["state"] == "expired"


async def test_delivered_until_the_gateway_has_it(api: Api) -> None:
    """An order comes again until the gateway says that it has it, and not after that."""
    box = await enrolled(api, await hall(api))
    given = await give(api, box, "end", code="K7F-3QX", wait=0)
    for _ in range(2):
        assert [order.id for order in (await box.poll()).orders] == [given["id"]]
    assert await box.poll(given["id"], "something-else", seconds=0) == wire.News()


async def test_the_first_answer_counts(api: Api) -> None:
    """A gateway that answers twice changes nothing."""
    box = await enrolled(api, await hall(api))
    given = await give(api, box, "end", code="K7F-3QX", wait=0)
    await box.answer(given["id"], type="refused", code="unknown", message="no such device")
    await box.answer(given["id"], type="done", code="K7F-3QX", state="captive")
    shown = (await api("GET", f"/orders/{given['id']}"))[1]
    assert (shown["state"], shown["answer"]) == ("refused", {"type": "refused", "code": "unknown", "message": "no such device"})


async def test_orders_of_others(api: Api, hub: Hub) -> None:
    """A gateway neither gets nor answers the orders of another one, even if it knows their ids."""
    ours, theirs = await enrolled(api, await hall(api)), await enrolled(api, await hall(api, "grossdorf-rathaus"))
    given = await give(api, ours, "end", code="K7F-3QX", wait=0)
    assert await theirs.poll(seconds=0) == wire.News()
    await theirs.answer(given["id"], type="done", code="K7F-3QX", state="captive")
    assert (await api("GET", f"/orders/{given['id']}"))[1]["state"] == "pending"
    editor = api.as_(await token_of(hub, "gerda", Role.PARTNER_EDITOR, "grossdorf"))
    assert (await editor("GET", f"/orders/{given['id']}"))[0] == 404
    assert (await editor("POST", f"/gateways/{ours.name}/orders", {"order": "status"}))[0] == 404
    assert (await editor("POST", f"/gateways/{theirs.name}/orders", {"order": "status", "wait": 0}))[0] == 201


async def test_answers_that_make_no_sense(api: Api, hub: Hub) -> None:
    """What does not belong to an order is not kept: not another kind of answer, not what was never asked, and no megabytes of text."""
    box = await enrolled(api, await hall(api))
    for reply in ({"type": "sessions", "sessions": []}, {"type": "rubbish"}, {}, {"type": "done", "code": 7}):
        given = await give(api, box, "end", code="K7F-3QX", wait=0)
        await box.answer(given["id"], **reply)
        shown = (await api("GET", f"/orders/{given['id']}"))[1]
        assert (shown["state"], shown["answer"]["code"]) == ("refused", "bad_reply")
    given = await give(api, box, "end", code="K7F-3QX", wait=0)
    await box.answer(given["id"], type="done", code="K7F-3QX", state="captive", mac="02:00:5e:00:53:01")
    assert "5e:00:53" not in str(await api("GET", f"/orders/{given['id']}"))
    given = await give(api, box, "end", code="K7F-3QX", wait=0)
    await box.answer(given["id"], type="refused", code="x" * 1_000, message="\0" + "y" * 10_000)
    answer = (await api("GET", f"/orders/{given['id']}"))[1]["answer"]
    assert (len(answer["code"]), len(answer["message"]), answer["message"][0]) == (32, 500, "\ufffd")


async def test_what_staff_may_not_ask(api: Api) -> None:
    """What is no device code, no order, or for a gateway that is shut out, is refused; and too many at once."""
    box = await enrolled(api, await hall(api))
    orders = f"/gateways/{box.name}/orders"
    status, problem = await api("POST", orders, {"order": "end", "code": "02:00:00:00:00:01"})
    assert (status, problem["detail"]) == (400, "code: '02:00:00:00:00:01' is not a device code such as K7F-3QX")
    assert (await api("POST", orders, {"order": "reboot"}))[0] == 400
    assert (await api("POST", orders, {"order": "end"}))[0] == 400
    for _ in range(100):
        assert (await api("POST", orders, {"order": "status", "wait": 0}))[0] == 201
    assert (await api("POST", orders, {"order": "status", "wait": 0}))[0] == 429
    await api("POST", f"/gateways/{box.name}/revoke")
    assert (await api("POST", orders, {"order": "status", "wait": 0}))[0] == 409


async def test_device_codes_do_not_stay(api: Api, hub: Hub) -> None:
    """Lists of devices are not shown after 4 minutes and erased within 5, orders after an hour; the audit log never had a code."""
    box = await enrolled(api, await hall(api))
    end = await give(api, box, "end", code="K7F-3QX", wait=0)
    listing = await give(api, box, "sessions", wait=0)
    await box.answer(listing["id"], type="sessions", sessions=[SESSION])
    job = Job("erase orders", upkeep.SECONDS, upkeep.erase_orders)
    assert (await api("GET", f"/orders/{listing['id']}"))[1]["answer"]["sessions"] == [SESSION]
    hub.now = lambda: hubs.now() + timedelta(minutes=4, seconds=1)
    assert (await api("GET", f"/orders/{listing['id']}"))[0] == 404
    assert await once(hub, job)
    assert await value(hub, "SELECT string_agg(id, '') FROM orders") == end["id"]
    hub.now = lambda: hubs.now() + timedelta(minutes=61)
    assert await once(hub, job)
    assert await value(hub, "SELECT count(*) FROM orders") == 0
    text = await value(hub, "SELECT string_agg(a::text, ' ') FROM audit a")
    assert "order.end" in text
    assert "K7F" not in text


async def test_between_processes(api: Api, hub: Hub, database: str) -> None:
    """A gateway waits at one process, staff ask at another: at once all the same, order and answer."""
    box = await enrolled(api, await hall(api))
    async with another_process(database) as (base, other):
        await waiting(hub)
        await waiting(other)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(carried_out(box.at(base), type="done", code="K7F-3QX", state="captive"))
            begun = asyncio.get_running_loop().time()
            answer = await give(api, box, "end", code="K7F-3QX", wait=20)
            took = asyncio.get_running_loop().time() - begun
        assert (work.result().id, answer["state"]) == (answer["id"], "done")
        assert took < 1.5


async def test_a_lost_signal_costs_seconds(api: Api, hub: Hub, database: str) -> None:
    """A process that hears nothing of the others finds an order all the same, within its seconds between two looks."""
    box = await enrolled(api, await hall(api))
    async with another_process(database, listens=False) as (base, _), asyncio.TaskGroup() as group:
        polling = group.create_task(box.at(base).poll(seconds=20))
        await asyncio.sleep(0.3)  # its first look finds nothing
        given = await give(api, box, "end", code="K7F-3QX", wait=0)
        assert [order.id for order in (await polling).orders] == [given["id"]]
