"""The pages over real HTTP connections: states, forms, refusals, headers, and what a stranger may not do."""

import asyncio
import logging
import socket
import ssl
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from hotspot.portal.certificates import make_context
from hotspot.portal.desk import Refusal
from hotspot.portal.door import serving
from hotspot.portal.face import Access
from hotspot.portal.pages import Pages
from hotspot.portal.patience import Patience
from hotspot.portal.settings import Theme
from hotspot.portal.texts import PROBLEMS
from hotspot.portal.web import ROUTES, make_app
from hotspot.session.forms import AcceptForm
from hotspot.session.states import State
from tests.hotspot.portal.desk_in_memory import FREE, LONG, TOKEN, DeskInMemory, make_settings
from tests.hotspot.portal.served_hall import FORM, HOST, Hall, close, hall, heading, size_on_wire
from tests.hotspot.portal.test_certificates import make_pair

GOOD = {"token": TOKEN, "terms": "2026-11"}


async def test_the_first_page_carries_everything_within_14_kb() -> None:
    """Splash page: one answer, its style inside, nothing else to fetch, the headers that keep strangers out, connection closed."""
    async with hall() as at:
        answer = await at.get("/")
    style = Pages().style(Theme()).source
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}
    assert (answer.status, headers) == (
        200,
        {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"default-src 'none'; style-src {style}; img-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Server": "hotspot",
            "Vary": "Accept-Encoding",
            "Content-Type": "text/html; charset=utf-8",
            "Connection": "close",
        },
    )
    whole = size_on_wire(answer)
    assert whole <= 14 * 1024
    assert heading(answer) == "Kostenloses WLAN"
    assert [word for word in ("<script", "src=", "<link", "cookie", "@import", "url(") if word in answer.text.lower()] == []
    assert f'<input type="hidden" name="token" value="{TOKEN}">' in answer.text
    assert '<input type="hidden" name="terms" value="2026-11">' in answer.text
    assert "achten Sie das Recht &amp; die &lt;Rechte&gt; anderer." in answer.text


@pytest.mark.parametrize(
    ("state", "reason", "internet", "expected"),
    [
        (State.CAPTIVE, "", True, "Kostenloses WLAN"),
        (State.CAPTIVE, "", False, "Gerade kein Internet"),
        (State.ONLINE, "", True, "Sie sind online"),
        (State.ONLINE, "", False, "Gerade kein Internet"),
        (State.ENDED, "time", True, "Ihre Zeit ist abgelaufen"),
        (State.ENDED, "volume", True, "Ihre Datenmenge ist verbraucht"),
        (State.ENDED, "idle", True, "Sie waren eine Weile nicht da"),
        (State.ENDED, "left", True, "Sie haben die Verbindung beendet"),
        (State.ENDED, "kicked", True, "Unser Personal hat die Verbindung beendet"),
        (State.ENDED, "gone", True, "Ihre Verbindung ist beendet"),
        (State.BLOCKED, "", True, "Dieses Gerät ist gesperrt"),
    ],
)
async def test_the_start_page_fits_the_state(state: State, reason: str, internet: bool, expected: str) -> None:
    """``/`` is the page of the visitor's state, always with status 200."""
    async with hall() as at:
        at.desk.state, at.desk.reason, at.desk.internet_up = state, reason, internet
        answer = await at.get("/")
        assert (answer.status, heading(answer)) == (200, expected)
        assert ('action="/accept"' in answer.text) == (state in (State.CAPTIVE, State.ENDED))
        assert ("Leitung ins Internet ist" in answer.text) == (not internet)


async def test_accept_online_leave() -> None:
    """The button leads to the online page with time, volume and code; the leave button back to the start page."""
    async with hall() as at:
        at.desk.bytes_left = 734_000_000
        accepted = await at.post("/accept", GOOD, User_Agent="Mozilla/5.0 (Linux; Android 15)", Accept_Language="en")
        assert (accepted.status, accepted.headers["Location"], accepted.headers["Connection"]) == (303, "/online", "close")
        assert at.desk.accepted == [(AcceptForm(token=TOKEN, terms="2026-11", plan=None), "en", "android")]
        online = await at.get("/online")
        assert (online.status, heading(online)) == (200, "Sie sind online")
        for words in ("2\u00a0Stunden 59\u00a0Minuten", "734\u00a0MB", "K7F-3QX", "unter portal.hall.example."):
            assert words in online.text
        left = await at.post("/leave", {"token": TOKEN})
        assert (left.status, left.headers["Location"]) == (303, "/")
        assert heading(await at.get("/")) == "Sie haben die Verbindung beendet"
        gone = await at.get("/online")
        assert (gone.status, gone.headers["Location"]) == (303, "/")


