"""Users at the console: who may, what can be done, what comes back when something is wrong, and hostile names."""

import re
from datetime import timedelta

import msgspec
import pytest

from hotspot.hub import passwords
from hotspot.hub.access import ALLOWED, Permission, Role
from hotspot.hub.api import metrics
from hotspot.hub.api.table import ALL
from hotspot.hub.console import who_may
from hotspot.hub.hub import Hub
from hotspot.hub.oidc.settings import OpenId
from hotspot.hub.store import identities, people, sessions, tenants
from tests.hub.conftest import token_of
from tests.hub.console.conftest import Seat, Seats, secret_of
from tests.hub.test_access import TABLE

pytestmark = pytest.mark.hub
KARL = {"name": "k.klein", "full_name": "Karl Klein", "email": "karl@kleinheim.example", "role": "partner-editor", "partner": "kleinheim"}
LONG = "x" * 10_000


@pytest.fixture
async def admin(seats: Seats) -> Seat:
    """The administrator, in a city with one town."""
    async with seats.hub.store.transaction() as connection:
        await tenants.add_partner(connection, "kleinheim", "Gemeinde Kleinheim", "")
    return await seats.admin()


async def user(hub: Hub, name: str) -> people.User | None:
    """As the database has it."""
    async with hub.store.connection() as connection:
        return await people.user(connection, name)


async def test_only_for_administrators(seats: Seats, admin: Seat) -> None:
    """Nobody else sees the pages or changes anything."""
    others = [await seats("otto", Role.HOST_OPERATOR), await seats("erna", Role.PARTNER_EDITOR, "kleinheim")]
    others.append(await seats("vera", Role.PARTNER_VIEWER, "kleinheim"))
    for seat in others:
        for path in ("/users", "/users/new", "/users/roles", "/users/name/otto", "/users/name/otto/end/disable"):
            assert (await seat.get(path)).status == 403, path
        for path in (
            "/users/new",
            "/users/name/otto",
            "/users/name/otto/password",
            "/users/name/otto/end/disable",
            "/users/name/otto/enable",
        ):
            assert (await seat.post(path, {**KARL, "way": "make", "sure": "yes"})).status == 403, path
        assert 'href="/users"' not in (await seat.get("/account")).text
    assert 'href="/users"' in (await admin.get("/account")).text


async def test_a_user_from_first_to_last(seats: Seats, admin: Seat) -> None:
    """Made with a password that is shown once, found, changed, given another password, disabled and enabled."""
    made = await admin.post("/users/new", {**KARL, "way": "make"})
    assert made.status == 200
    password = re.search(r'<code class="secret" id="password">([a-z0-9-]{19})</code>', made.text)
    assert password is not None
    async with seats.hub.store.connection() as connection:
        assert await passwords.verified(await people.password_hash(connection, "k.klein"), password[1])
    page = await admin.get("/users?search=KARL&role=partner-editor&partner=kleinheim")
    assert all(words in page.words for words in ("k.klein", "Karl Klein", "Editor of the town", "Gemeinde Kleinheim", "never", "active"))
    assert "console-admin" not in page.words.partition("User name")[2]
    assert "Nobody fits." in (await admin.get("/users?search=nobody")).words
    page = await admin.get("/users/name/k.klein")
    assert all(words in page.text for words in ('value="Karl Klein"', 'value="karl@kleinheim.example"', 'value="kleinheim" selected'))
    changed = {"full_name": "Karl Groß", "email": "", "role": "host-operator", "partner": ""}
    answer = await admin.post("/users/name/k.klein", changed)
    assert (answer.status, answer.goal) == (303, "/users/name/k.klein")
    found = await user(seats.hub, "k.klein")
    assert found is not None and (found.full_name, found.email, found.role, found.partner) == ("Karl Groß", "", Role.HOST_OPERATOR, None)
    answer = await admin.post("/users/name/k.klein/password", {"way": "type", "password": "ein anderes Kennwort"})
    assert answer.goal == "/users/name/k.klein"
    async with seats.hub.store.connection() as connection:
        assert await passwords.verified(await people.password_hash(connection, "k.klein"), "ein anderes Kennwort")
    assert (await admin.post("/users/name/k.klein/end/disable", {"sure": "yes"})).goal == "/users/name/k.klein"
    assert "disabled" in (await admin.get("/users?search=k.klein")).words
    assert (await admin.post("/users/name/k.klein/enable")).goal == "/users/name/k.klein"
    found = await user(seats.hub, "k.klein")
    assert found is not None and found.disabled_at is None


FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "name": ({"name": "Karl Klein"}, "small letters"),
    "full_name": ({"full_name": "x" * 201}, "at most 200 letters"),
    "email": ({"email": "karl"}, "no e-mail address"),
    "role": ({"role": "king"}, "choose a role"),
    "partner": ({"partner": ""}, "choose which"),
    "town of the city": ({"role": "host-admin"}, "choose no town"),
    "left town": ({"partner": "fort"}, "That cannot be stored"),
    "password": ({"way": "type", "password": "kurz"}, "12 to 200"),
    "made of the name": ({"way": "type", "password": "k.klein12345"}, "must not be made of the user name"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_typed_is_lost(seats: Seats, admin: Seat, fault: str) -> None:
    """What is wrong stands at its field, everything else stays, and nobody is made."""
    changed, words = FAULTS[fault]
    given = {**KARL, "way": "make", **changed}
    page = await admin.post("/users/new", given)
    assert (page.status, words in page.words, 'aria-invalid="true"' in page.text) == (400, True, True), page.words
    for name in ("name", "full_name", "email"):
        assert f'value="{given[name]}"' in page.text
    assert "password" not in given or given["password"] not in page.text
    assert await user(seats.hub, given["name"]) is None


async def test_a_name_that_is_taken(admin: Seat) -> None:
    """Is said at the field."""
    await admin.post("/users/new", {**KARL, "way": "none"})
    page = await admin.post("/users/new", {**KARL, "way": "none"})
    assert (page.status, "There is a user of that name already." in page.words) == (409, True)


async def test_the_last_administrator(seats: Seats, admin: Seat) -> None:
    """Is neither disabled nor made something else."""
    for path, fields in (
        ("/users/name/console-admin/end/disable", {"sure": "yes"}),
        ("/users/name/console-admin", {"role": "host-operator"}),
    ):
        page = await admin.post(path, fields)
        assert (page.status, "last administrator" in page.words) == (409, True)
    found = await user(seats.hub, "console-admin")
    assert found is not None and (found.role, found.disabled_at) == (Role.HOST_ADMIN, None)


async def test_what_ends_is_asked_for(seats: Seats, admin: Seat) -> None:
    """Each on a page that says what happens, with a box to tick: without it nothing happens."""
    hub = seats.hub
    await admin.post("/users/new", {**KARL, "way": "none"})
    karl = await user(hub, "k.klein")
    assert karl is not None
    await secret_of(hub, "k.klein", Role.PARTNER_EDITOR)
    async with hub.store.transaction() as connection:
        await connection.execute("INSERT INTO factors (user_id, kind, name, created_at, key) VALUES ($1, 'totp', '', now(), '')", karl.id)
        await identities.link(connection, karl.id, "https://login.example", "4711", hub.now())
        until = hub.now() + timedelta(days=365)
        await people.add_token(connection, karl.id, "ein Programm", b"x" * 32, frozenset({Permission.SEE}), until)
    page = await admin.get("/users/name/k.klein")
    assert all(words in page.words for words in ("ein Programm", "Firefox, Linux", "4711", "set up"))

    async def left() -> tuple[int, bool, bool, int]:
        found = await user(hub, "k.klein")
        assert found is not None
        async with hub.store.connection() as connection:
            open_ = await sessions.of_user(connection, found.id, hub.now())
            return len(open_), found.second_factor, found.provider, len(await people.tokens(connection, found.id, hub.now()))

    assert await left() == (1, True, True, 1)
    steps = [
        ("end/sessions", "All sessions", (0, True, True, 1)),
        ("end/factors", "recovery codes", (0, False, True, 1)),
        ("end/unlink", "account of the city", (0, False, False, 1)),
        ("tokens/ein%20Programm", "new token", (0, False, False, 0)),
        ("end/disable", "can no longer log in", (0, False, False, 0)),
    ]
    for path, words, after in steps:
        address = f"/users/name/k.klein/{path}"
        assert words in (await admin.get(address)).words
        before = await left()
        page = await admin.post(address)
        assert (page.status, "tick the box" in page.words, await left()) == (400, True, before)
        assert (await admin.post(address, {"sure": "yes"})).goal == "/users/name/k.klein"
        assert await left() == after
    assert (await admin.get("/users/name/k.klein/end/everything")).status == 404
    assert (await admin.get("/users/name/k.klein/tokens/none")).status == 404
    assert (await admin.get("/users/name/nobody")).status == 404


async def test_the_account_of_the_city(seats: Seats, admin: Seat) -> None:
    """A user is linked to somebody at the provider, new or later; nobody is linked twice; without a provider there is no such page."""
    hub = seats.hub
    assert "account of the city" not in (await admin.get("/users/new")).words
    assert (await admin.get("/users/name/console-admin/provider")).status == 404
    issuer = "https://login.example"
    hub.settings = msgspec.structs.replace(hub.settings, oidc=OpenId(issuer=issuer, client_id="hub", callback=""))
    assert (await admin.post("/users/new", {**KARL, "way": "provider", "subject": ""})).status == 400
    assert (await admin.post("/users/new", {**KARL, "way": "provider", "subject": "4711"})).goal == "/users/name/k.klein"
    async with hub.store.connection() as connection:
        assert await identities.user_with(connection, issuer, "4711") == "k.klein"
    again = await admin.post("/users/new", {**KARL, "name": "other", "way": "provider", "subject": "4711"})
    assert again.goal == "/users/name/other/provider"
    for subject, status in (("4711", 409), ("", 400), ("a\nb", 400), (LONG, 400)):
        assert (await admin.post("/users/name/other/provider", {"subject": subject})).status == status
    assert (await admin.post("/users/name/other/provider", {"subject": "4712"})).goal == "/users/name/other"


async def test_a_town_that_has_left(seats: Seats, admin: Seat) -> None:
    """Its people cannot be enabled; their page still says where they belong."""
    hub = seats.hub
    await admin.post("/users/new", {**KARL, "way": "none"})
    async with hub.store.transaction() as connection:
        town = await tenants.partner(connection, "kleinheim")
        assert town is not None
        await tenants.leave(connection, town.id, hub.now())
        await connection.execute("UPDATE users SET disabled_at = now() WHERE name = 'k.klein'")
    assert "Gemeinde Kleinheim" in (await admin.get("/users/name/k.klein")).words
    page = await admin.post("/users/name/k.klein/enable")
    assert (page.status, "does not take part any more" in page.words) == (409, True)


async def test_hostile_names(seats: Seats, admin: Seat) -> None:
    """HTML and 10,000 letters are shown as what they are, or refused."""
    name = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    await admin.post("/users/new", {**KARL, "full_name": name, "way": "none"})
    for path in ("/users", "/users/name/k.klein", "/users/name/k.klein/end/disable", "/audit"):
        page = await admin.get(path)
        assert page.status == 200
        assert "<img src=x" not in page.text
    assert name in (await admin.get("/users")).words
    for field in KARL:
        page = await admin.post("/users/new", {**KARL, "name": "other", field: LONG, "way": "none"})
        assert page.status == 400
    for query in (f"search={LONG}", "search=%25_", "search=%00", "role=king", "partner=%3Cb%3E", "after=%27"):
        assert (await admin.get(f"/users?{query}")).status in (200, 400), query
    assert await user(seats.hub, "other") is None


async def test_many_users(seats: Seats, admin: Seat) -> None:
    """A hundred at a time, with the filter kept."""
    async with seats.hub.store.transaction() as connection:
        for number in range(120):
            await people.add_user(connection, f"m{number:03}", Role.HOST_OPERATOR, None)
    page = await admin.get("/users?role=host-operator&search=m")
    assert ("m099" in page.words, "m100" in page.words) == (True, False)
    following = re.search(r'href="(/users\?[^"]+after=m099[^"]*)"', page.text)
    assert following is not None
    page = await admin.get(following[1].replace("&amp;", "&"))
    assert ("m100" in page.words, "m119" in page.words, "m099" in page.words) == (True, True, False)


async def test_last_logins(seats: Seats, hub: Hub) -> None:
    """The last login is noted to the hour, by whatever way; half a login is none."""
    await secret_of(hub, "half", Role.HOST_OPERATOR, stage=sessions.Stage.PASSWORD)
    await secret_of(hub, "whole", Role.HOST_OPERATOR)
    await token_of(hub, "program", Role.HOST_OPERATOR)
    found = {name: one.last_login_at for name in ("half", "whole", "program") if (one := await user(hub, name))}
    assert (found["half"], found["program"]) == (None, None)
    assert found["whole"] is not None and (found["whole"].minute, found["whole"].second) == (0, 0)


# Who may what -------------------------------------------------------------------------------------------------------------------------


def test_every_operation_is_in_the_table_of_who_may_what() -> None:
    """Each kind of operation has words, and no words are of something that does not exist."""
    there = who_may.kinds((*ALL, *metrics.OPERATIONS))
    assert {kind: names for kind, names in there.items() if kind not in who_may.WORDS} == {}
    assert [kind for kind in who_may.WORDS if kind not in there] == []
    assert {one.subject for one in ALL if one.permission is None} == who_may.OPEN


def test_the_table_says_what_happens() -> None:
    """The same as the table against which every operation is tried."""
    letters = {"V": Role.PARTNER_VIEWER, "E": Role.PARTNER_EDITOR, "O": Role.HOST_OPERATOR, "A": Role.HOST_ADMIN}
    shown = {line.words: line.roles for line in who_may.lines()}
    for kind, names in who_may.kinds((*ALL, *metrics.OPERATIONS)).items():
        for name in names:
            assert shown[who_may.WORDS[kind]] == {letters[one] for one in TABLE[name] if one in letters}, name
    assert ALLOWED[Role.PARTNER_VIEWER] < ALLOWED[Role.PARTNER_EDITOR]


async def test_the_page_of_who_may_what(admin: Seat) -> None:
    """In words."""
    page = await admin.get("/users/roles")
    assert "Manage users, their passwords and second factors" in page.words
    assert (page.status, "own town" in page.words) == (200, True)
