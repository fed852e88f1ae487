"""One's own account over HTTP: password, second factors, recovery codes, sessions, tokens; as people of the host and of a town."""

import re
from base64 import b32decode
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from hotspot.hub import passwords
from hotspot.hub.access import Role
from hotspot.hub.factors import codes
from hotspot.hub.hub import Hub
from hotspot.hub.store import factors, people, tenants
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed
from tests.hub.conftest import Api
from tests.hub.console.conftest import Answer, Seat, Seats, secret_of
from tests.hub.wrong_codes import wrong_code

pytestmark = pytest.mark.hub
PASSWORD = "ein langes Kennwort"
OTHER = "noch ein langes Kennwort"
HOSTILE = "<script>alert(1)</script>\"'> " + "W" * 200


async def town(hub: Hub) -> None:
    """Kleinheim takes part."""
    async with hub.store.transaction() as connection:
        await tenants.add_partner(connection, "kleinheim", "Gemeinde Kleinheim", "")


async def seat_of(seats: Seats, hub: Hub, name: str, role: Role, *, full_name: str = "", app: bool = False) -> Seat:
    """Somebody with ``PASSWORD``, logged in."""
    partner = "kleinheim" if role.of_partner else None
    if partner:
        await town(hub)
    seat = await seats(name, role, partner)
    async with hub.store.transaction() as connection:
        user = await people.user(connection, name)
        assert user is not None
        await people.set_password(connection, user.id, await passwords.hashed(PASSWORD))
        await connection.execute("UPDATE users SET full_name = $2 WHERE id = $1", user.id, full_name)
        if app:
            await factors.add_app(connection, user.id, "", b"k" * codes.KEY_BYTES, 0, hub.now())
            await factors.give_codes(connection, user.id, [codes.hashed("one")], hub.now())
    return seat


def key_in(answer: Answer) -> str:
    """The key that a page shows."""
    found = re.search(r'<code class="key"[^>]*>([A-Z2-7 ]+)</code>', answer.text)
    assert found
    return found[1].replace(" ", "")


async def first_factor(hub: Hub, name: str) -> int:
    """The number of somebody's first second factor."""
    async with hub.store.connection() as connection:
        user = await people.user(connection, name)
        assert user is not None
        return (await factors.of_user(connection, user.id))[0].id


async def actions(hub: Hub, name: str) -> list[str]:
    """What the audit log says of somebody."""
    async with hub.store.connection() as connection:
        return [row["action"] for row in await connection.fetch("SELECT action FROM audit WHERE subject = $1 ORDER BY id", name)]


async def test_who_i_am(seats: Seats, hub: Hub) -> None:
    """Name and role; a hostile name is text."""
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_VIEWER, full_name=HOSTILE[:190])
    page = await karl.get("/account")
    assert (page.status, "<script>alert" in page.text, HOSTILE[:190] in unescape(page.text)) == (200, False, True)
    assert "Viewer of the town · Gemeinde Kleinheim" in page.words
    assert "Your account is protected by your password alone." in page.words


async def test_another_password(seats: Seats, hub: Hub) -> None:
    """The old one is asked for, the new one twice and good enough; other sessions end, this one goes on."""
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_VIEWER)
    elsewhere = Seat(seats.http, seats.base, await secret_of(hub, "karl", Role.PARTNER_VIEWER, "kleinheim"))

    async def tried(old: str, new: str, again: str = "") -> tuple[int, str]:
        answer = await karl.post("/account/password", {"old": old, "new": new, "again": again or new})
        fault = re.search(r'class="fault"[^>]*>([^<]+)<', answer.text)
        return answer.status, fault[1] if fault else ""

    assert await tried("wrong", OTHER) == (400, "That is not your password.")
    assert await tried(PASSWORD, "short") == (400, "The password needs 12 to 200 characters.")
    assert await tried(PASSWORD, "karl ist toll") == (400, "The password must not be made of the user name.")
    assert await tried(PASSWORD, "a" * 20) == (400, "The password needs more different characters.")
    assert await tried(PASSWORD, OTHER, PASSWORD) == (400, "The two new passwords are not the same.")
    assert (await elsewhere.get("/account")).status == 200
    assert await tried(PASSWORD, OTHER) == (303, "")
    assert ((await karl.get("/account")).status, (await elsewhere.get("/account")).status) == (200, 303)
    moment = hub.now()
    hub.now = lambda: moment  # the pause after the fifth is a second
    wrong = [(await tried("wrong", OTHER))[0] for _ in range(6)]
    assert wrong == [400] * 5 + [429]


