"""Second factors by the API and at the command line, sessions that staff end, and getting in again when everything is lost."""

from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from hotspot.hub import passwords, setup
from hotspot.hub.access import Role
from hotspot.hub.factors import codes
from hotspot.hub.hub import Hub
from hotspot.hub.store import factors, people, sessions
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed
from tests.hub.conftest import Api, token_of
from tests.hub.test_cli_hub import home, run, works
from tests.hub.wrong_codes import wrong_code

__all__ = ["home"]
pytestmark = pytest.mark.hub

GOOD = "Rote Rüben im Rathaus"
KEY = b"twenty bytes of key!"
WANTED = (401, "code_wanted")


async def given(hub: Hub, name: str, *, app: bool = True, role: Role = Role.HOST_ADMIN) -> int:
    """A user with a password, and with an app and one recovery code; returns the id."""
    async with hub.store.transaction() as connection:
        user = await people.add_user(connection, name, role, None)
        await people.set_password(connection, user, await passwords.hashed(GOOD))
        if app:
            await factors.add_app(connection, user, "", KEY, 0, hub.now())
            await factors.give_codes(connection, user, [codes.hashed("k7f3-9qxm-2h4p-r8wd")], hub.now())
    return user


async def seated(hub: Hub, user: int, secret: str, stage: Stage = Stage.FULL) -> None:
    """A session at the console."""
    async with hub.store.transaction() as connection:
        await sessions.begin(connection, user, hashed(secret), stage, "Firefox, Linux", hub.now())


def shown(hub: Hub) -> str:
    """What the app shows now."""
    return pyotp.TOTP(codes.text_key(KEY)).at(hub.now())


async def login(api: Api, name: str, password: str = GOOD, code: str | None = None) -> tuple[int, str]:
    """Status, and the token or the code of what was wrong."""
    body = {"name": name, "password": password} | ({} if code is None else {"code": code})
    status, answer = await api.as_("")("POST", "/login", body)
    return status, answer.get("token") or answer["code"]


async def test_a_login_of_the_host_needs_a_code(api: Api, hub: Hub) -> None:
    """Without one the answer says what is missing, with the password right only; each code works once."""
    await given(hub, "anna")
    assert [await login(api, "anna"), await login(api, "anna", code=""), await login(api, "anna", "wrong")] == [
        WANTED, WANTED, (401, "unauthorized"),
    ]  # fmt: skip
    code = shown(hub)
    assert await login(api, "anna", "wrong", code) == (401, "unauthorized")
    status, token = await login(api, "anna", code=f"{code[:3]} {code[3:]}")
    assert (status, (await api.as_(token)("GET", "/me"))[1]["user"]) == (200, "anna")
    assert await login(api, "anna", code=code) == (401, "unauthorized")
    assert (await login(api, "anna", code="K7F3 9QXM 2H4P R8WD"))[0] == 200
    assert await login(api, "anna", code="K7F3 9QXM 2H4P R8WD") == (401, "unauthorized")
    logged = (await api("GET", "/audit", action="user.login"))[1]["entries"]
    assert [one["detail"] for one in logged] == [{"at": "api", "by": "recovery"}, {"at": "api", "by": "totp"}]


async def test_without_a_factor_the_console_comes_first(api: Api, hub: Hub) -> None:
    """Only the right password is told so."""
    await given(hub, "otto", app=False, role=Role.HOST_OPERATOR)
    status, problem = await api.as_("")("POST", "/login", {"name": "otto", "password": GOOD, "code": "123456"})
    assert (status, problem["detail"][:51]) == (403, "role host-operator needs a second factor: log in at")
    assert await login(api, "otto", "wrong") == (401, "unauthorized")


async def test_codes_are_guessed_slowly(api: Api, hub: Hub) -> None:
    """As passwords are; and the API counts together with the console."""
    await given(hub, "anna")
    now = hub.now()
    hub.now = lambda: now
    tries = [await login(api, "anna", code=wrong_code(KEY, now)) for _ in range(6)]
    assert tries == [(401, "unauthorized")] * 5 + [(429, "too_many")]
    assert await login(api, "anna", code=shown(hub)) == (429, "too_many")
    now += timedelta(seconds=2)
    assert (await login(api, "anna", code=shown(hub)))[0] == 200


async def test_at_the_command_line(api: Api, hub: Hub, home: Path) -> None:
    """The code is asked for where it is wanted; a wrong one and none at all end with words."""
    await given(hub, "anna")
    wrong = await run("login", api.base, "--user", "anna", typed=f"{GOOD}\n{wrong_code(KEY, hub.now())}\n")
    assert (wrong.exit_code, wrong.stderr) == (
        1, "cannot log in: code: expected the one that your app shows now, or a recovery code that was never used\n",
    )  # fmt: skip
    none = await run("login", api.base, "--user", "anna", typed=f"{GOOD}\n")
    assert none.stderr == "cannot log in: code: expected the one that your authenticator app shows, or a recovery code\n"
    assert (await works("login", api.base, "--user", "anna", typed=f"{GOOD}\n{shown(hub)}\n")).startswith("logged in as anna")
    karl = await given(hub, "karl")
    await seated(hub, karl, "one")
    listed = await works("user", "sessions", "karl")
    assert "Firefox, Linux" in listed
    assert await works("user", "sessions", "karl", "--end") == "sessions  1\nlogins    0\n"
    assert await works("user", "sessions", "karl") == "there are no sessions\n"
    assert await works("user", "reset-factors", "karl") == "factors   1\nsessions  0\nlogins    0\n"


