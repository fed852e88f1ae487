"""The settings over HTTP: forms that become drafts, the difference first, apply at once and in stages, history and back, and who may."""

import re
from typing import Any, Final

import pytest

from hotspot.hub.access import Role
from hotspot.hub.api import policy
from hotspot.hub.hub import Hub
from hotspot.hub.store import policies
from tests.hub import town
from tests.hub.console.city import POLICY, done
from tests.hub.console.conftest import Answer, Seat, Seats

pytestmark = pytest.mark.hub
HALLS: Final = ("kleinheim-rathaus", "kleinheim-bad", "grossdorf-rathaus")
PLAN: Final = "/settings/in/partner:kleinheim/plans/free"


@pytest.fixture
async def city(hub: Hub) -> Hub:
    """Two towns with three halls, whose gateways told of a zone; the host says something."""
    for hall in HALLS:
        gateway = await town.gateway(hub, hall)
        async with hub.store.transaction() as connection:
            await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", gateway.hall_id)
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": POLICY}], "note": "Grundeinstellung"})
    return hub


async def editor(seats: Seats) -> Seat:
    """Karl of Kleinheim, who may change what is his town's."""
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


def fields_of(answer: Answer) -> dict[str, list[str]]:
    """What a form of a page would send as it is: inputs, ticked boxes, chosen options, texts."""
    found: dict[str, list[str]] = {}
    form = next(form for form in re.findall(r"<form\b.*?</form>", answer.text, re.DOTALL) if "<button>" in form)
    for tag in re.findall(r"<input\b[^>]*>", form):
        kind, name = re.search(r'type="(\w+)"', tag), re.search(r'\bname="([^"]*)"', tag)
        if name is None or name[1] == "csrf" or (kind and kind[1] in ("radio", "checkbox") and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        found.setdefault(name[1], []).append(value[1] if value else "")
    for name, inner in re.findall(r'<select\b[^>]*?name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = [chosen[1] if chosen else ""]
    for name, inner in re.findall(r'<textarea\b[^>]*?name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = [inner]
    return found


async def changed(seat: Seat, path: str, **values: Any) -> Answer:
    """Open a form, fill in something (``time__unit`` is the field ``time.unit``), send it."""
    shown = await seat.get(path)
    assert shown.status == 200, shown.words
    return await seat.post(path, {**fields_of(shown), **{name.replace("__", "."): value for name, value in values.items()}})


async def apply(seat: Seat, draft: str, **values: Any) -> Answer:
    """Look at a draft and apply it."""
    shown = await seat.get(draft)
    assert shown.status == 200 and "seen" in shown.text, shown.words
    return await seat.post(f"{draft}/apply", {**fields_of(shown), **values})


async def document(hub: Hub, scope: str) -> dict[str, Any]:
    """What is said in a scope."""
    async with hub.store.connection() as connection:
        found = await policies.document(connection, scope)
    return {} if found is None else found.document


async def say(hub: Hub, scope: str, said: dict[str, Any], **more: Any) -> int:
    """The administrator says something somewhere else; the serial of that."""
    return (await done(hub, policy.change_policy, {"documents": [{"scope": scope, "document": said}], **more})).serial


PAGES: Final = (
    "/settings",
    *(f"/settings/{scope}" for scope in ("host", "partner/kleinheim", "hall/kleinheim-rathaus", "zone/kleinheim-rathaus/public")),
    *(f"/settings/in/partner:kleinheim/{name}" for name in (
        "plans", "plans/free", "plans/+", "zones", "hours", "hours/+", "terms", "terms?begin=model", "contact", "away", "locks", "expert",
    )),
    "/settings/in/host/plans/guest", "/settings/in/hall:kleinheim-rathaus/contact", "/settings/in/zone:kleinheim-rathaus:public/zones",
    "/settings/history", "/settings/history?scope=host", "/settings/history/1",
)  # fmt: skip


async def test_every_page_is_there(city: Hub, seats: Seats) -> None:
    """For those who may change things, and for viewers, who find no button."""
    admin, viewer = await seats.admin(), await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    for path in PAGES:
        assert (await admin.get(path)).status == 200, path
        answer = await viewer.get(path)
        assert answer.status == 200, path
        assert "Look at the changes" not in answer.words, path
        assert 'class="button" href="/settings/in' not in answer.text, path


# Plans, from the form to the halls --------------------------------------------------------------------------------------------------------


async def test_a_plan_is_changed_for_one_town(city: Hub, seats: Seats) -> None:
    """The form becomes a draft, the draft says what it does in which halls, and nothing happens before it is applied."""
    karl = await editor(seats)
    shown = await karl.get(PLAN)
    assert "From the city: 2\u00a0hours – goes if you leave this empty" in shown.words
    answer = await changed(karl, PLAN, time="1,5", time__unit="h")
    assert (answer.status, answer.goal.startswith("/settings/drafts/")) == (303, True)
    review = await karl.get(answer.goal)
    for words in (
        "In 2 halls kleinheim-bad, kleinheim-rathaus",
        "Plan Free",
        "Length of a session 2\u00a0hours 1\u00a0hour 30\u00a0minutes",
    ):
        assert words in review.words, review.words
    assert "grossdorf" not in review.words
    assert await document(city, "partner/kleinheim") == {}
    done_ = await apply(karl, answer.goal, note="Ratsbeschluss 12/26")
    assert done_.goal.startswith("/settings/history/")
    assert await document(city, "partner/kleinheim") == {"plans": {"free": {"time": "1.5 h"}}}
    change = await karl.get(done_.goal)
    assert "Ratsbeschluss 12/26" in change.words and "Length of a session nothing 1\u00a0hour 30\u00a0minutes" in change.words
    assert (await karl.get(answer.goal)).status == 404


async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(city: Hub, seats: Seats) -> None:
    """Key, value and what was expected, by the gateways' own reader."""
    karl = await editor(seats)
    answer = await changed(karl, PLAN, time="lange", down="12", down__unit="Mbit/s", volume="2", volume__unit="GB")
    assert (answer.status, answer.goal) == (422, "")
    assert "Not possible: 'lange'. Expected a duration such as" in answer.words
    assert (
        'value="lange"' in answer.text
        and 'value="12"' in answer.text
        and 'aria-describedby="time-hint time-above time-fault"' in answer.text
    )
    answer = await changed(karl, PLAN, then_down="1", then_down__unit="Mbit/s")
    assert "then_down, then_up and volume together" in answer.words and '<details class="more" open>' in answer.text
    german = Seat(karl.http, karl.base, karl.secret, "de")
    answer = await changed(german, PLAN, time="lange")
    assert "Das geht nicht: 'lange'. Erwartet wird eine Dauer wie" in answer.words
    assert (await karl.get("/settings")).text.count("/settings/drafts/") == 0


async def test_a_draft_goes_on_in_other_sections(city: Hub, seats: Seats) -> None:
    """Several forms are one change; each says that there is a draft; what is put back leaves no draft."""
    karl = await editor(seats)
    first = await changed(karl, PLAN, time="3", time__unit="h")
    contact = await karl.get("/settings/in/partner:kleinheim/contact")
    assert "You have changes here that are not applied yet" in contact.words
    second = await changed(
        karl, "/settings/in/partner:kleinheim/contact", town="Gemeinde Kleinheim", address="Marktplatz 1\n12345 Kleinheim"
    )
    assert second.goal == first.goal
    review = (await karl.get(first.goal)).words
    assert "Length of a session" in review and "Marktplatz 1 12345 Kleinheim" in review
    await changed(karl, "/settings/in/partner:kleinheim/contact", town="", address="")
    assert (await changed(karl, PLAN, time="")).goal == "/settings/in/partner:kleinheim/plans"
    assert (await karl.get(first.goal)).status == 404


async def test_a_plan_is_made_and_taken_away(city: Hub, seats: Seats) -> None:
    """With a name made from its title, on offer where that is ticked; a plan from above is taken away, also from what is on offer."""
    karl = await editor(seats)
    new = "/settings/in/partner:kleinheim/plans/+"
    answer = await changed(karl, new, title__de="Für Gäste", title__en="", down="50", up="10", time="12", time__unit="h", zone=["public"])
    assert "Plans on offer Free, Voucher Free, Voucher, Für Gäste" in (await karl.get(answer.goal)).words
    await apply(karl, answer.goal)
    said = await document(city, "partner/kleinheim")
    plan = {"title": {"de": "Für Gäste"}, "down": "50 Mbit/s", "up": "10 Mbit/s", "time": "12 h"}
    assert said == {"plans": {"fur-gaste": plan}, "zones": {"public": {"plans": ["free", "guest", "fur-gaste"]}}}
    answer = await karl.post("/settings/in/partner:kleinheim/plans/guest/remove", {"how": "remove"})
    review = (await karl.get(answer.goal)).words
    assert "Plan Voucher nothing any more" in review and "Plans on offer Free, Voucher, Für Gäste Free, Für Gäste" in review
    await apply(karl, answer.goal)
    said = await document(city, "partner/kleinheim")
    assert said["plans"]["guest"] is None and said["zones"]["public"]["plans"] == ["free", "fur-gaste"]
    assert "Taken away here" in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    answer = await karl.post("/settings/in/partner:kleinheim/plans/guest/remove", {"how": "again"})
    await apply(karl, answer.goal)
    assert "guest" not in (await document(city, "partner/kleinheim"))["plans"]
    assert (await changed(karl, new, name="free", down="1", up="1", time="1")).status == 422
    assert (await changed(karl, new, name="Bad Name", down="1", up="1", time="1")).status == 422


async def test_what_is_offered_in_a_zone(city: Hub, seats: Seats) -> None:
    """The plan that is chosen at first stands first; a plan with vouchers alone is refused at the field; taken over again by a button."""
    karl = await editor(seats)
    path = "/settings/in/zone:kleinheim-rathaus:public/zones"
    values: dict[str, Any] = {"public.own": "yes", "public.plan": ["free"], "public.first": "free", "public.hours": ""}
    answer = await karl.post(path, values)
    await apply(karl, answer.goal)
    assert await document(city, "zone/kleinheim-rathaus/public") == {"plans": ["free"]}
    answer = await karl.post(path, {**values, "public.plan": ["guest"]})
    assert answer.status == 422 and "Expected at least one plan that needs no voucher" in answer.words
    assert (await karl.post(path, {**values, "public.plan": []})).status == 422
    answer = await karl.post("/settings/in/zone:kleinheim-rathaus:public/reset/zones")
    assert "Plans on offer Free Free, Voucher" in (await karl.get(answer.goal)).words
    answer = await karl.post("/settings/in/partner:kleinheim/zones", values)
    await apply(karl, answer.goal)
    assert await document(city, "partner/kleinheim") == {"zones": {"public": {"plans": ["free"]}}}


# Other sections ---------------------------------------------------------------------------------------------------------------------------


async def test_opening_hours_as_people_write_them(city: Hub, seats: Seats) -> None:
    """A week in seven fields, closed days as Germans write them, shown to visitors; holidays are added by a button."""
    karl = await editor(seats)
    new = "/settings/in/hall:kleinheim-rathaus/hours/+"
    week = {
        "day.0": "8-12",
        "day.1": "8-12 Uhr",
        "day.3": "08:00-12:30, 14-18",
        "first": ["24.12.", "28.12.2026", ""],
        "last": ["", "31.12.2026", ""],
    }
    answer = await karl.post(new, {**week, "name": "hall", "shown": "yes"})
    review = (await karl.get(answer.goal)).words
    assert "Mon,Tue 08:00-12:00" in review and "Opening hours that visitors see nothing hall" in review
    await apply(karl, answer.goal)
    said = await document(city, "hall/kleinheim-rathaus")
    table = {"open": ["Mon-Tue 08:00-12:00", "Thu 08:00-12:30, 14:00-18:00"], "closed": ["12-24", "2026-12-28..2026-12-31"]}
    assert said == {"hours": {"hall": table}, "hall": {"hours": "hall"}}
    one = "/settings/in/hall:kleinheim-rathaus/hours/hall"
    assert (await changed(karl, one)).goal == "/settings/in/hall:kleinheim-rathaus/hours"
    answer = await karl.post(one, {**week, "day.0": "morgens", "first": ["31.2.2026"], "last": [""], "shown": "yes"})
    assert answer.status == 422 and "Expected hours such as 8-12" in answer.words and "Expected a day such as 24.12.2026" in answer.words
    assert 'value="morgens"' in answer.text and 'value="31.2.2026"' in answer.text and 'value="8-12 Uhr"' in answer.text
    answer = await karl.post(one, {**week, "day.0": "8-12, 10-14", "shown": "yes"})
    assert answer.status == 422 and "overlap" in answer.words
    answer = await karl.post(f"{one}/holidays")
    review = (await karl.get(answer.goal)).words
    assert "01-01" in review and "10-03" in review
    answer = await karl.post(f"{one}/remove", {"how": "remove"})
    await apply(karl, answer.goal)
    assert await document(city, "hall/kleinheim-rathaus") == {}


async def test_terms_of_ones_own_never_mix_with_those_above(city: Hub, seats: Seats) -> None:
    """Other words need another version; languages of the city's text go when the town has its own."""
    await say(city, "host", {**POLICY, "terms": {"version": "2026-10", "text": {"de": "Der Stadt", "tr": "Şehir"}}})
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/terms"
    assert "Those of the city, version 2026-10" in (await karl.get(path)).words
    fields = {"whose": "own", "version": "2026-10", "date": "1.11.2026", "text.de": "Bitte <b>freundlich</b> sein.\n\nDanke."}
    answer = await karl.post(path, fields)
    assert answer.status == 422 and "needs another version" in answer.words
    assert "Bitte &lt;b&gt;freundlich&lt;/b&gt; sein.\n\nDanke." in answer.text
    answer = await karl.post(path, {**fields, "version": "2026-11"})
    review = (await karl.get(answer.goal)).words
    assert "Version of the terms 2026-10 2026-11" in review and "Text (Turkish) Şehir nothing any more" in review
    await apply(karl, answer.goal)
    own = {"version": "2026-11", "date": "2026-11-01", "text": {"de": "Bitte <b>freundlich</b> sein.\n\nDanke.", "tr": None}}
    assert await document(city, "partner/kleinheim") == {"terms": own}
    assert (await karl.post(path, {**fields, "version": "no good version"})).status == 422
    assert (await karl.post(path, {"whose": "own", "version": "3"})).status == 422
    answer = await karl.post(path, {"whose": "model", "version": "2026-12"})
    await apply(karl, answer.goal)
    assert await document(city, "partner/kleinheim") == {"terms": {"version": "2026-12", "text": None}}
    answer = await karl.post(path, {"whose": "above"})
    await apply(karl, answer.goal)
    assert await document(city, "partner/kleinheim") == {}


async def test_terms_in_files_are_read(city: Hub, seats: Seats) -> None:
    """A text that is a file of the policy stands in the form, and becomes a text when it is changed."""
    stored = await done(city, policy_halls.upload, "Aus der Datei".encode())
    said = {"terms": {"version": "1", "file": {"de": "terms.txt"}}}
    change = {"documents": [{"scope": "partner/kleinheim", "document": said, "files": {"terms.txt": stored.sha256}}]}
    await done(city, policy.change_policy, change)
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/terms"
    assert "Aus der Datei" in (await karl.get(path)).words
    answer = await changed(karl, path, whose="own", version="2", text__de="Aus dem Formular")
    await apply(karl, answer.goal)
    assert await document(city, "partner/kleinheim") == {"terms": {"version": "2", "text": {"de": "Aus dem Formular"}}}


async def test_when_a_line_is_down(city: Hub, seats: Seats) -> None:
    """What new visitors meet, and what they read."""
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/away"
    answer = await changed(
        karl, path, new_visitors="closed", message__de="Bis 14 Uhr.", away="open", away_after="30", away_after__unit="min"
    )
    review = (await karl.get(answer.goal)).words
    assert "New visitors while the Internet is down nothing have to wait" in review
    await apply(karl, answer.goal)
    said = {"internet": {"new_visitors": "closed", "message": {"de": "Bis 14 Uhr."}}, "hub": {"away": "open", "away_after": "30 min"}}
    assert await document(city, "partner/kleinheim") == said
    answer = await changed(karl, path, away_after="0", message__tr="x" * 501)
    assert answer.status == 422 and "at most 500 characters" in answer.words


async def test_what_is_kept_above_cannot_be_changed_below(city: Hub, seats: Seats) -> None:
    """The form says so; a lock on what somebody has set already is refused with their name."""
    admin, karl = await seats.admin(), await editor(seats)
    answer = await changed(admin, "/settings/in/host/locks", key=["plans"])
    await apply(admin, answer.goal)
    assert (await document(city, "host"))["locked"] == ["plans"]
    assert "cannot be changed here" in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    assert "New plan" not in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    answer = await karl.post(PLAN, {"time": "5", "time.unit": "h"})
    assert answer.status == 422 and "host keeps plans for itself" in answer.words
    await say(city, "partner/kleinheim", {"hall": {"town": "Kleinheim"}})
    answer = await changed(admin, "/settings/in/host/locks", key=["plans", "hall"])
    assert answer.status == 422 and "hall.town" in answer.words


async def test_all_of_it_as_text(city: Hub, seats: Seats) -> None:
    """TOML there and back; what is no TOML stays as it was typed; what no gateway takes shows in the review."""
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/expert"
    assert "# scope = partner/kleinheim, base = 0" in (await karl.get(path)).text
    text = 'remove = ["plans.guest"]\n[plans.free]\ntime = "3 h"\n[zones.public]\nplans = ["free"]\n'
    answer = await karl.post(path, {"text": text})
    await apply(karl, answer.goal)
    assert await document(city, "partner/kleinheim") == {
        "plans": {"free": {"time": "3 h"}, "guest": None},
        "zones": {"public": {"plans": ["free"]}},
    }
    answer = await karl.post(path, {"text": "[plans\n<b>"})
    assert answer.status == 400 and "[plans\n&lt;b&gt;" in answer.text and "line 1" in answer.words
    answer = await karl.post(path, {"text": '[plans.free]\ntime = "lange"\n[state]\nx = 1\n'})
    review = await karl.get(answer.goal)
    assert review.status == 200 and "It cannot be applied like this" in review.words and "/apply" not in review.text
    assert (await karl.post(f"{answer.goal}/apply", {"seen": "x"})).status == 409


# Reaching the halls -----------------------------------------------------------------------------------------------------------------------


async def test_in_stages_on_and_back(city: Hub, seats: Seats) -> None:
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
    assert "2 of 2" in page and "everywhere" in page and "Stage 2" not in page
    assert (await karl.post(f"{answer.goal}/advance")).status == 409
    back = answer.goal.replace("rollouts", "history") + "/rollback"
    assert "Length of a session 3\u00a0hours 2\u00a0hours" in (await karl.get(back)).words
    refused = await karl.post(back, {"note": "Zu lang"})
    assert refused.status == 400 and "Please tick that you are sure." in refused.words and "Zu lang" in refused.words
    answer = await karl.post(back, {"note": "Zu lang", "sure": "yes"})
    assert answer.goal.startswith("/settings/history/")
    assert await document(city, "partner/kleinheim") == {}
    history = (await karl.get("/settings/history")).words
    assert "takes back" in history and "Zu lang" in history and "Grundeinstellung" in history


async def test_a_gateway_that_refuses_is_named(city: Hub, seats: Seats) -> None:
    """With key, value and what it expected."""
    karl = await editor(seats)
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    goal = (await apply(karl, draft, how="stages", share="50")).goal
    async with city.store.transaction() as connection:
        wanted = await connection.fetch(
            "SELECT g.hall_id, g.id, w.serial FROM gateways g JOIN hall_policies w ON w.hall_id = g.hall_id WHERE w.policy_serial = $1"
            if False
            else "SELECT g.hall_id, g.id, p.serial FROM gateways g JOIN hall_policies p ON p.hall_id = g.hall_id"
        )
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


async def test_somebody_else_was_quicker(city: Hub, seats: Seats) -> None:
    """What both have changed is said; a draft that is put on top keeps both; what was looked at is what is applied."""
    karl = await editor(seats)
    draft = (await changed(karl, PLAN, time="3", time__unit="h")).goal
    old = await karl.get(draft)
    await say(city, "partner/kleinheim", {"plans": {"free": {"volume": "1 GB"}}, "hall": {"town": "K"}}, note="Eilig <b>")
    late = await karl.get(draft)
    assert "Somebody else was quicker" in late.words and "Data of a session nothing 1" in late.words and "Eilig &lt;b&gt;" in late.text
    assert "You have changed other things. Both can stay." in late.words
    assert (await karl.post(f"{draft}/apply", fields_of(old))).status == 409
    assert (await karl.post(f"{draft}/renew", {"serial": "1"})).status == 409
    serial = fields_of(late)["serial"]
    assert (await karl.post(f"{draft}/renew", {"serial": serial})).goal == draft
    assert (await karl.post(f"{draft}/apply", fields_of(old))).status == 409
    assert "Length of a session" in (await karl.get(draft)).words
    await say(city, "partner/kleinheim", {"plans": {"free": {"time": "5 h"}}})
    late = await karl.get(draft)
    assert "Both of you have changed the following" in late.words and "Plan Free: Length of a session" in late.words
    await karl.post(f"{draft}/renew", {"serial": fields_of(late)["serial"]})
    await apply(karl, draft)
    assert await document(city, "partner/kleinheim") == {"plans": {"free": {"time": "3 h"}}}


async def test_only_the_last_change_can_be_taken_back(city: Hub, seats: Seats) -> None:
    """The page of an older one leads to the newer one; what concerns the city is not a clerk's to take back."""
    karl, admin = await editor(seats), await seats.admin()
    first, second = (
        await say(city, "partner/kleinheim", {"hall": {"town": "A"}}),
        await say(city, "partner/kleinheim", {"hall": {"town": "B"}}),
    )
    page = await karl.get(f"/settings/history/{first}")
    assert f'href="/settings/history/{second}"' in page.text and "/rollback" not in page.text
    assert (await karl.post(f"/settings/history/{first}/rollback", {"sure": "yes"})).status == 409
    assert f"/settings/history/{second}/rollback" in (await karl.get(f"/settings/history/{second}")).text
    assert "/rollback" not in (await karl.get("/settings/history/1")).text
    assert (await karl.get("/settings/history/1/rollback")).status == 403
    assert (await admin.get("/settings/history/1/rollback")).status == 200


# Who may ------------------------------------------------------------------------------------------------------------------------------


async def test_who_may(city: Hub, seats: Seats) -> None:
    """Viewers change nothing, a town's people see nothing of another town and do not change what is the city's; drafts are their author's."""
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


async def test_hostile_text_harms_nothing(city: Hub, seats: Seats) -> None:
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
