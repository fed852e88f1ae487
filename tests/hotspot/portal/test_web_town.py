"""The front door over HTTP: before and after acceptance, for whoever reaches the listener."""

import base64
import gzip
import hashlib
import re

import pytest
from msgspec.structs import replace

from hotspot.portal.desk import Refusal
from hotspot.session.states import State
from hotspot.town.feedback import Message
from hotspot.town.wifi4eu import HOST as COMMISSION
from tests.hotspot.portal.desk_in_memory import TOKEN, make_settings
from tests.hotspot.portal.front_door import WIFI4EU, front_door
from tests.hotspot.portal.served_hall import Answer, hall, heading

GOOD = {"token": TOKEN, "kind": "damage", "place": "Markt", "text": "Die Laterne ist aus.", "contact": ""}
ENGLISH = {"Accept_Language": "en"}


@pytest.mark.parametrize("path", ["/town", "/services", "/services?q=auto&group=authority", "/services/kfz-zulassung"])
@pytest.mark.parametrize("who", ["captive", "online", "stranger", "firewall down"])
async def test_everybody_may_read(path: str, who: str) -> None:
    """Before and after acceptance, unknown to the firewall, and while it does not answer."""
    async with hall(front_door(), ip="192.0.2.1" if who == "stranger" else "127.0.0.1") as at:
        at.desk.state = State.ONLINE if who == "online" else State.CAPTIVE
        at.desk.gate_up = who != "firewall down"
        answer = await at.get(path)
    assert (answer.status, answer.headers["Connection"], "script-src" in answer.headers["Content-Security-Policy"]) == (200, "close", False)


async def test_links_wait_until_the_visitor_is_online() -> None:
    """Who asks is known by the connection."""
    said = []
    async with hall(front_door()) as at:
        for state in (State.CAPTIVE, State.ONLINE):
            at.desk.state = state
            answer = await at.get("/services/kfz-zulassung", **ENGLISH)
            said.append("Opens as soon as you are connected" in answer.text)
    assert said == [True, False]


@pytest.mark.parametrize("path", ["/services", "/services/kfz-zulassung", "/tell", "/told"])
async def test_what_a_hall_has_not_is_not_there(path: str) -> None:
    """A page as for any other address that is none."""
    async with hall(make_settings()) as at:
        assert (await at.get(path)).status == 404


async def test_an_unknown_service() -> None:
    """Whatever the address looks like."""
    async with hall(front_door()) as at:
        assert [(await at.get(f"/services/{name}")).status for name in ("nothing", "..%2f", "%00", "x" * 500)] == [404] * 4


async def test_a_question_is_cut_and_stays_text() -> None:
    """A long or hostile one."""
    async with hall(front_door()) as at:
        long = await at.get("/services?q=" + "x" * 2_000)
        hostile = await at.get("/services?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&group=%22%3E")
    assert f'value="{"x" * 100}"' in long.text
    assert "<script" not in hostile.text


async def test_other_languages_keep_the_question() -> None:
    """The links of the menu lead to what was found."""
    async with hall(front_door()) as at:
        answer = await at.get("/services?q=auto")
    assert 'href="/services?q=auto&amp;lang=en"' in answer.text


async def test_a_message() -> None:
    """The form, the message, 303, thanks with its number and an address that says nothing."""
    async with hall(front_door()) as at:
        form = await at.get("/tell", **ENGLISH)
        assert f'name="token" value="{TOKEN}"' in form.text
        sent = await at.post("/tell?lang=en", GOOD)
        assert (sent.status, sent.headers["Location"], at.desk.messages) == (
            303,
            "/told?lang=en",
            [(Message("damage", "Markt", "Die Laterne ist aus.", ""), "en")],
        )
        thanks = await at.get(sent.headers["Location"])
    assert (thanks.status, heading(thanks), "Its number is 17." in thanks.text) == (200, "Thank you!", True)


async def test_a_message_without_a_number_is_thanked_for() -> None:
    """It was taken: who is asked to send it again sends it twice."""
    async with hall(front_door()) as at:
        at.desk.numbered = False
        sent = await at.post("/tell?lang=en", GOOD)
        thanks = await at.get(sent.headers["Location"])
    assert (sent.status, heading(thanks), "Its number is" in thanks.text) == (303, "Thank you!", False)


async def test_the_directory_comes_compressed() -> None:
    """To whoever takes that; it is the same page."""
    async with hall(front_door()) as at:
        plain, packed = await at.get("/services"), await at.get("/services", Accept_Encoding="gzip")
    assert ("Content-Encoding" in plain.headers, packed.headers["Content-Encoding"]) == (False, "gzip")
    assert gzip.decompress(packed.body) == plain.body


def kept(answer: Answer) -> tuple[int, list[str]]:
    """The status, and what is in the form."""
    typed = re.findall(r'name="(?:place|contact)" value="([^"]*)"|<textarea[^>]*>\n([^<]*)<|value="(\w+)" required checked', answer.text)
    return answer.status, ["".join(one) for one in typed]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"text": ""}, 400, "Please write your message."),
        ({"text": "x" * 2_001}, 400, "There is room for 2,000 characters."),
        ({"kind": "praise"}, 400, "Please choose what it is about."),
        ({"place": "x" * 121}, 400, "There is room for 120 characters."),
        ({"token": "7200.stale"}, 403, "Your text is still here: please send it again."),
    ],
)
async def test_whatever_is_wrong_the_text_comes_back(change: dict[str, str], status: int, said: str) -> None:
    """With a fresh token and a word on what to do."""
    fields = {**GOOD, **change}
    async with hall(front_door()) as at:
        answer = await at.post("/tell?lang=en", fields)
        assert at.desk.messages == []
    kind = [fields["kind"]] if fields["kind"] != "praise" else []
    assert kept(answer) == (status, [*kind, fields["place"], fields["text"], fields["contact"]])
    assert said in answer.text
    assert f'name="token" value="{TOKEN}"' in answer.text