async def test_a_second_tap_is_no_error() -> None:
    """Accepting while online leads to the online page again."""
    async with hall() as at:
        assert [(await at.post("/accept", GOOD)).status for _ in range(2)] == [303, 303]


async def test_several_plans_are_a_choice() -> None:
    """With more than one plan the form lets the visitor choose; the choice arrives."""
    async with hall(make_settings(plans=(FREE, LONG))) as at:
        page = await at.get("/?lang=en")
        assert page.text.count('type="radio"') == 2
        assert (
            '<bdi dir="ltr">24\u00a0hours</bdi> · <bdi dir="ltr">2\u00a0/\u00a00.5\u00a0Mbit/s</bdi> · <bdi dir="ltr">1.5\u00a0GB</bdi>'
            in page.text
        )
        await at.post("/accept?lang=en", {**GOOD, "plan": "long"})
        assert at.desk.accepted[0][0].plan == "long"


async def test_language_by_header_and_by_link() -> None:
    """``Accept-Language`` counts until a link was pressed; the choice then goes along through form and redirect."""
    async with hall() as at:
        english = await at.get("/", Accept_Language="en-GB,en;q=0.9,de;q=0.5")
        assert '<html lang="en" dir="ltr">' in english.text
        assert 'action="/accept"' in english.text
        assert '<a href="/?lang=de" lang="de" hreflang="de">Deutsch</a>' in english.text
        chosen = await at.get("/?lang=en", Accept_Language="de")
        assert '<html lang="en" dir="ltr">' in chosen.text
        assert 'action="/accept?lang=en"' in chosen.text
        accepted = await at.post("/accept?lang=en", GOOD, Accept_Language="de")
        assert accepted.headers["Location"] == "/online?lang=en"
        assert '<html lang="de" dir="ltr">' in (await at.get("/?lang=xx")).text


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("token", 403),
        ("terms", 409),
        ("plan", 409),
        ("blocked", 403),
        ("journal", 503),
        ("firewall", 503),
        ("full", 503),
        ("unknown_client", 403),
    ],
)
async def test_each_refusal_has_its_page(code: str, status: int) -> None:
    """A refusal of the desk is a page with the right status that says what to do next, in the visitor's language."""
    async with hall() as at:
        at.desk.refusal = Refusal(code)
        answer = await at.post("/accept?lang=en", GOOD)
        assert (answer.status, heading(answer)) == (status, PROBLEMS[code].heading)
        assert '<a class="button" href="/?lang=en">' in answer.text
        assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://portal.hall.example"}, 303),
        ({"Origin": "null"}, 303),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://portal.hall.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
async def test_forms_of_strangers_are_refused(headers: dict[str, str], status: int) -> None:
    """Origin and Sec-Fetch-Site are checked before anything happens."""
    async with hall() as at:
        assert (await at.post("/accept", GOOD, **headers)).status == status
        assert len(at.desk.accepted) == (status == 303)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 400),
        (b"token=x", FORM, 400),
        (b"token=&terms=", FORM, 400),
        (b"\xff\xfe=1&&&", FORM, 400),
        (b"token=a&token=b&terms=c", FORM, 400),
        (urlencode(GOOD).encode(), "text/plain", 400),
        (urlencode(GOOD).encode(), "multipart/form-data; boundary=x", 400),
        (urlencode({**GOOD, "x": "y" * 3_000}).encode(), FORM, 413),
        (urlencode({**GOOD, "token": "7200.wrong"}).encode(), FORM, 403),
    ],
)
async def test_bad_forms_are_refused(body: bytes, content_type: str, status: int) -> None:
    """A form that is not ours gets a page and changes nothing."""
    async with hall() as at:
        answer = await at.ask("POST", "/accept", body, Content_Type=content_type)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert at.desk.accepted == []


