"""The console's door: who gets in, whose forms are taken, what every answer carries."""

import pytest

from hotspot.hub import passwords
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import people
from tests.hub.console.conftest import Seats, secret_of

pytestmark = pytest.mark.hub
PASSWORD = "ein langes Kennwort"


async def given(hub: Hub, name: str) -> None:
    """A user (made before) gets ``PASSWORD``."""
    async with hub.store.transaction() as connection:
        user = await people.user(connection, name)
        assert user is not None
        await people.set_password(connection, user.id, await passwords.hashed(PASSWORD))


async def test_strangers_are_led_to_the_login(seats: Seats) -> None:
    """And from there to where they wanted to go; nobody else's address is a goal."""
    answer = await seats.stranger.get("/settings/x?a=b")
    assert answer.status == 404
    answer = await seats.stranger.get("/")
    assert (answer.status, answer.goal) == (303, "/login")
    answer = await seats.stranger.get("/login?next=//evil.example/")
    assert (answer.status, 'value="/"' in answer.text) == (200, True)


async def test_a_form_of_another_site_is_refused(seats: Seats) -> None:
    """Without the token of this session, or from elsewhere."""
    admin = await seats.admin()
    assert (await admin.post("/logout", {"csrf": ""})).status == 403
    assert (await admin.get("/")).status == 200
    assert (await admin.post("/logout")).goal == "/login"
    assert (await admin.get("/")).goal == "/login"


async def test_every_answer_is_under_the_same_policy(seats: Seats) -> None:
    """Pages, refusals and redirects: nothing from elsewhere, nobody's frame, no copy in a cache."""
    admin = await seats.admin()
    for answer in (await admin.get("/"), await admin.get("/nowhere"), await seats.stranger.get("/"), await seats.stranger.get("/login")):
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_session_of_a_disabled_user_is_over(seats: Seats, hub: Hub) -> None:
    """At once."""
    secret = await secret_of(hub, "otto", Role.HOST_OPERATOR)
    seat = (await seats.admin()).__class__(seats.http, seats.base, secret)
    assert (await seat.get("/")).status == 200
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE users SET disabled_at = now() WHERE name = 'otto'")
    assert (await seat.get("/")).goal == "/login"