async def test_an_app_and_its_recovery_codes(seats: Seats, hub: Hub) -> None:
    """A clerk sets one up, gets codes once, cannot have two, and takes it away again with the password."""
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_EDITOR)
    key = key_in(await karl.get("/account/app"))
    code = wrong_code(b32decode(key), hub.now())
    typed = f"{code[:3]} {code[3:]}"
    wrong = await karl.post("/account/app", {"code": typed})
    assert (wrong.status, key_in(wrong), f'value="{typed}"' in wrong.text) == (400, key, True)
    now = hub.now()
    done = await karl.post("/account/app", {"code": pyotp.TOTP(key).at(now)})
    shown = re.findall(r"<li><code>([0-9a-z-]{19})</code>", done.text)
    assert (done.status, len(set(shown))) == (200, codes.HOW_MANY)
    assert "You have 10 recovery codes" in (await karl.get("/account")).words
    assert (await karl.get("/account/app")).goal == "/account"
    number = await first_factor(hub, "karl")
    assert (await karl.post(f"/account/factors/{number}/remove", {"password": "wrong"})).status == 400
    page = await karl.get(f"/account/factors/{number}/remove")
    assert "your account will be protected by your password alone" in page.words
    assert (await karl.post(f"/account/factors/{number}/remove", {"password": PASSWORD})).goal == "/account"
    assert "Your account is protected by your password alone." in (await karl.get("/account")).words
    assert (await karl.get(f"/account/factors/{number}/remove")).status == 404
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM recovery_codes") == 0
    assert await actions(hub, "karl") == ["user.factor_add", "user.recovery_codes", "user.factor_remove"]
    again = key_in(await karl.get("/account/app"))
    assert again != key  # whoever has kept the old one has nothing


async def test_an_open_session_is_no_way_to_a_key(seats: Seats, hub: Hub) -> None:
    """Some time after the login a new app, passkey or token wants the password again; with it the session gets another secret."""
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_EDITOR)
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE console_sessions SET created_at = created_at - interval '16 minutes'")
    for path in ("/account/app", "/account/passkey", "/account/tokens/new"):
        assert (await karl.get(path)).goal == f"/account/confirm?next={path}"
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE console_sessions SET created_at = created_at - interval '15 minutes'")
    for path in ("/account/app", "/account/passkey", "/account/tokens/new"):
        assert (await karl.post(path, {"code": "000000", "name": "x", "permission": "see"})).goal == f"/account/confirm?next={path}"
    wrong = await karl.post("/account/confirm", {"password": "wrong", "next": "/account/app"})
    assert (wrong.status, "That is not your password." in wrong.words, 'value="/account/app"' in wrong.text) == (400, True, True)
    right = await karl.post("/account/confirm", {"password": PASSWORD, "next": "/account/app"})
    assert right.goal == "/account/app"
    secret = right.headers["Set-Cookie"].partition("session=")[2].partition(";")[0]
    async with hub.store.connection() as connection:
        kept = [row["secret_hash"] for row in await connection.fetch("SELECT secret_hash FROM console_sessions")]
    assert kept == [hashed(secret)] != [hashed(karl.secret)]
    assert (await Seat(seats.http, seats.base, secret).get("/account/app")).status == 200


async def test_the_hosts_people_keep_one(seats: Seats, hub: Hub) -> None:
    """The last one cannot be removed, neither by the page nor by a form that was kept."""
    otto = await seat_of(seats, hub, "otto", Role.HOST_OPERATOR, app=True)
    number = await first_factor(hub, "otto")
    page = await otto.get(f"/account/factors/{number}/remove")
    assert ("your role needs one" in page.words, 'class="danger"' in page.text) == (True, False)
    assert (await otto.post(f"/account/factors/{number}/remove", {"password": PASSWORD})).status == 409
    async with hub.store.transaction() as connection:
        user = await people.user(connection, "otto")
        assert user is not None
        await factors.add_passkey(connection, user.id, HOSTILE[:60], b"id", b"key", 0, hub.now())
    shown = await otto.get("/account")
    assert ("<script>alert" in shown.text, HOSTILE[:60] in unescape(shown.text)) == (False, True)
    assert (await otto.post(f"/account/factors/{number}/remove", {"password": PASSWORD})).status == 303
    assert (await otto.post(f"/account/factors/{await first_factor(hub, 'otto')}/remove", {"password": PASSWORD})).status == 409


async def test_nobody_touches_the_factors_of_others(seats: Seats, hub: Hub) -> None:
    """Their numbers are not found, nor are things that are no number."""
    await seat_of(seats, hub, "otto", Role.HOST_OPERATOR, app=True)
    number = await first_factor(hub, "otto")
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_EDITOR, app=True)
    for wanted in (f"{number}", "x", "0", "99999999999999999999"):
        answers = [await karl.get(f"/account/factors/{wanted}/remove")]
        answers.append(await karl.post(f"/account/factors/{wanted}/remove", {"password": PASSWORD}))
        assert [answer.status for answer in answers] == [404, 404]


async def test_other_recovery_codes(seats: Seats, hub: Hub) -> None:
    """With the password; those of before are worth nothing; without a factor there are none."""
    otto = await seat_of(seats, hub, "otto", Role.HOST_OPERATOR, app=True)
    assert "You have 1 recovery code for" in (await otto.get("/account")).words
    assert (await otto.post("/account/codes", {"password": "wrong"})).status == 400
    made = await otto.post("/account/codes", {"password": PASSWORD})
    shown = re.findall(r"<li><code>([0-9a-z-]{19})</code>", made.text)
    async with hub.store.connection() as connection:
        kept = {bytes(row["code_hash"]) for row in await connection.fetch("SELECT code_hash FROM recovery_codes")}
    assert kept == {codes.hashed(code) for code in shown}
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_EDITOR)
    assert [(await karl.get("/account/codes")).goal, (await karl.post("/account/codes", {"password": PASSWORD})).goal] == ["/account"] * 2


