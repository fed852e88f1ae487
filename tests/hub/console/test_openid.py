"""Logging in at the console with an account of the city's provider: who gets in, as what, and what happens otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, CookieJar
from yarl import URL

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.oidc.provider import Provider
from hotspot.hub.oidc.settings import RoleOf
from hotspot.hub.store import audit, identities, people, sessions, tenants
from tests.hub.console.conftest import Answer, Seats
from tests.hub.oidc.rogue import SECRET, Rogue, running, settings_for

pytestmark = pytest.mark.hub
ROLES = (
    RoleOf(value="wlan-admins", role=Role.HOST_ADMIN),
    RoleOf(value="wlan-betrieb", role=Role.HOST_OPERATOR),
    RoleOf(value="wlan-kleinheim", role=Role.PARTNER_EDITOR, partner="kleinheim"),
    RoleOf(value="wlan-fort", role=Role.PARTNER_VIEWER, partner="fort"),
)
STRONG = {"amr": ["pwd", "otp"]}


@pytest.fixture
async def rogue(seats: Seats, tmp_path: Path) -> AsyncIterator[Rogue]:
    """The provider of the hub's settings; its people with two factors need none here."""
    (tmp_path / "secret").write_text(SECRET)
    async with running() as one:
        settings = settings_for(one, str(tmp_path / "secret"), f"{seats.base}/login/oidc/callback", roles=ROLES, second_factor=True)
        seats.hub.settings = msgspec.structs.replace(seats.hub.settings, oidc=settings)
        seats.hub.openid = Provider(settings)
        async with seats.hub.store.transaction() as connection:
            await tenants.add_partner(connection, "kleinheim", "Gemeinde Kleinheim", "")
        yield one


def also(hub: Hub, **changed: Any) -> None:
    """Other settings of the provider."""
    assert hub.settings.oidc is not None
    settings = msgspec.structs.replace(hub.settings.oidc, **changed)
    hub.settings = msgspec.structs.replace(hub.settings, oidc=settings)
    hub.openid = Provider(settings)


class Browser:
    """Somebody's: it keeps cookies, and follows where it is told when it is told."""

    def __init__(self, seats: Seats) -> None:
        self.base = seats.base
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "en"})

    async def get(self, address: str) -> Answer:
        """One page, of anybody."""
        async with self.http.get(address if "://" in address else f"{self.base}{address}", allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())

    async def there(self, start: str = "/login/oidc") -> str:
        """To the provider, and its answer: where that leads."""
        answer = await self.get(start)
        assert answer.status == 303, answer.words
        answer = await self.get(answer.goal)
        assert answer.status == 302
        return answer.goal

    async def log_in(self, start: str = "/login/oidc") -> Answer:
        """The whole way."""
        return await self.get(await self.there(start))

    def cookies(self) -> dict[str, str]:
        """Those that it keeps now."""
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}


@pytest.fixture
async def browser(seats: Seats) -> AsyncIterator[Browser]:
    """Nobody's yet."""
    one = Browser(seats)
    async with one.http:
        yield one


async def log_of(hub: Hub) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What the audit log says of people, the oldest first."""
    async with hub.store.connection() as connection:
        found = await audit.entries(connection, audit.Wanted(action="user."), 100)
    return [(one.actor, one.action, one.subject, one.detail) for one in reversed(found)]


async def test_somebody_new(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Becomes a user with the role of their group, gets in to where they wanted, and the next time is the same user."""
    rogue.person.update(groups=["wlan-kleinheim"], email="anna@kleinheim.example")
    page = await browser.get("/login?next=/feedback%3Fpage%3D2")
    assert 'href="/login/oidc?next=/feedback%3Fpage%3D2"' in page.text
    answer = await browser.log_in("/login/oidc?next=/feedback%3Fpage%3D2")
    assert (answer.status, answer.goal) == (303, "/feedback?page=2")
    assert sorted(browser.cookies()) == ["session"]
    assert "HttpOnly" in str(answer.headers) or "httponly" in str(answer.headers).lower()
    async with seats.hub.store.connection() as connection:
        user = await people.user(connection, "anna")
        assert user is not None
        assert (user.role, user.partner, user.full_name, user.email) == (
            Role.PARTNER_EDITOR, "kleinheim", "Anna Arnold", "anna@kleinheim.example",
        )  # fmt: skip
        assert (user.has_password, user.provider, user.last_login_at is not None) == (False, True, True)
    assert (await browser.get("/")).status == 200
    first = browser.cookies()["session"]
    browser.http.cookie_jar.clear()
    rogue.person["preferred_username"] = "somebody"
    assert (await browser.log_in()).goal == "/"
    assert browser.cookies()["session"] != first
    assert await log_of(seats.hub) == [
        ("hub", "user.create", "anna", {"role": "partner-editor", "by": "provider"}),
        ("user anna", "user.login", "anna", {"at": "console", "by": "provider"}),
        ("user anna", "user.login", "anna", {"at": "console", "by": "provider"}),
    ]


