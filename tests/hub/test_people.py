"""Users by the API: made, changed, disabled; and never without an administrator."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from hotspot.hub import hub as hubs
from hotspot.hub import setup
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store
from tests.hub.conftest import Api, token_of
from tests.hub.test_halls import without_moments

pytestmark = pytest.mark.hub

KARL = {"name": "karl", "role": "partner-editor", "partner": "kleinheim", "full_name": "Karl Klein", "email": "karl@kleinheim.example"}

NO_WAY_IN = {"has_password": False, "second_factor": False, "provider": False}


async def test_a_user_from_first_to_last(api: Api, hub: Hub) -> None:
    """Made, listed, changed, given a token, disabled: then nothing of theirs opens anything, and enabling brings no token back."""
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    status, user = await api("POST", "/users", KARL)
    assert (status, without_moments(user)) == (201, {**KARL, **NO_WAY_IN})
    assert (await api("POST", "/users", KARL))[0] == 409
    assert [one["name"] for one in (await api("GET", "/users"))[1]] == ["admin", "karl"]
    assert [one["name"] for one in (await api("GET", "/users", after="admin", limit="1"))[1]] == ["karl"]
    assert [one["name"] for one in (await api("GET", "/users", partner="kleinheim"))[1]] == ["karl"]
    status, made = await api("POST", "/users/karl/tokens", {"name": "script", "permissions": ["see"]})
    assert status == 201
    program = api.as_(made["token"])
    assert (await program("GET", "/partners"))[0] == 200
    status, user = await api("PATCH", "/users/karl", {"role": "host-operator", "full_name": "Karl Groß"})
    changed = {**KARL, "role": "host-operator", "partner": None, "full_name": "Karl Groß", **NO_WAY_IN}
    assert (status, without_moments(user)) == (200, changed)
    assert (await program("GET", "/me"))[1]["partner"] is None
    assert (await api("PATCH", "/users/karl", {"disabled": True}))[1]["disabled_at"] is not None
    assert ((await program("GET", "/me"))[0], (await api("POST", "/users/karl/tokens", {"name": "b", "permissions": ["see"]}))[0]) == (
        401,
        409,
    )
    assert (await api("PATCH", "/users/karl", {"disabled": False}))[1]["disabled_at"] is None
    assert ((await program("GET", "/me"))[0], (await api("GET", "/users/karl/tokens"))[1]) == (401, [])
    log = [(one["action"], one["partner"], one["detail"]) for one in (await api("GET", "/audit", action="user."))[1]["entries"]]
    assert log == [
        ("user.change", None, {"disabled": False}),
        ("user.change", None, {"disabled": True}),
        ("user.change", "kleinheim", {"role": "host-operator", "full_name": "changed"}),
        ("user.create", "kleinheim", {"role": "partner-editor"}),
    ]


async def test_role_and_partner_fit(api: Api) -> None:
    """A partner's role has a partner that takes part, a host's has none."""
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    cases = [
        ({**KARL, "partner": None}, 400, "partner = None: expected the name of a partner with role partner-editor"),
        ({**KARL, "role": "host-admin"}, 400, "partner = 'kleinheim': expected none with role host-admin"),
        ({**KARL, "partner": "nobody"}, 404, "partner = 'nobody': expected the name of a partner that takes part"),
    ]
    for body, status, detail in cases:
        found, problem = await api("POST", "/users", body)
        assert (found, problem["detail"]) == (status, detail)
    assert (await api("POST", "/users", KARL))[0] == 201
    assert (await api("PATCH", "/users/karl", {"partner": None}))[0] == 400
    assert (await api("PATCH", "/users/admin", {"partner": "kleinheim"}))[0] == 400


async def test_the_last_administrator_stays(api: Api, hub: Hub) -> None:
    """Neither disabled nor made something else, also when two do it to each other at the same time."""
    for body in ({"disabled": True}, {"role": "host-operator"}):
        status, problem = await api("PATCH", "/users/admin", body)
        assert (status, problem["detail"]) == (409, "user = 'admin': expected not the last administrator: make another one first")
    second = api.as_(await token_of(hub, "second", Role.HOST_ADMIN))
    both = await asyncio.gather(api("PATCH", "/users/second", {"disabled": True}), second("PATCH", "/users/admin", {"disabled": True}))
    assert sorted(status for status, _ in both) in ([200, 401], [200, 409])
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM users WHERE role = 'host-admin' AND disabled_at IS NULL") == 1


async def test_the_first_administrator(store: Store) -> None:
    """Made once; again only while nobody can get in: the token is lost, and no password was set."""
    with pytest.raises(ValueError, match="name = 'Root User': expected lower case letters"):
        await setup.first_admin(store, "Root User", 1)
    with pytest.raises(ValueError, match=r"name = 'hub': expected another one: this is the user of commands on the hub itself"):
        await setup.first_admin(store, "hub", 1)
    first = await setup.first_admin(store, "root", 1)
    assert first["token"].startswith("hst_")
    with pytest.raises(ValueError, match="root is an administrator who can log in"):
        await setup.first_admin(store, "another", 1)
    async with store.transaction() as connection:
        await connection.execute("UPDATE api_tokens SET revoked_at = now()")
    second = await setup.first_admin(store, "root", 1)
    assert second["token"] != first["token"]
    async with store.transaction() as connection:
        await connection.execute("UPDATE api_tokens SET revoked_at = now()")
        await connection.execute("UPDATE users SET password_hash = 'x'")
    with pytest.raises(ValueError, match="root is an administrator who can log in"):
        await setup.first_admin(store, "root", 1)
    with pytest.raises(ValueError, match="expected an administrator who has a password: root"):
        await setup.first_admin(store, "another", 1, forgotten=True)
    assert (await setup.first_admin(store, "root", 1, forgotten=True))["token"].startswith("hst_")
    async with store.connection() as connection:
        assert await connection.fetchval("SELECT password_hash FROM users") == ""
        log = await connection.fetch("SELECT detail FROM audit WHERE action = 'user.first_admin' ORDER BY id")
    assert [entry["detail"] for entry in log] == [{}, {}, {"forgotten": True}]


async def test_a_command_on_the_hub_itself(api: Api, hub: Hub) -> None:
    """It asks as a user of its own, for a quarter of an hour, which the audit log has; that is no administrator whom others could ask, so
    neither the first one waits for it nor the last one may go."""
    token = await setup.here(hub.store)
    status, me = await api.as_(token)("GET", "/me")
    assert (status, me["user"], me["role"]) == (200, "hub", "host-admin")
    later = hubs.now() + timedelta(minutes=setup.HERE_MINUTES)
    hub.now = lambda: later
    assert (await api.as_(token)("GET", "/me"))[0] == 401
    await setup.here(hub.store, later)
    async with hub.store.connection() as connection:
        count = await connection.fetchval("SELECT count(*) FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE u.name = 'hub'")
        assert (count, await connection.fetchval("SELECT count(*) FROM audit WHERE action = 'user.here'")) == (1, 2)
        await connection.execute("UPDATE api_tokens SET revoked_at = now() FROM users u WHERE u.id = user_id AND u.name = 'admin'")
    assert (await setup.first_admin(hub.store, "admin", 1))["user"] == "admin"


async def test_the_last_administrator_is_no_program(api: Api, hub: Hub) -> None:
    """The user of commands on the hub does not count as one who is left."""
    await setup.here(hub.store)
    status, problem = await api("PATCH", "/users/admin", {"disabled": True})
    assert (status, problem["code"]) == (409, "conflict")


async def test_a_person_of_that_name_is_left_alone(hub: Hub) -> None:
    """Whoever has a password, or another role, is nobody whose name commands borrow."""
    await token_of(hub, "hub", Role.HOST_OPERATOR)
    with pytest.raises(ValueError, match="user 'hub': expected nobody of that name"):
        await setup.here(hub.store)


def test_where_a_command_on_the_hub_asks() -> None:
    """By the loopback, unless the hub has a certificate: then by the name in it."""
    plain = Settings(database="postgresql:///hub", url="https://hub.stadt.example")
    assert setup.here_url(plain) == "http://127.0.0.1:8700"
    assert setup.here_url(structs.replace(plain, listen=(("0.0.0.0", 8701),))) == "http://127.0.0.1:8701"
    assert setup.here_url(structs.replace(plain, listen=(("::", 8701),))) == "http://[::1]:8701"
    assert setup.here_url(structs.replace(plain, certificate=Path("hub.pem"))) == "https://hub.stadt.example"
    with pytest.raises(ValueError, match="url is not in the settings"):
        setup.here_url(structs.replace(plain, certificate=Path("hub.pem"), url=""))


async def test_the_first_administrator_needs_tables(empty_database: str) -> None:
    """Without tables it says what to do."""
    async with Store(empty_database) as store:
        with pytest.raises(ValueError, match="the tables are not there yet: run 'hotspot hub migrate'"):
            await setup.first_admin(store, "root", 1)