async def test_sessions(seats: Seats, hub: Hub) -> None:
    """Listed with browser and times; each can be ended, and all others at once; nobody else's."""
    otto = await seat_of(seats, hub, "otto", Role.HOST_OPERATOR)
    others = [Seat(seats.http, seats.base, await secret_of(hub, "otto", Role.HOST_OPERATOR)) for _ in range(3)]
    admin = await seats.admin()
    half = Seat(seats.http, seats.base, await secret_of(hub, "otto", Role.HOST_OPERATOR, stage=Stage.PASSWORD))
    assert "password only so far" in (await otto.get("/account")).words

    async def number(seat: Seat) -> int:
        async with hub.store.connection() as connection:
            found: int = await connection.fetchval("SELECT id FROM console_sessions WHERE secret_hash = $1", hashed(seat.secret))
        return found

    assert (await otto.get("/account")).text.count("Firefox, Linux") >= 4
    assert (await otto.post(f"/account/sessions/{await number(others[0])}/end")).goal == "/account"
    assert [(await seat.get("/account")).status for seat in others] == [303, 200, 200]
    assert (await otto.post(f"/account/sessions/{await number(admin)}/end")).status == 404
    assert (await otto.post("/account/sessions/x/end")).status == 404
    assert (await otto.post("/account/sessions/end")).goal == "/account"
    assert [(await seat.get("/account")).status for seat in (*others, otto, admin)] == [303, 303, 303, 200, 200]
    assert (await half.get("/login/second")).goal == "/login?next=/login/second"


async def test_tokens(seats: Seats, hub: Hub, api: Api) -> None:
    """Shown once, with no more than was ticked, and gone when revoked; what was typed stays when it was wrong."""
    karl = await seat_of(seats, hub, "karl", Role.PARTNER_EDITOR)
    form = await karl.get("/account/tokens/new")
    assert re.findall(r'name="permission" value="(\w+)"', form.text) == ["metrics", "see", "operate", "edit"]
    given = {"name": "Zähler", "permission": ["see", "metrics"], "days": "365"}
    wrong = await karl.post("/account/tokens/new", given)
    assert (wrong.status, 'value="Zähler"' in wrong.text, wrong.text.count(" checked"), 'value="365" selected' in wrong.text) == (
        400, True, 2, True,
    )  # fmt: skip
    assert (await karl.post("/account/tokens/new", {"name": "grafana", "days": "90"})).status == 400
    for bad in ({"permission": "admin"}, {"permission": "root"}, {"days": "9999"}, {"days": "x"}, {"name": HOSTILE}):
        answer = await karl.post("/account/tokens/new", {**given, "name": "grafana", **bad})
        assert (answer.status, "<script>alert" in answer.text) == (400, False), bad
    made = await karl.post("/account/tokens/new", {**given, "name": "grafana 1"})
    found = re.search(r"hst_[A-Za-z0-9_-]{43}", made.text)
    assert found
    status, me = await api.as_(found[0])("GET", "/me")
    assert (status, me["user"], me["permissions"]) == (200, "karl", ["metrics", "see"])
    assert (await karl.post("/account/tokens/new", {**given, "name": "grafana 1"})).status == 409
    page = await karl.get("/account")
    assert ("/account/tokens/grafana%201/revoke" in page.text, found[0] in page.text) == (True, False)
    assert (await karl.get("/account/tokens/grafana%201/revoke")).status == 200
    assert (await karl.post("/account/tokens/grafana%201/revoke")).status == 400
    assert (await karl.post("/account/tokens/grafana%201/revoke", {"sure": "yes"})).goal == "/account"
    assert (await api.as_(found[0])("GET", "/me"))[0] == 401
    assert (await karl.get("/account/tokens/grafana%201/revoke")).status == 404


async def test_nothing_secret_stays(seats: Seats, hub: Hub) -> None:
    """Neither codes nor keys nor names of devices are in the audit log; the time of use is rounded to the hour."""
    otto = await seat_of(seats, hub, "otto", Role.HOST_OPERATOR)
    key = key_in(await otto.get("/account/app"))
    now = hub.now()
    code = pyotp.TOTP(key).at(now)
    shown = re.findall(r"<li><code>([0-9a-z-]{19})</code>", (await otto.post("/account/app", {"code": code})).text)
    async with hub.store.transaction() as connection:
        number = (await factors.of_user(connection, 1))[0].id
        await factors.use_app(connection, number, codes.step_of(now.timestamp()) + 1, now + timedelta(seconds=30))
        used = (await factors.of_user(connection, 1))[0].used_at
        told = [row[0] for row in await connection.fetch("SELECT (to_jsonb(a) - 'at')::text FROM audit a")]  # a time has six digits, too
    assert used is not None
    assert (used.minute, used.second, used.microsecond) == (0, 0, 0)
    assert [text for text in told for secret in (key, code, *shown) if secret in text] == []
