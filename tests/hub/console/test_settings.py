"""The settings' forms over HTTP: what is typed becomes a draft, what is wrong stands at its field, what stands above is taken over."""

from typing import Any, Final

import pytest

from hotspot.hub.access import Role
from hotspot.hub.api import policy, policy_halls
from hotspot.hub.hub import Hub
from tests.hub.console.city import POLICY, done
from tests.hub.console.conftest import Seat, Seats
from tests.hub.console.settings_forms import PLAN, apply, changed, document, editor, say

pytestmark = pytest.mark.hub

PAGES: Final = (
    "/settings",
    *(f"/settings/{scope}" for scope in ("host", "partner/kleinheim", "hall/kleinheim-rathaus", "zone/kleinheim-rathaus/public")),
    *(f"/settings/in/partner:kleinheim/{name}" for name in (
        "plans", "plans/free", "plans/+", "zones", "hours", "hours/+", "terms", "terms?begin=model", "contact", "away", "locks", "expert",
    )),
    "/settings/in/host/plans/guest", "/settings/in/hall:kleinheim-rathaus/contact", "/settings/in/zone:kleinheim-rathaus:public/zones",
    "/settings/history", "/settings/history?scope=host", "/settings/history/1",
)  # fmt: skip


async def test_every_page_is_there(settled: Hub, seats: Seats) -> None:
    """For those who may change things, and for viewers, who find no button."""
    admin, viewer = await seats.admin(), await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    for path in PAGES:
        assert (await admin.get(path)).status == 200, path
        answer = await viewer.get(path)
        assert answer.status == 200, path
        assert "Look at the changes" not in answer.words, path
        assert 'class="button" href="/settings/in' not in answer.text, path


# Plans, from the form to the halls --------------------------------------------------------------------------------------------------------


async def test_a_plan_is_changed_for_one_town(settled: Hub, seats: Seats) -> None:
    """The form becomes a draft, the draft says what it does in which halls, and nothing happens before it is applied."""
    karl = await editor(seats)
    shown = await karl.get(PLAN)
    assert "From the city: 2 hours – goes if you leave this empty" in shown.words
    answer = await changed(karl, PLAN, time="1,5", time__unit="h")
    assert (answer.status, answer.goal.startswith("/settings/drafts/")) == (303, True)
    review = await karl.get(answer.goal)
    for words in (
        "In 2 halls kleinheim-bad, kleinheim-rathaus",
        "Plan Free",
        "Length of a session 2 hours 1 hour 30 minutes",
    ):
        assert words in review.words, review.words
    assert "grossdorf" not in review.words
    assert await document(settled, "partner/kleinheim") == {}
    done_ = await apply(karl, answer.goal, note="Ratsbeschluss 12/26")
    assert done_.goal.startswith("/settings/history/")
    assert await document(settled, "partner/kleinheim") == {"plans": {"free": {"time": "1.5 h"}}}
    change = await karl.get(done_.goal)
    assert "Ratsbeschluss 12/26" in change.words and "Length of a session nothing 1 hour 30 minutes" in change.words
    assert (await karl.get(answer.goal)).status == 404


async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(settled: Hub, seats: Seats) -> None:
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


async def test_a_draft_goes_on_in_other_sections(settled: Hub, seats: Seats) -> None:
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


async def test_a_plan_is_made_and_taken_away(settled: Hub, seats: Seats) -> None:
    """With a name made from its title, on offer where that is ticked; a plan from above is taken away, also from what is on offer."""
    karl = await editor(seats)
    new = "/settings/in/partner:kleinheim/plans/+"
    answer = await changed(karl, new, title__de="Für Gäste", title__en="", down="50", up="10", time="12", time__unit="h", zone=["public"])
    assert "Plans on offer Free, Voucher Free, Voucher, Für Gäste" in (await karl.get(answer.goal)).words
    await apply(karl, answer.goal)
    said = await document(settled, "partner/kleinheim")
    plan = {"title": {"de": "Für Gäste"}, "down": "50 Mbit/s", "up": "10 Mbit/s", "time": "12 h"}
    assert said == {"plans": {"fuer-gaeste": plan}, "zones": {"public": {"plans": ["free", "guest", "fuer-gaeste"]}}}
    answer = await karl.post("/settings/in/partner:kleinheim/plans/guest/remove", {"how": "remove"})
    review = (await karl.get(answer.goal)).words
    assert "Plan Voucher nothing any more" in review and "Plans on offer Free, Voucher, Für Gäste Free, Für Gäste" in review
    await apply(karl, answer.goal)
    said = await document(settled, "partner/kleinheim")
    assert said["plans"]["guest"] is None and said["zones"]["public"]["plans"] == ["free", "fuer-gaeste"]
    assert "Taken away here" in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    answer = await karl.post("/settings/in/partner:kleinheim/plans/guest/remove", {"how": "again"})
    await apply(karl, answer.goal)
    assert "guest" not in (await document(settled, "partner/kleinheim"))["plans"]
    assert (await changed(karl, new, name="free", down="1", up="1", time="1")).status == 422
    assert (await changed(karl, new, name="Bad Name", down="1", up="1", time="1")).status == 422


