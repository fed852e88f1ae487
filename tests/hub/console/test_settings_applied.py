"""Drafts over HTTP: looked at, applied at once and in stages, late, taken back; who may; and texts that mean harm."""

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from tests.hub.console.conftest import Seats
from tests.hub.console.settings_forms import PLAN, apply, changed, document, editor, fields_of, say

pytestmark = pytest.mark.hub

# Reaching the halls -----------------------------------------------------------------------------------------------------------------------


async def test_in_stages_on_and_back(settled: Hub, seats: Seats) -> None:
    """Some halls first; the page says who has it; on to the others; and all of it back, after a tick."""
    karl = await editor(seats)
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    answer = await apply(karl, draft, how="stages", note="Probe")
    assert answer.status == 400 and "Please choose with which halls to begin." in answer.words and "Probe" in answer.words
    answer = await apply(karl, draft, how="stages", first=["kleinheim-bad"], note="Probe")
    assert answer.goal.startswith("/settings/rollouts/")
    page = (await karl.get(answer.goal)).words
    for words in (
        "1 of 2",
        "kleinheim-bad has not answered yet",
        "Stage 2: kleinheim-rathaus",
        "The next stage begins when you say so.",
        "Probe",
    ):
        assert words in page, page
    assert "Changes on their way" in (await karl.get("/settings")).words
    other = (await changed(karl, "/settings/in/hall:kleinheim-rathaus/contact", town="K")).goal
    assert "Another change is still on its way" in (await karl.get(other)).words
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "grossdorf")
    assert (await gerda.get(answer.goal)).status == 404
    assert (await karl.post(f"{answer.goal}/stop")).status == 303
    assert "No further hall is told by itself. by user karl" in (await karl.get(answer.goal)).words
    assert (await karl.post(f"{answer.goal}/advance")).status == 303
    page = (await karl.get(answer.goal)).words
    assert "2 of 2" in page and "everywhere" in page and "Stage 2:" not in page
    assert (await karl.post(f"{answer.goal}/advance")).status == 409
    back = answer.goal.replace("rollouts", "history") + "/rollback"
    assert "Length of a session 3 hours 2 hours" in (await karl.get(back)).words
    refused = await karl.post(back, {"note": "Zu lang"})
    assert refused.status == 400 and "Please tick that you are sure." in refused.words and "Zu lang" in refused.words
    answer = await karl.post(back, {"note": "Zu lang", "sure": "yes"})
    assert answer.goal.startswith("/settings/history/")
    assert await document(settled, "partner/kleinheim") == {}
    history = (await karl.get("/settings/history")).words
    assert "takes back" in history and "Zu lang" in history and "Grundeinstellung" in history


async def test_a_gateway_that_refuses_is_named(settled: Hub, seats: Seats) -> None:
    """With key, value and what it expected."""
    karl = await editor(seats)
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    goal = (await apply(karl, draft, how="stages", share="50")).goal
    async with settled.store.transaction() as connection:
        wanted = await connection.fetch("SELECT g.hall_id, g.id, p.serial FROM gateways g JOIN hall_policies p ON p.hall_id = g.hall_id")
        for row in wanted:
            health = {
                "policy": 1,
                "policy_refused": row["serial"],
                "policy_error": "cannot use policy 3: plans.free.time = '<i>x': expected less",
            }
            await connection.execute(
                "INSERT INTO gateway_states (hall_id, gateway_id, seen_at, health) VALUES ($1, $2, now(), $3)",
                row["hall_id"],
                row["id"],
                health,
            )
    page = await karl.get(goal)
    assert "refuses it" in page.words and "&#39;&lt;i&gt;x&#39;" in page.text and "expected less" in page.words


async def test_somebody_else_was_quicker(settled: Hub, seats: Seats) -> None:
    """What both have changed is said; a draft that is put on top keeps both; what was looked at is what is applied."""
    karl = await editor(seats)
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    old = await karl.get(draft)
    await say(settled, "partner/kleinheim", {"plans": {"free": {"volume": "1 GB"}}, "hall": {"town": "K"}}, note="Eilig <b>")
    late = await karl.get(draft)
    assert "Somebody else was quicker" in late.words and "Data of a session nothing 1" in late.words and "Eilig &lt;b&gt;" in late.text
    assert "You have changed other things. Both can stay." in late.words
    assert (await karl.post(f"{draft}/apply", fields_of(old))).status == 409
    assert (await karl.post(f"{draft}/renew", {"serial": "1"})).status == 409
    serial = fields_of(late)["serial"]
    assert (await karl.post(f"{draft}/renew", {"serial": serial})).goal == draft
    assert (await karl.post(f"{draft}/apply", fields_of(old))).status == 409
    assert "Length of a session" in (await karl.get(draft)).words
    await say(settled, "partner/kleinheim", {"plans": {"free": {"time": "5 h"}}})
    late = await karl.get(draft)
    assert "Both of you have changed the following" in late.words and "Plan Free: Length of a session" in late.words
    await karl.post(f"{draft}/renew", {"serial": fields_of(late)["serial"]})
    await apply(karl, draft)
    assert await document(settled, "partner/kleinheim") == {"plans": {"free": {"time": "3 h"}}}