@pytest.mark.parametrize(
    "host", ["evil.example", "198.18.0.1", "", "portal.hall.example.evil.example", "[::1", "portal.hall.example@evil.example"]
)
async def test_a_foreign_host_is_sent_to_the_portal(host: str) -> None:
    """Another name than the portal's leads to the portal, and is nowhere in the answer."""
    async with hall() as at:
        for answer in (await at.get("/x?evil.example", Host=host), await at.post("/accept", GOOD, Host=host)):
            assert (answer.status, answer.headers["Location"]) == (303, "http://portal.hall.example/")
            assert "evil" not in str(answer)
        assert at.desk.accepted == []


async def test_no_host_at_all_is_sent_to_the_portal() -> None:
    """HTTP/1.0 without Host."""
    async with hall() as at:
        assert b"\r\nLocation: http://portal.hall.example/\r\n" in await at.raw(b"GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("host", ["PORTAL.hall.example", "portal.hall.example:80", "portal.hall.example."])
async def test_the_portal_name_may_be_written_in_other_ways(host: str) -> None:
    """Case, port and the final dot do not matter."""
    async with hall() as at:
        assert (await at.get("/", Host=host)).status == 200


async def test_with_a_certificate_plain_http_leads_to_https() -> None:
    """Where the portal is https, neither pages nor the API are served without TLS."""
    async with hall(make_settings("https://portal.hall.example/")) as at:
        for path, goal in (("/", "https://portal.hall.example/"), ("/api/captive", "https://portal.hall.example/api/captive")):
            answer = await at.get(path)
            assert (answer.status, answer.headers["Location"]) == (303, goal)


async def test_identity_is_the_address_of_the_connection() -> None:
    """Headers that name another address are not heard; an unknown address gets the page that says so."""
    async with hall(ip="198.18.0.7") as at:
        answer = await at.get("/", X_Forwarded_For="198.18.0.7", Forwarded="for=198.18.0.7", X_Real_IP="198.18.0.7")
        assert (answer.status, heading(answer)) == (403, "Wir sehen Ihr Gerät nicht")


async def test_a_client_of_another_zone_is_not_known_here() -> None:
    """A visitor of another zone cannot use this zone's pages."""
    settings = make_settings()
    settings = replace(settings, zones={**settings.zones, "council": replace(settings.zones["public"], name="council")})
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(make_app(DeskInMemory(settings), settings, "council"), [(listener, None)]):
        assert (await Hall(DeskInMemory(settings), listener.getsockname()[1]).get("/")).status == 403


async def test_firewall_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the firewall does not answer for long, visitors get a page with 503 and systems an empty 503."""
    monkeypatch.setattr(Patience, "SECONDS", 0.05)
    async with hall() as at:
        at.desk.gate_up = False
        page = await at.get("/")
        assert (page.status, heading(page)) == (503, "Wir können gerade niemanden verbinden")
        system = await at.get("/api/captive", Accept="application/captive+json")
        assert (system.status, system.text) == (503, "")


async def test_capport() -> None:
    """The API's media type, caching and content before and after acceptance."""
    async with hall() as at:
        before = await at.get("/api/captive", Accept="application/captive+json")
        assert (before.status, before.headers["Content-Type"], before.headers["Cache-Control"], before.text) == (
            200,
            "application/captive+json",
            "private, no-store",
            '{"captive":true,"venue-info-url":"https://hall.example/","can-extend-session":false}',
        )
        at.desk.state = State.ONLINE
        after = await at.get("/api/captive")
        assert after.text == (
            '{"captive":false,"venue-info-url":"https://hall.example/","can-extend-session":false,"seconds-remaining":10740}'
        )
        at.desk.ip = "198.18.0.9"
        assert (await at.get("/api/captive")).status == 403


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "/terms", 200, None),
        ("HEAD", "/", 200, None),
        ("GET", "/accept", 303, "/"),
        ("GET", "/leave?lang=en", 303, "/?lang=en"),
        ("GET", "/favicon.ico", 204, None),
        ("GET", "/nothing/<script>", 404, None),
        ("DELETE", "/", 405, None),
        ("POST", "/api/captive", 405, None),
    ],
)
async def test_other_addresses(method: str, path: str, status: int, location: str | None) -> None:
    """What is there, what is not; nothing asked for comes back."""
    async with hall() as at:
        answer = await at.ask(method, path, b"")
        assert (answer.status, answer.headers.get("Location"), answer.headers["Connection"]) == (status, location, "close")
        assert "script" not in answer.text