async def test_what_is_offered_in_a_zone(settled: Hub, seats: Seats) -> None:
    """The plan that is chosen at first stands first; a plan with vouchers alone is refused at the field; taken over again by a button."""
    karl = await editor(seats)
    path = "/settings/in/zone:kleinheim-rathaus:public/zones"
    values: dict[str, Any] = {"public.own": "yes", "public.plan": ["free"], "public.first": "free", "public.hours": ""}
    answer = await karl.post(path, values)
    await apply(karl, answer.goal)
    assert await document(settled, "zone/kleinheim-rathaus/public") == {"plans": ["free"]}
    answer = await karl.post(path, {**values, "public.plan": ["guest"]})
    assert answer.status == 422 and "Expected at least one plan that needs no voucher" in answer.words
    assert (await karl.post(path, {**values, "public.plan": []})).status == 422
    answer = await karl.post("/settings/in/zone:kleinheim-rathaus:public/reset/zones")
    assert "Plans on offer Free Free, Voucher" in (await karl.get(answer.goal)).words
    answer = await karl.post("/settings/in/partner:kleinheim/zones", values)
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {"zones": {"public": {"plans": ["free"]}}}


# Other sections ---------------------------------------------------------------------------------------------------------------------------


async def test_opening_hours_as_people_write_them(settled: Hub, seats: Seats) -> None:
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
    assert "Mon-Tue 08:00-12:00" in review and "Opening hours that visitors see nothing hall" in review
    await apply(karl, answer.goal)
    said = await document(settled, "hall/kleinheim-rathaus")
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
    assert "01/01 each year" in review and "03/10 each year" in review and "28/12/2026 – 31/12/2026" in review
    answer = await karl.post(f"{one}/remove", {"how": "remove"})
    await apply(karl, answer.goal)
    assert await document(settled, "hall/kleinheim-rathaus") == {}


async def test_terms_of_ones_own_never_mix_with_those_above(settled: Hub, seats: Seats) -> None:
    """Other words need another version; languages of the city's text go when the town has its own."""
    await say(settled, "host", {**POLICY, "terms": {"version": "2026-10", "text": {"de": "Der Stadt", "tr": "Şehir"}}})
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
    assert await document(settled, "partner/kleinheim") == {"terms": own}
    assert (await karl.post(path, {**fields, "version": "no good version"})).status == 422
    assert (await karl.post(path, {"whose": "own", "version": "3"})).status == 422
    answer = await karl.post(path, {"whose": "model", "version": "2026-12"})
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {"terms": {"version": "2026-12", "text": None}}
    answer = await karl.post(path, {"whose": "above"})
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {}


async def test_terms_in_files_are_read(settled: Hub, seats: Seats) -> None:
    """A text that is a file of the policy stands in the form, and becomes a text when it is changed."""
    stored = await done(settled, policy_halls.upload, b"Aus der Datei")
    said = {"terms": {"version": "1", "file": {"de": "terms.txt"}}}
    change = {"documents": [{"scope": "partner/kleinheim", "document": said, "files": {"terms.txt": stored.sha256}}]}
    await done(settled, policy.change_policy, change)
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/terms"
    assert "Aus der Datei" in (await karl.get(path)).words
    answer = await changed(karl, path, whose="own", version="2", text__de="Aus dem Formular")
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {"terms": {"version": "2", "text": {"de": "Aus dem Formular"}}}


async def test_when_a_line_is_down(settled: Hub, seats: Seats) -> None:
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
    assert await document(settled, "partner/kleinheim") == said
    answer = await changed(karl, path, message__tr="x" * 501)
    assert answer.status == 422 and "at most 500 characters" in answer.words
    answer = await changed(karl, path, away_after="0", away_after__unit="s")
    assert answer.status == 422 and "1 seconds to" in answer.words


async def test_what_is_kept_above_cannot_be_changed_below(settled: Hub, seats: Seats) -> None:
    """The form says so; a lock on what somebody has set already is refused with their name."""
    admin, karl = await seats.admin(), await editor(seats)
    answer = await changed(admin, "/settings/in/host/locks", key=["plans"])
    await apply(admin, answer.goal)
    assert (await document(settled, "host"))["locked"] == ["plans"]
    assert "cannot be changed here" in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    assert "New plan" not in (await karl.get("/settings/in/partner:kleinheim/plans")).words
    answer = await karl.post(PLAN, {"time": "5", "time.unit": "h"})
    assert answer.status == 422 and "host keeps plans for itself" in answer.words
    await say(settled, "partner/kleinheim", {"hall": {"town": "Kleinheim"}})
    answer = await changed(admin, "/settings/in/host/locks", key=["plans", "hall"])
    assert answer.status == 422 and "hall.town" in answer.words


async def test_all_of_it_as_text(settled: Hub, seats: Seats) -> None:
    """TOML there and back; what is no TOML stays as it was typed; what no gateway takes shows in the review."""
    karl = await editor(seats)
    path = "/settings/in/partner:kleinheim/expert"
    assert "# scope = partner/kleinheim, base = 0" in (await karl.get(path)).text
    text = 'remove = ["plans.guest"]\n[plans.free]\ntime = "3 h"\n[zones.public]\nplans = ["free"]\n'
    answer = await karl.post(path, {"text": text})
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {
        "plans": {"free": {"time": "3 h"}, "guest": None},
        "zones": {"public": {"plans": ["free"]}},
    }
    answer = await karl.post(path, {"text": "[plans\n<b>"})
    assert answer.status == 400 and "[plans\n&lt;b&gt;" in answer.text and "line 1" in answer.words
    answer = await karl.post(path, {"text": '[plans.free]\ntime = "lange"\n[state]\nx = 1\n'})
    review = await karl.get(answer.goal)
    assert review.status == 200 and "It cannot be applied like this" in review.words and "/apply" not in review.text
    assert (await karl.post(f"{answer.goal}/apply", {"seen": "x"})).status == 409