async def test_only_the_last_change_can_be_taken_back(settled: Hub, seats: Seats) -> None:
    """The page of an older one leads to the newer one; what concerns the city is not a clerk's to take back."""
    karl, admin = await editor(seats), await seats.admin()
    first, second = (
        await say(settled, "partner/kleinheim", {"hall": {"town": "A"}}),
        await say(settled, "partner/kleinheim", {"hall": {"town": "B"}}),
    )
    page = await karl.get(f"/settings/history/{first}")
    assert f'href="/settings/history/{second}"' in page.text and "/rollback" not in page.text
    assert (await karl.post(f"/settings/history/{first}/rollback", {"sure": "yes"})).status == 409
    assert f"/settings/history/{second}/rollback" in (await karl.get(f"/settings/history/{second}")).text
    assert "/rollback" not in (await karl.get("/settings/history/1")).text
    assert (await karl.get("/settings/history/1/rollback")).status == 403
    assert (await admin.get("/settings/history/1/rollback")).status == 200


# Who may ------------------------------------------------------------------------------------------------------------------------------


async def test_who_may(settled: Hub, seats: Seats) -> None:
    """Viewers change nothing, a town's people see nothing of another town and change nothing of the city's; drafts are their author's."""
    karl, vera = await editor(seats), await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    gerda, other = await seats("gerda", Role.PARTNER_EDITOR, "grossdorf"), await seats("kim", Role.PARTNER_EDITOR, "kleinheim")
    assert (await vera.post(PLAN, {"time": "3"})).status == 403
    assert (await karl.post("/settings/in/host/plans/free", {"time": "3", "time.unit": "h"})).status == 403
    for path in (
        PLAN,
        "/settings/partner/kleinheim",
        "/settings/hall/kleinheim-bad",
        "/settings/zone/kleinheim-bad/public",
        "/settings/history?scope=partner/kleinheim",
    ):
        assert (await gerda.get(path)).status == 404, path
    assert (await gerda.post(PLAN, {"time": "3", "time.unit": "h"})).status == 404
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    for seat in (gerda, other, await seats.admin()):
        assert (await seat.get(draft)).status == 404
        assert (await seat.post(f"{draft}/apply", {"seen": "x"})).status == 404
        assert (await seat.post(f"{draft}/discard")).status == 404
    assert (await vera.get(draft)).status == 403
    assert "kleinheim" not in (await gerda.get("/settings")).text.lower()
    assert (await karl.post(f"{draft}/discard")).goal == "/settings/partner/kleinheim"
    assert (await karl.get(draft)).status == 404
    for path in ("/settings/in/nothing/plans", "/settings/in/zone:kleinheim-bad:public/plans", "/settings/in/hall:kleinheim-bad/locks",
                 "/settings/in/partner:kleinheim/plans/none", "/settings/in/partner:kleinheim/hours/none"):  # fmt: skip
        assert (await karl.get(path)).status in (400, 404), path


async def test_hostile_text_harms_nothing(settled: Hub, seats: Seats) -> None:
    """Tags, quotes and ten thousand letters in everything that can be typed are shown as they are, and cut."""
    karl = await editor(seats)
    evil = "<script>alert(1)</script>\"'&" + "x" * 300
    answer = await changed(karl, "/settings/in/partner:kleinheim/contact", town=evil, contact="y" * 10_000)
    for path in (answer.goal, "/settings/partner/kleinheim", "/settings/in/partner:kleinheim/contact"):
        page = await karl.get(path)
        assert page.status == 200 and "<script>alert" not in page.text, path
    review = await karl.get(answer.goal)
    assert "Whole text" in review.words
    await apply(karl, answer.goal, note=evil)
    for path in ("/settings", "/settings/history", "/settings/partner/kleinheim", "/settings/hall/kleinheim-bad"):
        page = await karl.get(path)
        assert page.status == 200 and "<script>alert" not in page.text, path
    answer = await changed(karl, PLAN, title__de=evil)
    assert answer.status == 422 and "<script>alert" not in answer.text and "at most 60 characters" in answer.words
