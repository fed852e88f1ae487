"""The second step of a login over HTTP: codes once, nothing with half a session, another secret at each step, and setting one up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from ipaddress import ip_network

import pyotp
import pytest
from aiohttp import ClientSession, DummyCookieJar
from msgspec import structs
from multidict import CIMultiDict

from hotspot.hub import logins, passwords
from hotspot.hub.access import Role
from hotspot.hub.console.table import PAGES
from hotspot.hub.factors import codes
from hotspot.hub.hub import Hub
from hotspot.hub.store import factors, people, sessions, tenants
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed
from tests.hub.console.conftest import Answer, Seat, Seats, secret_of
from tests.hub.wrong_codes import wrong_code

pytestmark = pytest.mark.hub
PASSWORD = "ein langes Kennwort"
KEY = b"twenty bytes of key!"
RECOVERY = "k7f3-9qxm-2h4p-r8wd"


@pytest.fixture
async def seats(hub: Hub, base: str) -> AsyncIterator[Seats]:
    """Nothing keeps cookies here but the tests themselves."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        yield Seats(hub, base, http)


async def given(hub: Hub, name: str, role: Role = Role.HOST_ADMIN, *, app: bool = True) -> None:
    """A user with ``PASSWORD``, and with an app and one recovery code."""
    async with hub.store.transaction() as connection:
        partner = await tenants.partner(connection, "kleinheim") if role.of_partner else None
        user = await people.add_user(connection, name, role, partner.id if partner else None)
        await people.set_password(connection, user, await passwords.hashed(PASSWORD))
        if app:
            await factors.add_app(connection, user, "", KEY, 0, hub.now())
            await factors.give_codes(connection, user, [codes.hashed(RECOVERY)], hub.now())


def code_at(moment: datetime, key: bytes = KEY) -> str:
    """What the app shows then."""
    return pyotp.TOTP(codes.text_key(key)).at(moment)


def secret_in(answer: Answer) -> str:
    """Of the session that an answer gives; "": none."""
    cookies = CIMultiDict(answer.headers).getall("Set-Cookie", [])
    return next((one.removeprefix("session=").partition(";")[0] for one in cookies if one.startswith("session=hss_")), "")


async def with_password(seats: Seats, name: str, password: str = PASSWORD) -> tuple[Answer, Seat]:
    """The first step, and the seat after it."""
    answer = await seats.stranger.post("/login", {"name": name, "password": password, "next": "/account?a=b"})
    return answer, Seat(seats.http, seats.base, secret_in(answer))


def stopped(hub: Hub) -> Callable[[float], datetime]:
    """Time stands still; the function moves it on by seconds and says what it is."""
    at = [hub.now()]
    hub.now = lambda: at[0]

    def go(seconds: float) -> datetime:
        at[0] += timedelta(seconds=seconds)
        return at[0]

    return go


async def test_password_then_code(seats: Seats, hub: Hub) -> None:
    """Each step has a secret of its own that the one before is worth nothing after, and leads to where they wanted to go."""
    await given(hub, "anna")
    answer, half = await with_password(seats, "anna")
    assert (answer.status, answer.goal) == (303, "/login/second?next=/account%3Fa%3Db")
    page = await half.get(answer.goal)
    assert (page.status, "Code of your app" in page.words, 'value="/account?a=b"' in page.text) == (200, True, True)
    done = await half.post("/login/second", {"code": code_at(hub.now()), "next": "/account?a=b"})
    assert (done.status, done.goal) == (303, "/account?a=b")
    full = Seat(seats.http, seats.base, secret_in(done))
    assert full.secret not in ("", half.secret)
    assert ((await full.get("/account")).status, (await half.get("/account")).goal) == (200, "/login?next=/account")
    flags = done.headers["Set-Cookie"].split("; ")[1:]
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Lax"]


