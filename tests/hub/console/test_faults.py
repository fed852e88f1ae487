"""Forms that came back: every fault at once, a summary that leads to fields, addresses as people type them, and what is known already."""

import re

import pytest

from hotspot.hub.access import Role
from hotspot.hub.api import channels, halls, policy
from hotspot.hub.console.forms import web_address
from hotspot.hub.console.marked import Marked, marked
from hotspot.hub.console.settings.mending import Attempt
from hotspot.hub.hub import Hub
from hotspot.hub.policy.scopes import Level
from tests.hub.console.city import POLICY, done
from tests.hub.console.conftest import Answer, Seat, Seats
from tests.hub.console.settings_forms import changed, document, fields_of

HERE = "/settings/in/partner:waldheim"
SUMMARY = re.compile(r'<div class="notice bad" id="summary" tabindex="-1" autofocus.*?</div>', re.DOTALL)


@pytest.fixture
async def carla(seats: Seats, hub: Hub) -> Seat:
    """Of Waldheim, whose hall stands, and for which nobody has said anything but the city."""
    await done(hub, halls.create_partner, {"name": "waldheim", "title": "Gemeinde Waldheim"})
    await done(hub, halls.create_hall, {"partner": "waldheim", "name": "waldheim-rathaus", "title": "Rathaus Waldheim"})
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": POLICY}]})
    return await seats("carla", Role.PARTNER_EDITOR, "waldheim")


def summary(answer: Answer) -> dict[str, str]:
    """What is said above the form: words by the field that they lead to."""
    found = SUMMARY.findall(answer.text)
    assert len(found) == 1, answer.words
    listed = dict(re.findall(r'<li><a href="#([^"]+)">(.*?)</li>', found[0]))
    assert all(f'id="{field}"' in answer.text for field in listed)
    return {field: re.sub(r"<[^>]*>", "", text) for field, text in listed.items()}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("www.waldheim.example", "https://www.waldheim.example"),
        ("waldheim.example/wlan?a=b#c", "https://waldheim.example/wlan?a=b#c"),
        ("waldheim.example:8443/", "https://waldheim.example:8443/"),
        ("http://waldheim.example", "http://waldheim.example"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("rathaus@waldheim.example", "rathaus@waldheim.example"),
        ("im Rathaus", "im Rathaus"),
        ("28.80", "28.80"),
        ("", ""),
    ],
)
def test_addresses_as_people_type_them(typed: str, meant: str) -> None:
    """What is an address but for its beginning gets one; nothing else is touched."""
    assert web_address(typed) == meant


def test_what_is_marked_in_a_form() -> None:
    """By the label of its field, without what is small or hidden in it; without an id by the next field of the group, or none."""
    html = """
    <label for="a.b">Telefon <small>(kann leer bleiben)</small></label>
    <p class="fault" id="a.b-fault">Kein &lt;b&gt; Telefon</p><input id="a.b">
    <fieldset><legend>Text<span class="hidden">: x</span></legend><p class="fault">Zu lang</p>
    <label for="t.de">Deutsch</label><input id="t.de"></fieldset>
    <fieldset><legend>Tarife</legend><p class="fault">Keiner</p><input type="radio"></fieldset><input id="other">
    """
    assert marked(html) == [
        Marked("a.b", "Telefon", "Kein <b> Telefon"), Marked("t.de", "Deutsch", "Zu lang"), Marked("", "Tarife", "Keiner"),
    ]  # fmt: skip
    assert marked("<p>Nichts</p>") == []


def test_a_document_is_mended_until_nothing_is_left_to_try() -> None:
    """A value of a known kind by a good one, others by leaving them out, by a text, at last without the table; zones begin further in."""
    attempt = Attempt({"plans": {"free": {"down": "fast"}}, "legal": {"operator": {"phone": "x"}}}, Level.PARTNER)
    assert attempt.mend("plans.free.down") and attempt.document["plans"] == {"free": {"down": "10 Mbit/s"}}
    assert attempt.mend("legal.operator.name") and attempt.document["legal"]["operator"] == {"phone": "x", "name": "x"}
    assert attempt.mend("legal.operator.phone") and attempt.document["legal"]["operator"] == {"name": "x"}
    assert [attempt.is_its_own(key) for key in ("legal.operator", "legal.operator.phone", "legal.imprint")] == [True, True, False]
    tries = 0
    while attempt.mend("legal.operator.phone"):
        tries += 1
    assert (tries <= 5, "operator" in attempt.document["legal"]) == (True, False)
    service = Attempt({"services": {"services": {"kfz": {"phone": "x"}}}}, Level.PARTNER)
    assert service.mend("services.kfz.phone") and service.document == {"services": {"services": {"kfz": {}}}}
    zone = Attempt({"plans": ["nothing"]}, Level.ZONE)
    assert zone.mend("zones.public.plans") and zone.document == {}
    assert not zone.mend("") and not zone.mend("a b")