async def test_too_many_messages() -> None:
    """The fourth: when to come again, and the text."""
    async with hall(front_door()) as at:
        statuses = [(await at.post("/tell?lang=en", GOOD)).status for _ in range(3)]
        fourth = await at.post("/tell?lang=en", GOOD)
    assert (statuses, kept(fourth)[0]) == ([303] * 3, 429)
    assert "please send it again at 09:20" in fourth.text
    assert "Die Laterne ist aus." in fourth.text


async def test_the_journal_cannot_be_written() -> None:
    """Nobody is thanked for what is not on disk."""
    async with hall(front_door()) as at:
        at.desk.refusal = Refusal("journal")
        answer = await at.post("/tell?lang=en", GOOD)
    assert kept(answer) == (503, ["damage", "Markt", "Die Laterne ist aus.", ""])
    assert answer.headers["Retry-After"] == "30"


async def test_a_long_message_in_a_large_alphabet() -> None:
    """2,000 characters of four bytes each are 24 kB; other forms stay small."""
    async with hall(front_door()) as at:
        sent = await at.post("/tell", {**GOOD, "text": "\U0001f333" * 2_000})
        too_large = await at.post("/tell", {**GOOD, "text": "\U0001f333" * 4_000})
        other = await at.post("/accept", {"token": TOKEN, "terms": "x" * 3_000})
    assert (sent.status, too_large.status, other.status) == (303, 413, 413)


async def test_forms_of_strangers_are_refused() -> None:
    """Another website's, and a device's that nobody knows."""
    async with hall(front_door()) as at:
        foreign = await at.post("/tell", GOOD, Origin="http://evil.example")
    async with hall(front_door(), ip="192.0.2.1") as at:
        unknown = await at.post("/tell", GOOD)
        form = await at.get("/tell")
    assert (foreign.status, unknown.status, form.status, at.desk.messages) == (403, 403, 403, [])


async def test_the_front_door_is_the_venue() -> None:
    """RFC 8908: what the settings name, else our own page."""
    settings = front_door()
    venues = []
    for venue in (settings.hall.venue_info_url, None):
        async with hall(replace(settings, hall=replace(settings.hall, venue_info_url=venue))) as at:
            answer = await at.get("/api/captive")
        found = re.search(r'"venue-info-url":"([^"]*)"', answer.text)
        venues.append(found[1] if found else "")
    assert venues == ["https://hall.example/", "http://portal.hall.example/town"]


PAGES = ("/", "/town", "/services", "/services/ratsinformation", "/tell", "/terms")


async def test_wifi4eu_off() -> None:
    """No trace of it in any page or header, and nothing that is loaded from elsewhere."""
    async with hall(front_door()) as at:
        answers = [await at.get(path) for path in PAGES]
    assert [path for path, answer in zip(PAGES, answers, strict=True) if "wifi4eu" in f"{answer.headers}{answer.text}".lower()] == []
    assert [
        path for path, answer in zip(PAGES, answers, strict=True) if re.search(r'<(?:script|img|link|iframe)[^>]*"https?:', answer.text)
    ] == []


async def test_wifi4eu_on() -> None:
    """The splash page has banner and script and allows exactly the programme's host; no other page has or allows anything."""
    settings = front_door()
    async with hall(replace(settings, hall=replace(settings.hall, wifi4eu=WIFI4EU))) as at:
        answers = {path: await at.get(path) for path in PAGES}
        at.desk.state = State.ONLINE
        answers["/online"] = await at.get("/online")
    splash = answers.pop("/")
    assert '<img id="wifi4eubanner" alt="WiFi4EU">' in splash.text
    assert f"wifi4euNetworkIdentifier='{WIFI4EU.network_id}'" in splash.text
    assert f'<script src="https://{COMMISSION}/wifi4eu.min.js" defer></script>' in splash.text
    policy = splash.headers["Content-Security-Policy"]
    assert set(re.findall(r"https?://[^\s;]+", policy)) == {f"https://{COMMISSION}"}
    assert set(re.findall(r'src="(https?://[^/"]+)', splash.text)) == {f"https://{COMMISSION}"}
    assert [path for path, answer in answers.items() if COMMISSION in f"{answer.headers}{answer.text}"] == []


async def test_the_inline_script_is_the_one_that_is_allowed() -> None:
    """In every language, the hash in the policy is of the very script in the page."""
    settings = front_door()
    async with hall(replace(settings, hall=replace(settings.hall, wifi4eu=WIFI4EU))) as at:
        for language in ("de", "en"):
            answer = await at.get(f"/?lang={language}")
            (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"script-src 'sha256-{digest}' https://{COMMISSION};" in answer.headers["Content-Security-Policy"] + ";"