async def test_over_tls_the_cookie_is_for_this_host_alone(seats: Seats, hub: Hub) -> None:
    """Behind a proxy of ours that speaks TLS: ``__Host-`` and ``Secure``."""
    await given(hub, "anna")
    hub.settings = structs.replace(hub.settings, proxies=(ip_network("127.0.0.0/8"),))
    headers = {"Origin": seats.base, "X-Forwarded-Proto": "https"}
    form = {"name": "anna", "password": PASSWORD}
    async with seats.http.post(f"{seats.base}/login", data=form, headers=headers, allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"]
    assert (cookie[:16], sorted(cookie.split("; ")[1:])) == ("__Host-session=h", ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"])


async def test_a_secret_that_was_planted_is_worth_nothing(seats: Seats, hub: Hub) -> None:
    """Session fixation: whoever knows the secret of before a login has nothing after it; the session of before is over."""
    await given(hub, "anna")
    await given(hub, "karl")
    planted = Seat(seats.http, seats.base, await secret_of(hub, "karl", Role.HOST_ADMIN))
    answer = await planted.post("/login", {"name": "anna", "password": PASSWORD})
    fresh = secret_in(answer)
    assert fresh not in ("", planted.secret)
    assert (await planted.get("/account")).goal == "/login?next=/account"
    unknown = Seat(seats.http, seats.base, "hss_" + "x" * 43)
    assert secret_in(await unknown.post("/login", {"name": "anna", "password": PASSWORD})) not in ("", unknown.secret)


async def test_half_a_session_can_do_nothing(seats: Seats, hub: Hub) -> None:
    """Every page leads whoever has shown the password only to the step that is theirs; they cannot set up another factor instead."""
    await given(hub, "anna")
    await given(hub, "otto", app=False)
    for name, stage, goal in (("anna", Stage.PASSWORD, "/login/second"), ("otto", Stage.ENROL, "/login/enrol")):
        seat = Seat(seats.http, seats.base, await secret_of(hub, name, Role.HOST_ADMIN, stage=stage))
        looked = 0
        for page in PAGES:
            if page.stage is Stage.FULL:
                path = page.path.replace("{", "").replace("}", "")
                answer = await (seat.get if page.method == "GET" else seat.post)(path)
                assert (answer.status, answer.goal) == (303, goal), page.name
                looked += 1
        assert looked > 20
        other = "/login/enrol" if stage is Stage.PASSWORD else "/login/second"
        assert [(await seat.get(other)).goal, (await seat.post(other, {"code": code_at(hub.now())})).goal] == [goal, goal]
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM factors") == 1


async def test_a_code_works_once(seats: Seats, hub: Hub) -> None:
    """Neither the same code nor an older one gets anybody in again; the next one does."""
    await given(hub, "anna")
    go = stopped(hub)
    now = go(0)

    async def tried(code: str) -> int:
        _, half = await with_password(seats, "anna")
        return (await half.post("/login/second", {"code": code})).status

    assert await tried(code_at(now)) == 303
    assert [await tried(code_at(now)), await tried(code_at(now - timedelta(seconds=30)))] == [401, 401]
    assert await tried(code_at(now + timedelta(seconds=30))) == 303
    later = go(600)
    stale = [code_at(later + timedelta(seconds=seconds)) for seconds in (-60, 60, -600)]
    assert [await tried(code) for code in stale] == [401, 401, 401]


async def test_a_code_at_the_same_time_works_once(seats: Seats, hub: Hub) -> None:
    """Five half sessions of one user, one code, one moment: one gets in."""
    await given(hub, "anna")
    stopped(hub)
    halves = [Seat(seats.http, seats.base, await secret_of(hub, "anna", Role.HOST_ADMIN, stage=Stage.PASSWORD)) for _ in range(5)]
    answers = await asyncio.gather(*(half.post("/login/second", {"code": code_at(hub.now())}) for half in halves))
    assert sorted(answer.status for answer in answers) == [303, 401, 401, 401, 401]


async def test_one_half_session_becomes_one_session(seats: Seats, hub: Hub) -> None:
    """Two recovery codes at the same time from the same half session: it is used up by the first."""
    await given(hub, "anna")
    async with hub.store.transaction() as connection:
        user = await people.user(connection, "anna")
        assert user is not None
        await factors.give_codes(connection, user.id, [codes.hashed("one"), codes.hashed("two")], hub.now())
    _, half = await with_password(seats, "anna")
    answers = await asyncio.gather(*(half.post("/login/second", {"recovery": code}) for code in ("one", "two")))
    assert sorted(answer.status for answer in answers) in ([303, 303], [303, 401])
    async with hub.store.connection() as connection:
        assert len(await sessions.of_user(connection, user.id, hub.now())) == 1


async def test_a_recovery_code_works_once_however_it_is_written(seats: Seats, hub: Hub) -> None:
    """With capitals, without dashes, O for 0; how many are left is said."""
    await given(hub, "anna")
    _, half = await with_password(seats, "anna")
    done = await half.post("/login/second", {"recovery": " K7F3 9QXM 2h4p r8wd "})
    assert done.status == 303
    full = Seat(seats.http, seats.base, secret_in(done))
    assert "You have 0 recovery codes" in (await full.get("/account")).words
    _, half = await with_password(seats, "anna")
    again = await half.post("/login/second", {"recovery": RECOVERY})
    assert (again.status, RECOVERY in again.text) == (401, True)
    assert "That is not one of your recovery codes, or you have used it before." in again.words


async def test_guessing_codes_is_slow_and_keeps_nobody_out(seats: Seats, hub: Hub) -> None:
    """After five wrong codes there is a wait, longer each time, also from a new half session; it is in the audit log."""
    await given(hub, "anna")
    go = stopped(hub)
    _, half = await with_password(seats, "anna")
    wrong = [(await half.post("/login/second", {"code": wrong_code(KEY, hub.now())})).status for _ in range(6)]
    assert wrong == [401] * logins.FREE + [429]
    _, other = await with_password(seats, "anna")
    assert (await other.post("/login/second", {"code": code_at(hub.now())})).status == 429
    go(2)
    assert (await other.post("/login/second", {"code": code_at(hub.now())})).status == 303
    async with hub.store.connection() as connection:
        slowed = await connection.fetch("SELECT subject, detail FROM audit WHERE action = 'user.login_slowed'")
    assert [(row["subject"], row["detail"]) for row in slowed] == [("anna", {"at": "second factor", "failures": 5})]


async def test_guesses_without_the_password_do_not_slow_down_codes(seats: Seats, hub: Hub) -> None:
    """Wrong passwords and wrong codes are counted apart: somebody who does not know the password cannot touch the codes of whoever does."""
    await given(hub, "anna")
    half = Seat(seats.http, seats.base, await secret_of(hub, "anna", Role.HOST_ADMIN, stage=Stage.PASSWORD))
    for _ in range(7):
        await with_password(seats, "anna", "a wrong password")
    for name in ("code of anna", "\\0code of anna"):
        await seats.stranger.post("/login", {"name": name, "password": "x"})
    assert (await half.post("/login/second", {"code": code_at(hub.now())})).status == 303


async def test_the_right_password_alone_makes_nobody_known(seats: Seats, hub: Hub) -> None:
    """A source is trusted after both steps, not after the first."""
    await given(hub, "anna")
    await with_password(seats, "anna")
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM login_attempts WHERE succeeded_at IS NOT NULL") == 0
    _, half = await with_password(seats, "anna")
    await half.post("/login/second", {"code": code_at(hub.now())})
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM login_attempts WHERE succeeded_at IS NOT NULL") == 2


async def test_whoever_needs_one_sets_it_up(seats: Seats, hub: Hub) -> None:
    """An operator without a factor: the key stays the same until a code was right, recovery codes are shown once, others' half sessions of
    theirs are over."""
    await given(hub, "otto", Role.HOST_OPERATOR, app=False)
    answer, half = await with_password(seats, "otto")
    stolen = Seat(seats.http, seats.base, await secret_of(hub, "otto", Role.HOST_OPERATOR, stage=Stage.ENROL))
    assert answer.goal == "/login/enrol?next=/account%3Fa%3Db"
    page = await half.get(answer.goal)
    async with hub.store.connection() as connection:
        key = await connection.fetchval("SELECT new_key FROM console_sessions WHERE secret_hash = $1", hashed(half.secret))
    assert codes.text_key(key) in page.words.replace(" ", "")
    code = wrong_code(key, hub.now())
    typed = f"{code[:2]} {code[2:4]} {code[4:]}"
    wrong = await half.post("/login/enrol", {"code": typed})
    assert (wrong.status, codes.text_key(key) in wrong.words.replace(" ", ""), f'value="{typed}"' in wrong.text) == (400, True, True)
    done = await half.post("/login/enrol", {"code": code_at(hub.now(), key), "next": "/account"})
    shown = [word for word in done.words.split() if len(word) == 19 and word.count("-") == 3]
    assert (done.status, len(set(shown))) == (200, codes.HOW_MANY)
    full = Seat(seats.http, seats.base, secret_in(done))
    assert ((await full.get("/account")).status, (await half.get("/account")).goal) == (200, "/login?next=/account")
    assert (await stolen.get("/login/enrol")).goal == "/login?next=/login/enrol"
    _, again = await with_password(seats, "otto")
    assert (await again.post("/login/second", {"code": code_at(hub.now(), key)})).status == 401  # it was used for setting up
    assert (await again.post("/login/second", {"recovery": shown[3]})).status == 303


async def test_a_session_from_before_cannot_add_a_factor_to_one(seats: Seats, hub: Hub) -> None:
    """Somebody who knew the password before the factor was set up elsewhere is led back to the login."""
    await given(hub, "otto", Role.HOST_OPERATOR, app=False)
    _, half = await with_password(seats, "otto")
    async with hub.store.transaction() as connection:
        user = await people.user(connection, "otto")
        assert user is not None
        await factors.add_app(connection, user.id, "", KEY, 0, hub.now())
        key = await factors.new_key(connection, 1, KEY[::-1])
    assert key is not None
    answer = await half.post("/login/enrol", {"code": code_at(hub.now(), key)})
    assert (answer.goal, (await half.get("/login/enrol")).goal) == ("/login", "/login?next=/login/enrol")


async def test_a_town_may_do_without(seats: Seats, hub: Hub) -> None:
    """Their password is enough until they set up a factor."""
    async with hub.store.transaction() as connection:
        await tenants.add_partner(connection, "kleinheim", "Kleinheim", "")
    await given(hub, "karl", Role.PARTNER_VIEWER, app=False)
    await given(hub, "kira", Role.PARTNER_EDITOR)
    assert [(await with_password(seats, name))[0].goal for name in ("karl", "kira")] == [
        "/account?a=b",
        "/login/second?next=/account%3Fa%3Db",
    ]


async def test_sessions_end_by_themselves(seats: Seats, hub: Hub) -> None:
    """Half ones after ten minutes; whole ones after two hours without a request, and after twelve in any case."""
    await given(hub, "anna")
    await given(hub, "otto", app=False)
    go = stopped(hub)
    _, half = await with_password(seats, "anna")
    _, enrolling = await with_password(seats, "otto")
    _, used = await with_password(seats, "anna")
    full = Seat(seats.http, seats.base, secret_in(await used.post("/login/second", {"code": code_at(hub.now())})))
    go(599)
    assert ((await half.get("/login/second")).status, (await enrolling.get("/login/enrol")).status) == (200, 200)
    go(2)
    assert ((await half.get("/login/second")).status, (await enrolling.get("/login/enrol")).status) == (303, 200)
    go(1_200)
    assert ((await enrolling.get("/login/enrol")).status, (await full.get("/account")).status) == (303, 200)
    for _ in range(6):
        go(6_600)
        assert (await full.get("/account")).status == 200
    go(6_600)
    assert (await full.get("/account")).goal == "/login?next=/account"
    go(30)
    _, used = await with_password(seats, "anna")
    idle = Seat(seats.http, seats.base, secret_in(await used.post("/login/second", {"code": code_at(hub.now())})))
    go(7_201)
    assert (await idle.get("/account")).goal == "/login?next=/account"


async def test_names_that_nobody_has_take_as_long(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work is done for them, and the same is said; a second step is never offered before the password was right."""
    await given(hub, "anna")
    computed: list[str] = []
    verify = passwords.verified

    async def noted(stored: str, password: str) -> bool:
        computed.append(password)
        return await verify(stored, password)

    monkeypatch.setattr(passwords, "verified", noted)
    answers = [(await with_password(seats, name, "a wrong password"))[0] for name in ("anna", "nobody")]
    assert len(computed) == 2
    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].words.replace("anna", "") == answers[1].words.replace("nobody", "")


async def test_whoever_is_disabled_between_the_steps_is_out(seats: Seats, hub: Hub) -> None:
    """And so is whoever gets another password from the administrator."""
    await given(hub, "anna")
    admin = await seats.admin()
    for change in ("UPDATE users SET disabled_at = now() WHERE name = 'anna'", ""):
        _, half = await with_password(seats, "anna")
        async with hub.store.transaction() as connection:
            if change:
                await connection.execute(change)
            else:
                await connection.execute("DELETE FROM console_sessions WHERE secret_hash = $1", hashed(half.secret))
        assert (await half.post("/login/second", {"code": code_at(hub.now())})).goal in ("/login", "/login?next=/login/second")
        async with hub.store.transaction() as connection:
            await connection.execute("UPDATE users SET disabled_at = NULL WHERE name = 'anna'")
    assert (await admin.get("/account")).status == 200


@pytest.mark.parametrize(
    "answer", ["", "x", "{}", "[" * 9_000, '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}}', "\U0001f511" * 30_000]
)
async def test_answers_that_are_no_passkey(seats: Seats, hub: Hub, answer: str) -> None:
    """Whatever a browser sends as one is refused with a page, at both steps."""
    await given(hub, "anna")
    await given(hub, "otto", app=False)
    _, half = await with_password(seats, "anna")
    assert (await half.post("/login/second", {"credential": answer})).status == 401
    _, enrolling = await with_password(seats, "otto")
    await enrolling.get("/login/enrol")
    assert (await enrolling.post("/login/enrol", {"credential": answer})).status == 400


async def test_passkeys_are_of_the_hubs_own_address(seats: Seats, hub: Hub) -> None:
    """The browser is asked for one of ``url``, whatever address was typed."""
    await given(hub, "otto", app=False)
    _, half = await with_password(seats, "otto")
    assert '"id": "127.0.0.1"' in (await half.get("/login/enrol")).text
    hub.settings = structs.replace(hub.settings, url="https://hub.stadt.example:8700")
    assert '"id": "hub.stadt.example"' in (await half.get("/login/enrol")).text