@pytest.mark.hub
async def test_all_faults_at_once(carla: Seat) -> None:
    """Of the legal pages: all wrong fields in one answer, in the summary and at the fields, in words; nothing typed is lost."""
    typed = {
        "legal.operator.name": "", "legal.operator.phone": "abc", "legal.operator.email": "rathaus",
        "legal.privacy.officer.email": "x@", "legal.privacy.authority.name": "", "legal.privacy.authority.phone": "+49 1",
        "legal.accessibility.status": "partial", "legal.accessibility.enforcement.link": "im Rathaus",
    }  # fmt: skip
    german = Seat(carla.http, carla.base, carla.secret, "de")
    answer = await german.post(f"{HERE}/legal", typed)
    assert answer.status == 422
    said = summary(answer)
    assert set(said) >= {
        "legal.operator.name", "legal.operator.phone", "legal.operator.email", "legal.privacy.officer.name", "legal.privacy.officer.email",
        "legal.privacy.authority.name", "legal.accessibility.enforcement.name", "legal.accessibility.enforcement.link",
    }, said  # fmt: skip
    assert said["legal.operator.name"] == "Name: Bitte ausfüllen."
    assert "Das geht nicht: &#39;abc&#39;." in said["legal.operator.phone"]
    assert "''" not in answer.words and "Bitte ausfüllen. Bei diesem Ergebnis muss auf der Seite stehen" in answer.words
    assert all(f'value="{value}"' in answer.text for value in ("abc", "rathaus", "x@", "im Rathaus"))
    assert 'role="alert"' not in answer.text.partition("<main")[2], "the focus says it once"


@pytest.mark.hub
async def test_every_form_has_its_summary(carla: Seat) -> None:
    """Plans, contact, terms, hours, services, branding: what is wrong stands above, and the browser does not stop at the first field."""
    service = "services.services._."
    cases: dict[str, tuple[dict[str, str], set[str]]] = {
        "plans/free": ({"time": "lange", "down": "schnell"}, {"time", "down"}),
        "contact": ({"email": "rathaus", "phone": "abc"}, {"email", "phone"}),
        "hours/+": ({"name": "x", "day.0": "morgens", "day.1": "abends"}, {"day-0", "day-1"}),
        "branding": ({"theme.colours.accent": "rot"}, {"theme.colours.accent"}),
        "services/_new": (
            {f"{service}name.de": "Fundbüro", f"{service}phone": "ruf an", f"{service}email": "x"}, {f"{service}phone", f"{service}email"},
        ),
    }  # fmt: skip
    for section, (typed, fields) in cases.items():
        shown = await carla.get(f"{HERE}/{section}")
        assert "novalidate" in shown.text and not SUMMARY.search(shown.text), section
        answer = await carla.post(f"{HERE}/{section}", {**(fields_of(shown) if section != "branding" else {}), **typed})
        assert answer.status == 422, (section, answer.words)
        assert set(summary(answer)) == fields, section


@pytest.mark.hub
async def test_an_address_without_its_beginning_is_taken(carla: Seat, hub: Hub) -> None:
    """Of the legal pages, a service, the hall's page, and a webhook."""
    answer = await changed(carla, f"{HERE}/legal", legal__operator__link="www.waldheim.example")
    assert "https://www.waldheim.example" in (await carla.get(answer.goal)).words
    answer = await changed(carla, f"{HERE}/contact", venue_info_url="waldheim.example/rathaus")
    assert "https://waldheim.example/rathaus" in (await carla.get(answer.goal)).words
    fields = {"services.services._.name.de": "Fundbüro", "services.services._.link": "waldheim.example/fund"}
    answer = await carla.post(f"{HERE}/services/_new", fields)
    assert answer.status == 303, answer.words
    assert "https://waldheim.example/fund" in (await carla.get(answer.goal)).words
    made = await carla.post("/alarms/channels/new/webhook", {"name": "chat", "url": "chat.waldheim.example/hook", "lowest": "warning"})
    assert made.status == 200, made.words
    assert (await done(hub, channels.show_channel, channel="chat")).url == "https://chat.waldheim.example/hook"


@pytest.mark.hub
async def test_the_imprint_begins_with_what_is_known(carla: Seat, hub: Hub) -> None:
    """The town's title, then what stands on its pages: shown and marked until it is saved or emptied; never over what somebody has said."""
    contact = await carla.get(f"{HERE}/contact")
    assert 'value="Gemeinde Waldheim"' in contact.text and "taken over from what is known already" in contact.words
    first = await carla.get(f"{HERE}/legal")
    assert fields_of(first)["legal.operator.name"] == ["Gemeinde Waldheim"]
    there = {"town": "Markt Waldheim", "address": ["Am Markt 1", "12345 Waldheim"], "phone": "+49 1234 0", "email": "info@waldheim.example"}
    await done(hub, policy.change_policy, {"documents": [{"scope": "partner/waldheim", "document": {"hall": there}}]})
    assert "taken over from what is known already" not in (await carla.get(f"{HERE}/contact")).words
    shown = await carla.get(f"{HERE}/legal")
    fields = {name: value[0] for name, value in fields_of(shown).items() if name.startswith("legal.operator.") and value[0]}
    assert fields == {
        "legal.operator.name": "Markt Waldheim", "legal.operator.address": "Am Markt 1\n12345 Waldheim",
        "legal.operator.phone": "+49 1234 0", "legal.operator.email": "info@waldheim.example",
    }  # fmt: skip
    assert shown.words.count("taken over from what is known already") == 4
    assert (await document(hub, "partner/waldheim")) == {"hall": there}
    viewer = await reader(carla, hub)
    assert "taken over" not in (await viewer.get(f"{HERE}/legal")).words
    city = {**POLICY, "legal": {"operator": {"name": "Stadt"}}}
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": city}]})
    assert "taken over from what is known already" not in (await carla.get(f"{HERE}/legal")).words


async def reader(carla: Seat, hub: Hub) -> Seat:
    """Somebody of the town who may only read."""
    return await Seats(hub, carla.base, carla.http)("vera", Role.PARTNER_VIEWER, "waldheim")