async def test_long_terms_get_a_page_of_their_own() -> None:
    """Terms that would not fit into the first page are linked; the page stays within 14 KB."""
    settings = make_settings()
    text = {"de": "\n\n".join(["Ein langer Absatz über alles. " * 20] * 30)}
    settings = replace(settings, terms=replace(settings.terms, text=text))
    async with hall(settings) as at:
        page = await at.get("/")
        assert size_on_wire(page) <= 14 * 1024
        assert '<a href="/terms">' in page.text
        assert (await at.get("/terms")).text.count("<p>Ein langer Absatz") == 30


async def test_new_settings_show_at_once() -> None:
    """After a reload of the settings the page is not the one that was kept."""
    async with hall() as at:
        assert "Rathaus &#34;Neustadt&#34; &amp; Umland" in (await at.get("/")).text
        settings = at.desk.now_settings
        at.desk.now_settings = replace(settings, hall=replace(settings.hall, name="Bürgerhaus"))
        page = (await at.get("/")).text
        assert ("Bürgerhaus" in page, "Rathaus" in page) == (True, False)


async def test_garbage_is_logged_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    """A request that cannot be read is answered with 400, and the log names nobody."""
    async with hall() as at:
        with caplog.at_level(logging.DEBUG):
            assert (await at.raw(b"GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n")).startswith(b"HTTP/1.0 400 ")
    assert [record.getMessage() for record in caplog.records if record.name == "hotspot.portal.web"] == ["cannot answer a request"]
    assert "127.0.0.1" not in caplog.text


async def test_with_a_certificate_pages_and_api_are_served_over_tls(tmp_path: Path) -> None:
    """Over TLS the pages carry HSTS, and the API names the portal."""
    settings = make_settings("https://portal.hall.example/")
    pem, key = make_pair(tmp_path, HOST)
    (tmp_path / "portal.pem").write_bytes(pem)
    (tmp_path / "portal.key").write_bytes(key)
    context = make_context(tmp_path / "portal.pem", tmp_path / "portal.key")
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(make_app(DeskInMemory(settings), settings, "public"), [(listener, context)]):
        trusting = ssl.create_default_context(cadata=pem.decode())
        reader, writer = await asyncio.open_connection(*listener.getsockname(), ssl=trusting, server_hostname=HOST)
        writer.write(f"GET /api/captive HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(-1), 5)
        await close(writer)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nStrict-Transport-Security: max-age=604800\r\n" in answer
    assert answer.endswith(
        b'{"captive":true,"user-portal-url":"https://portal.hall.example/","venue-info-url":"https://hall.example/",'
        b'"can-extend-session":false}'
    )


def test_every_route_says_who_may_use_it() -> None:
    """The table as an auditor reads it."""
    assert [(route.method, route.path, route.access) for route in ROUTES] == [
        ("GET", "/", Access.VISITOR),
        ("GET", "/online", Access.VISITOR),
        ("GET", "/left", Access.SYSTEM),
        ("POST", "/accept", Access.FORM),
        ("POST", "/leave", Access.FORM),
        ("POST", "/extend", Access.FORM),
        ("GET", "/api/captive", Access.SYSTEM),
        ("GET", "/accept", Access.OPEN),
        ("GET", "/leave", Access.OPEN),
        ("GET", "/extend", Access.OPEN),
        ("GET", "/favicon.ico", Access.OPEN),
        ("GET", "/brand/{name}", Access.OPEN),
        ("GET", "/sign-language", Access.OPEN),
        ("GET", "/terms", Access.OPEN),
        ("GET", "/imprint", Access.OPEN),
        ("GET", "/privacy", Access.OPEN),
        ("GET", "/accessibility", Access.OPEN),
        ("GET", "/town", Access.OPEN),
        ("GET", "/services", Access.OPEN),
        ("GET", "/services/{id}", Access.OPEN),
        ("GET", "/tell", Access.VISITOR),
        ("POST", "/tell", Access.FORM),
        ("GET", "/told", Access.VISITOR),
        ("GET", "/voucher", Access.VISITOR),
        ("POST", "/voucher", Access.FORM),
    ]
