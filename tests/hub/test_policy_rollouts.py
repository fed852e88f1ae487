"""Changes in stages: by call, by themselves, stopped by a refusal, taken back half-way."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from hotspot.hub import hub as hubs
from hotspot.hub.hub import Hub
from hotspot.hub.policy import rollouts
from hotspot.hub.store import tenants
from tests.hub.conftest import Api
from tests.hub.test_policy import HOST, change, changed, given, town

pytestmark = pytest.mark.hub

HALLS = ("klein-a", "klein-b", "klein-c", "klein-d")
SHORT = {**HOST, "retention": "6 h"}


async def say(hub: Hub, hall: str, **health: Any) -> None:
    """A gateway has told how it is."""
    async with hub.store.transaction() as connection:
        found = await tenants.gateway(connection, f"{hall}-1")
        assert found is not None
        await connection.execute(
            "INSERT INTO gateway_states (hall_id, gateway_id, seen_at, health) VALUES ($1, $2, now(), $3) "
            "ON CONFLICT (gateway_id) DO UPDATE SET health = excluded.health",
            found.hall_id,
            found.id,
            health,
        )


async def retentions(hub: Hub, *halls: str) -> list[Any]:
    """What the gateways of the halls are told of ``retention``."""
    return [(await given(hub, hall)).settings.get("retention") for hall in halls]


async def staged(api: Api, *stages: dict[str, Any], **more: Any) -> int:
    """A change of the host's document in stages."""
    return await changed(api, {"host": SHORT}, stages=list(stages), **more)


async def test_by_call(api: Api, hub: Hub) -> None:
    """Named halls first, then a share of all, then the rest; until then nothing else is changed there."""
    await town(api, hub, *HALLS)
    await changed(api, {"host": HOST})
    serial = await staged(api, {"halls": ["klein-c"]}, {"percent": 50})
    assert await retentions(hub, *HALLS) == ["24 h", "24 h", "6 h", "24 h"]
    status, problem = await change(api, {"hall/klein-a": {"hall": {"name": "A"}}})
    assert status == 409
    assert problem["detail"].startswith(f"the roll-out of change {serial} (host) has not reached all of its halls")
    status, reply = await api("POST", f"/policy/rollouts/{serial}/advance")
    assert (status, reply["state"], reply["stage"], reply["stages"], len(reply["halls"])) == (200, "running", 2, 3, 2)
    assert sorted(await retentions(hub, *HALLS)) == ["24 h", "24 h", "6 h", "6 h"]
    status, reply = await api("POST", f"/policy/rollouts/{serial}/advance")
    assert (status, reply["state"], sorted(reply["halls"])) == (200, "finished", list(HALLS))
    assert await retentions(hub, *HALLS) == ["6 h"] * 4
    assert (await api("POST", f"/policy/rollouts/{serial}/advance"))[0] == 409
    serials = [(await given(hub, hall)).serial for hall in HALLS]
    assert min(serials) >= serial
    assert (await change(api, {"hall/klein-a": {"hall": {"name": "A"}}}))[0] == 201


async def test_by_itself(api: Api, hub: Hub) -> None:
    """The next stage begins when every gateway applies the change and the time is over, and not before."""
    await town(api, hub, *HALLS)
    await changed(api, {"host": HOST})
    serial = await staged(api, {"halls": ["klein-a"]}, wait=600)
    later = hubs.now() + timedelta(seconds=700)

    def clock() -> datetime:
        return later

    await say(hub, "klein-a", policy=serial)
    await rollouts.watch(hub)
    assert await retentions(hub, *HALLS) == ["6 h", "24 h", "24 h", "24 h"]  # too early
    hub.now = clock
    await say(hub, "klein-a", policy=serial - 1)
    await rollouts.watch(hub)
    _, reply = await api("GET", f"/policy/rollouts/{serial}")
    assert (reply["state"], reply["stage"], reply["waiting_for"]) == ("running", 1, ["klein-a"])
    await say(hub, "klein-a", policy=serial)
    await rollouts.watch(hub)
    assert await retentions(hub, *HALLS) == ["6 h"] * 4
    assert (await api("GET", "/policy/rollouts", unfinished="true"))[1] == []