async def test_sessions_are_listed_and_ended(api: Api, hub: Hub) -> None:
    """One's own by oneself, anybody's by the administrator; logins at the command line end with them."""
    anna = await given(hub, "anna")
    mine = api.as_((await login(api, "anna", code=shown(hub)))[1])
    await seated(hub, anna, "one")
    await seated(hub, anna, "two", Stage.PASSWORD)
    status, listed = await mine("GET", "/me/sessions")
    assert (status, [(one["client"], one["full"], one["this"]) for one in listed]) == (
        200, [("Firefox, Linux", False, False), ("Firefox, Linux", True, False)],
    )  # fmt: skip
    assert (await api("GET", "/users/anna/sessions"))[1] == listed
    assert (await mine("DELETE", f"/me/sessions/{listed[0]['id']}"))[0] == 204
    assert (await mine("DELETE", f"/me/sessions/{listed[0]['id']}"))[0] == 404
    assert await mine("DELETE", "/me/sessions") == (200, {"sessions": 1, "logins": 0})
    assert (await mine("GET", "/me"))[0] == 200
    await seated(hub, anna, "three")
    assert await api("DELETE", "/users/anna/sessions") == (200, {"sessions": 1, "logins": 1})
    assert ((await mine("GET", "/me"))[0], (await api("GET", "/users/anna/sessions"))[1]) == (401, [])
    assert (await api("DELETE", "/users/nobody/sessions"))[0] == 404


async def test_a_small_token_ends_nothing(api: Api, hub: Hub) -> None:
    """One that may only a part cannot throw its owner out."""
    _, made = await api("POST", "/me/tokens", {"name": "small", "permissions": ["see"]})
    small = api.as_(made["token"])
    assert [(await small("DELETE", "/me/sessions"))[0], (await small("DELETE", "/me/sessions/1"))[0]] == [403, 403]


async def test_the_administrator_resets_a_factor(api: Api, hub: Hub) -> None:
    """App, codes, sessions and logins are gone; the password leads to setting up another one, and to nothing else."""
    anna = await given(hub, "anna")
    mine = api.as_((await login(api, "anna", code=shown(hub)))[1])
    await seated(hub, anna, "one")
    assert (await api("GET", "/users/anna"))[1]["second_factor"] is True
    assert await api("DELETE", "/users/anna/factors") == (200, {"factors": 1, "sessions": 1, "logins": 1})
    assert ((await api("GET", "/users/anna"))[1]["second_factor"], (await mine("GET", "/me"))[0]) == (False, 401)
    assert await login(api, "anna", code="k7f3-9qxm-2h4p-r8wd") == (403, "forbidden")
    logged = (await api("GET", "/audit", action="user.factors_reset"))[1]["entries"]
    assert [(one["actor"], one["subject"], one["detail"]["factors"]) for one in logged] == [("user admin", "anna", 1)]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"role": "host-operator"}, 0),
        ({"disabled": True}, 0),
        ({"full_name": "Anna Neu"}, 1),
        ({"role": "host-admin"}, 1),
    ],
)
async def test_a_change_of_role_ends_sessions(api: Api, hub: Hub, change: dict[str, object], left: int) -> None:
    """At once; another name does not."""
    anna = await given(hub, "anna")
    await seated(hub, anna, "one")
    assert (await api("PATCH", "/users/anna", change))[0] == 200
    assert len((await api("GET", "/users/anna/sessions"))[1]) == left


async def test_a_given_password_ends_sessions(api: Api, hub: Hub) -> None:
    """And so does the end of a partner."""
    anna = await given(hub, "anna")
    await seated(hub, anna, "one")
    assert (await api("PUT", "/users/anna/password", {"password": "Blaue Birnen im Bauamt"}))[0] == 204
    assert (await api("GET", "/users/anna/sessions"))[1] == []
    assert (await api("POST", "/partners", {"name": "kleinheim", "title": "Kleinheim"}))[0] == 201
    await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim")
    async with hub.store.transaction() as connection:
        karl = await people.user(connection, "karl")
        assert karl is not None
    await seated(hub, karl.id, "two")
    assert (await api("POST", "/partners/kleinheim/leave", {"confirm": "kleinheim"}))[0] == 200
    assert (await api("GET", "/users/karl/sessions"))[1] == []


async def test_the_last_way_back_in(api: Api, hub: Hub) -> None:
    """``first-admin --forgotten`` takes away password, factors and sessions; the token gives a new password, and the console asks for a new
    factor."""
    anna = await given(hub, "anna")
    await seated(hub, anna, "one")
    made = await setup.first_admin(hub.store, "anna", 1, forgotten=True)
    again = api.as_(made["token"])
    user = (await again("GET", "/users/anna"))[1]
    assert (user["has_password"], user["second_factor"], (await again("GET", "/me/sessions"))[1]) == (False, False, [])
    assert (await again("PUT", "/users/anna/password", {"password": GOOD}))[0] == 204
    assert await login(api, "anna") == (403, "forbidden")