async def test_the_way_there_is_guarded(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """PKCE, state and nonce, a cookie that no script reads, and nowhere but a page of ours in the end."""
    answer = await browser.get("/login/oidc?next=//evil.example/")
    assert answer.goal.startswith(f"{rogue.issuer}/authorize?response_type=code&")
    for part in ("code_challenge_method=S256", "state=", "nonce=", "redirect_uri=http%3A%2F%2F127.0.0.1"):
        assert part in answer.goal
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("openid=")
    assert all(part in cookie for part in ("HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"))
    secret = browser.cookies()["openid"].partition(".")[0]
    assert secret not in answer.goal
    rogue.person.update(STRONG)
    assert (await browser.get((await browser.get(answer.goal)).goal)).goal == "/"


async def test_names_of_others_are_theirs(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """A user with the same name and address is somebody else: nobody becomes them, least of all the administrator."""
    async with seats.hub.store.transaction() as connection:
        await people.add_user(connection, "anna", Role.HOST_ADMIN, None, "Anna Arnold", "anna@stadt.example")
    rogue.person.update(groups=["wlan-kleinheim"], email="anna@stadt.example")
    assert (await browser.log_in()).goal == "/"
    async with seats.hub.store.connection() as connection:
        assert [user.name for user in await people.users(connection, None, "", 10)] == ["anna", "anna-2"]
        assert await identities.user_with(connection, rogue.issuer, "4711") == "anna-2"


async def test_roles_follow_the_provider(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """At each login; what was open with the old role ends. Without a role nobody gets in, and nothing of theirs stays open."""
    rogue.person.update(groups=["wlan-kleinheim"])
    await browser.log_in()
    old = Browser(seats)
    async with old.http:
        old.http.cookie_jar.update_cookies(browser.http.cookie_jar.filter_cookies(URL(seats.base)))
        assert (await old.get("/")).status == 200
        rogue.person.update(groups=["x", "wlan-betrieb"], **STRONG)
        browser.http.cookie_jar.clear()
        assert (await browser.log_in()).goal == "/"
        assert (await old.get("/")).goal == "/login"
    async with seats.hub.store.connection() as connection:
        user = await people.user(connection, "anna")
        assert user is not None and (user.role, user.partner) == (Role.HOST_OPERATOR, None)
    rogue.person["groups"] = []
    other = Browser(seats)
    async with other.http:
        answer = await other.log_in()
    assert (answer.status, "not allowed to use this console any more" in answer.words) == (403, True)
    assert (await browser.get("/")).goal == "/login"
    assert [(action, detail) for _, action, _, detail in await log_of(seats.hub)][2:] == [
        ("user.change", {"role": "host-operator", "partner": None, "by": "provider"}),
        ("user.login", {"at": "console", "by": "provider"}),
        ("user.provider_refused", {"why": "no-role"}),
    ]


@pytest.mark.parametrize(
    ("groups", "words"),
    [([], "not allowed to use this console"), (["wlan-fort"], "a town that does not take part"), ("text", "not allowed")],
)
async def test_nobody_gets_in_without_a_role(seats: Seats, rogue: Rogue, browser: Browser, groups: object, words: str) -> None:
    """A page says so, and no user is made; whoever is unknown reads how they are known, for the city's IT."""
    rogue.person["groups"] = groups
    answer = await browser.log_in()
    assert (answer.status, words in answer.words) == (403, True), answer.words
    assert ("4711" in answer.words) == (groups != ["wlan-fort"])
    assert browser.cookies() == {}
    async with seats.hub.store.connection() as connection:
        assert await people.users(connection, None, "", 10) == []


async def test_disabled_is_disabled(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Whatever the provider says."""
    rogue.person["groups"] = ["wlan-kleinheim"]
    await browser.log_in()
    async with seats.hub.store.transaction() as connection:
        await connection.execute("UPDATE users SET disabled_at = now()")
    browser.http.cookie_jar.clear()
    answer = await browser.log_in()
    assert (answer.status, "disabled" in answer.words) == (403, True)


async def test_second_factors(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Host roles need one: of the provider if its word counts, by ``amr`` or ``acr``; else ours. A token that says nothing is weak."""
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"second_factor": False}, STRONG, "/login/enrol"),
        ({"second_factor": True}, {"amr": ["pwd"]}, "/login/enrol"),
        ({"second_factor": True}, {"amr": None, "acr": "gold"}, "/login/enrol"),
        ({"second_factor": True, "acr": ("gold",)}, {"amr": None, "acr": "gold"}, "/"),
        ({"second_factor": True}, STRONG, "/"),
    ]
    for settings, person, goal in cases:
        also(seats.hub, **settings)
        rogue.person.update(person)
        browser.http.cookie_jar.clear()
        assert (await browser.log_in()).goal == goal, (settings, person)
    browser.http.cookie_jar.clear()
    async with seats.hub.store.transaction() as connection:
        await connection.execute("INSERT INTO factors (user_id, kind, name, created_at, key) SELECT id, 'totp', 'x', now(), '' FROM users")
    also(seats.hub, second_factor=False)
    assert (await browser.log_in("/login/oidc?next=/alarms")).goal.startswith("/login/second")
    async with seats.hub.store.connection() as connection:
        assert {one.stage for one in await sessions.of_user(connection, 1, seats.hub.now())} >= {sessions.Stage.PASSWORD}
    assert (await browser.get("/")).goal == "/login/second"


async def test_roles_given_at_the_console(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Without rules in the settings the provider says who somebody is; an administrator links them to a user, whose role it is."""
    also(seats.hub, roles=())
    answer = await browser.log_in()
    assert (answer.status, "4711" in answer.words) == (403, True)
    async with seats.hub.store.transaction() as connection:
        town = await tenants.partner(connection, "kleinheim")
        assert town is not None
        user = await people.add_user(connection, "karl", Role.PARTNER_VIEWER, town.id)
        await identities.link(connection, user, rogue.issuer, "4711", seats.hub.now())
    assert (await browser.log_in()).goal == "/"
    assert "karl" in (await browser.get("/")).words


async def test_answers_of_others(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Another browser's answer, one that comes twice, and one that nobody asked for open nothing; each is used up."""
    rogue.person["groups"] = ["wlan-kleinheim"]
    other = Browser(seats)
    async with other.http:
        theirs = await other.there()
        await browser.there()
        for address in (theirs, "/login/oidc/callback", "/login/oidc/callback?code=x&state=y"):
            answer = await browser.get(address)
            assert (answer.status, "begin again" in answer.words, browser.cookies()) == (400, True, {})
        assert (await other.get(theirs)).status == 303
        other.http.cookie_jar.clear()
        assert (await other.get(theirs)).status == 400


async def test_the_provider_is_away(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """A clear page; local accounts go on. What it says itself is said in our words."""
    rogue.broken["/.well-known/openid-configuration"] = (500, b"")
    answer = await browser.get("/login/oidc")
    assert (answer.status, "does not answer" in answer.words, answer.headers["Retry-After"]) == (503, True, "30")
    assert (await browser.get("/login")).status == 200
    rogue.broken.clear()
    also(seats.hub)
    rogue.answer = {"code": "", "error": "<script>access_denied"}
    answer = await browser.log_in()
    assert (answer.status, "Nobody was logged in" in answer.words, "<script>access" in answer.text) == (401, True, False)


async def test_hostile_people(seats: Seats, rogue: Rogue, browser: Browser) -> None:
    """Names full of HTML, control characters and 10,000 letters become users that harm nothing."""
    rogue.person.update(
        preferred_username="../<b>Ä\x00ß?" * 1_000,
        name="<script>alert(1)</script>\x1b[31m" + "x" * 10_000,
        email="a b@x",
        groups=["wlan-kleinheim"],
    )
    assert (await browser.log_in()).goal == "/"
    async with seats.hub.store.connection() as connection:
        user = (await people.users(connection, None, "", 10))[0]
    assert user.name == "b-a-ss-b-a-ss-b-a-ss-b-a-ss-b-a-ss-b-a-s"
    assert (len(user.full_name), user.full_name.startswith("<script>alert(1)</script> [31m"), user.email) == (200, True, "")
    page = await browser.get("/")
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text


async def test_without_a_provider(seats: Seats) -> None:
    """There is no such page, and nothing leads to it."""
    assert (await seats.stranger.get("/login/oidc")).status == 404
    assert (await seats.stranger.get("/login/oidc/callback?code=x")).status == 404
    assert "oidc" not in (await seats.stranger.get("/login")).text