async def test_a_refusal_stops_it(api: Api, hub: Hub) -> None:
    """A gateway that cannot apply it stops the roll-out before the next stage; who and why is told; it can go on by call."""
    await town(api, hub, *HALLS)
    await changed(api, {"host": HOST})
    serial = await staged(api, {"halls": ["klein-a"]}, wait=0)
    await say(hub, "klein-a", policy=0, policy_refused=serial, policy_error="plans.free: expected another one")
    await rollouts.watch(hub)
    await rollouts.watch(hub)
    _, reply = await api("GET", f"/policy/rollouts/{serial}")
    expected = "hall klein-a, gateway klein-a-1: plans.free: expected another one"
    assert (reply["state"], reply["stage"], reply["why"]) == ("stopped", 1, expected)
    assert await retentions(hub, *HALLS) == ["6 h", "24 h", "24 h", "24 h"]
    _, halls = await api("GET", "/policy/halls")
    assert [(one["hall"], one["state"], one["error"]) for one in halls][:2] == [
        ("klein-a", "refused", "plans.free: expected another one"),
        ("klein-b", "waiting", ""),
    ]
    assert (await api("POST", f"/policy/rollouts/{serial}/advance"))[1]["state"] == "finished"


async def test_taken_back_half_way(api: Api, hub: Hub) -> None:
    """A rollback ends the roll-out: halls that had the change get what they had, the others notice nothing."""
    await town(api, hub, *HALLS)
    await changed(api, {"host": HOST})
    before = [await given(hub, hall) for hall in HALLS]
    serial = await staged(api, {"halls": ["klein-b"]})
    assert (await api("POST", f"/policy/rollouts/{serial}/stop"))[1]["state"] == "stopped"
    status, reply = await api("POST", f"/policy/changes/{serial}/rollback", {})
    assert (status, reply["halls"], reply["given"]) == (201, 4, 1)
    after = [await given(hub, hall) for hall in HALLS]
    assert [one.settings for one in after] == [one.settings for one in before]
    assert [one.serial for one in after] == [before[0].serial, reply["serial"], before[2].serial, before[3].serial]
    assert (await api("GET", f"/policy/rollouts/{serial}"))[1]["state"] == "rolled-back"
    assert (await change(api, {"host": SHORT}))[0] == 201
    assert await retentions(hub, *HALLS) == ["6 h"] * 4


async def test_a_hall_set_up_meanwhile(api: Api, hub: Hub) -> None:
    """A hall that is set up during a roll-out begins without the change, and has it when all have it."""
    await town(api, hub, "klein-a", "klein-b")
    await changed(api, {"host": HOST})
    serial = await staged(api, {"halls": ["klein-a"]})
    await town(api, hub, "neu-a")
    assert await retentions(hub, "neu-a") == ["24 h"]
    await api("POST", f"/policy/rollouts/{serial}/advance")
    assert await retentions(hub, "neu-a", "klein-b") == ["6 h", "6 h"]


async def test_stages_that_make_no_sense(api: Api, hub: Hub) -> None:
    """A stage of an unknown hall, and one that says nothing, are refused, and nothing is stored."""
    await town(api, hub, "klein-a")
    for stage, expected in (({"halls": ["gross-a"]}, "'gross-a' in stage 1"), ({}, "either halls or percent in stage 1")):
        status, problem = await change(api, {"host": HOST}, stages=[stage])
        assert (status, expected in problem["detail"]) == (422, True)
    assert (await change(api, {"host": HOST}, wait=5))[0] == 400
    assert (await api("GET", "/policy/changes"))[1] == []
