"""A hall's page over HTTP: its state, its figures, what goes for it, and what an administrator changes about it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import alarms
from hotspot.hub.watch import run as watch
from hotspot.lab import history
from tests.hub.conftest import Api
from tests.hub.console.conftest import Seats
from tests.hub.fleet import Box, says

pytestmark = pytest.mark.hub
HALL = "kleinheim-rathaus"
NOW = datetime(2026, 11, 21, 15, 10, tzinfo=UTC)
"""A Saturday; 16:10 in the hall."""
HOSTILE = "<script>alert(1)</script>\u202e" + "W" * 150


@pytest.fixture
async def hall(api: Api, hub: Hub) -> AsyncIterator[Box]:
    """A hall with a gateway that has spoken, and three days of figures."""
    hub.now = lambda: NOW
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    await api("POST", "/partners", {"name": "bergdorf", "title": "Markt Bergdorf"})
    assert (await api("POST", "/halls", {"name": HALL, "partner": "kleinheim", "title": "Rathaus Kleinheim"}))[0] == 201
    async with hub.store.transaction() as connection:
        hall_id = await connection.fetchval("SELECT id FROM halls WHERE name = $1", HALL)
        gateway = await connection.fetchval("INSERT INTO gateways (hall_id, name) VALUES ($1, $2) RETURNING id", hall_id, HALL)
        box = Box(hall_id, gateway, HALL)
        await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", hall_id)
        zones = (wire.ZoneHealth("public", online=17, pool_used=30, pool_size=500), wire.ZoneHealth("staff", online=2, open=False))
        await says(connection, box, NOW - timedelta(seconds=30), wire.Health(software="1.4", zones=zones))
    async with hub.store.connection() as connection:
        await history.fill(connection, [history.Place(hall_id, gateway)], NOW, 3)
    yield box


async def test_the_page(hall: Box, seats: Seats, hub: Hub, api: Api) -> None:
    """State, figures of now and of the month, the same numbers as the API's."""
    answer = await (await seats.admin()).get(f"/halls/{HALL}")
    assert answer.status == 200
    assert "All well All is well; there was no alarm in the last 30 days." in answer.words
    assert "Online now 19" in answer.words
    assert "public" in answer.words
    assert "30 of 500" in answer.words
    figures = (await api("GET", f"/halls/{HALL}/figures", **{"from": "2026-11-01", "to": "2026-12-01"}))[1]["points"]
    visits = sum(point["visits"] for point in figures)
    assert f"Visits {visits:,}" in answer.words
    best = max(figures, key=lambda point: point["visits"])
    assert f"{visits:,} in all; the most: {best['visits']:,} (" in answer.words
    shares = (await api("GET", f"/halls/{HALL}/figures/shares", **{"from": "2026-11-01", "to": "2026-12-01"}))[1]
    assert f"German {shares['languages'][0]['visits']}" in answer.words
    for point in figures:
        assert f'<td class="number">{point["visits"]:,}</td>' in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?span=day&at=2026-11-20", "Use: Friday, 20 November 2026"),
        ("?span=month&at=2026-10-05", "Use: October 2026"),
        ("?span=year", "Use: 2026"),
        ("?span=day&at=2026-10-25", "Nobody was online in this time."),
    ],
)
async def test_other_times(hall: Box, seats: Seats, query: str, said: str) -> None:
    """A day, a month, a year; and one in which nothing was."""
    answer = await (await seats.admin()).get(f"/halls/{HALL}{query}")
    assert (answer.status, said in answer.words) == (200, True)


async def test_times_that_make_no_sense(hall: Box, seats: Seats) -> None:
    """A page that says so."""
    admin = await seats.admin()
    for query in ("?span=week", "?at=yesterday", "?span=day&at=2026-13-01", "?at=%3Cscript%3E"):
        answer = await admin.get(f"/halls/{HALL}{query}")
        assert answer.status == 400, query
        assert "<script>" not in answer.text.replace("<script src", "")


async def test_the_file(hall: Box, seats: Seats, api: Api) -> None:
    """The figures of the time that is shown, as the API exports them."""
    answer = await (await seats.admin()).get(f"/halls/{HALL}/figures.csv?span=day&at=2026-11-20")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert f'filename="{HALL}-hour-20261120.csv"' in answer.headers["Content-Disposition"]
    points = (await api("GET", f"/halls/{HALL}/figures", step="hour", **{"from": "2026-11-20", "to": "2026-11-21"}))[1]["points"]
    assert len(answer.text.splitlines()) == 1 + len(points)


async def test_what_is_amiss(hall: Box, seats: Seats, hub: Hub) -> None:
    """An alarm with what it means and what to look at; what the gateway says, in the reader's words, and what nobody knows as it is."""
    async with hub.store.transaction() as connection:
        health = wire.Health(
            software="1.4", internet=False, faults=("Internet not reachable", "<b>what is this</b>"), warnings=("hub away: why not",)
        )
        await says(connection, hall, NOW - timedelta(seconds=5), health)
    await watch(hub)
    hub.now = lambda: NOW + timedelta(seconds=100)
    async with hub.store.transaction() as connection:
        await says(connection, hall, NOW + timedelta(seconds=90), health)
    await watch(hub)
    admin = await seats.admin()
    words = (await admin.get(f"/halls/{HALL}")).words
    assert "Fault Something is amiss since" in words
    assert "Urgent No Internet Visitors reach the welcome page, but not the Internet." in words
    assert "Is the router of the Internet line switched on?" in words
    assert "The hall did not reach the city's server: why not." in words
    assert "<b>what is this</b>" in words
    assert "&lt;b&gt;what is this&lt;/b&gt;" in (await admin.get(f"/halls/{HALL}/now")).text
    hub.now = lambda: NOW + timedelta(hours=3)
    admin = await seats.admin()
    assert (
        "No contact Nothing has been heard of the hall since 21/11/2026, 16:11 (3 hours ago)." in (await admin.get(f"/halls/{HALL}")).words
    )


async def test_all_is_well_since_the_last_alarm(hall: Box, seats: Seats, hub: Hub) -> None:
    """The end of the last alarm is named."""
    async with hub.store.transaction() as connection:
        await says(connection, hall, NOW - timedelta(seconds=5), wire.Health(firewall=False))
    for seconds in (0, 40):
        hub.now = lambda seconds=seconds: NOW + timedelta(seconds=seconds)  # type: ignore[misc]
        await watch(hub)
    async with hub.store.transaction() as connection:
        assert len(await alarms.in_force(connection, alarms.Wanted(hall=HALL))) == 1
        await says(connection, hall, NOW + timedelta(seconds=50), wire.Health())
    for seconds in (60, 200):
        hub.now = lambda seconds=seconds: NOW + timedelta(seconds=seconds)  # type: ignore[misc]
        await watch(hub)
    hub.now = lambda: NOW + timedelta(seconds=205)
    assert "All is well since 21/11/2026, 16:13." in (await (await seats.admin()).get(f"/halls/{HALL}")).words


async def test_other_towns_see_nothing(hall: Box, seats: Seats) -> None:
    """A page of a hall of another town is not there; a viewer has no buttons that the API would refuse."""
    other = await seats("berta", Role.PARTNER_EDITOR, "bergdorf")
    for path in ("", "/now", "/figures.csv", "/settings", "/sessions"):
        assert (await other.get(f"/halls/{HALL}{path}")).status == 404, path
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    page = (await viewer.get(f"/halls/{HALL}")).text
    assert f"/halls/{HALL}/sessions" not in page
    assert f"/halls/{HALL}/change" not in page
    assert (await viewer.get(f"/halls/{HALL}/sessions")).status == 403


async def test_a_hall_that_is_new(hall: Box, seats: Seats, api: Api) -> None:
    """It says what comes next, to those who can do it."""
    await api("POST", "/halls", {"name": "kleinheim-bad", "partner": "kleinheim", "title": "Freibad"})
    page = await (await seats.admin()).get("/halls/kleinheim-bad")
    assert "Not set up yet No gateway of this hall has spoken yet." in page.words
    assert 'class="button" href="/halls/kleinheim-bad/enrol"' in page.text
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert "/enrol" not in (await viewer.get("/halls/kleinheim-bad")).text


async def test_what_goes_for_it(hall: Box, seats: Seats, api: Api) -> None:
    """Each value in words, who has said it, and what it takes the place of."""
    plan = {"title": {"de": "Kostenlos", "en": "Free"}, "down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
    host = {"plans": {"free": plan}, "terms": {"version": "1"}, "zones": {"public": {"plans": ["free"]}}}
    assert (await api("POST", "/policy/changes", {"documents": [{"scope": "host", "document": host}], "note": "x"}))[0] == 201
    own = {"scope": f"hall/{HALL}", "document": {"plans": {"free": {"time": "3 h"}}}}
    assert (await api("POST", "/policy/changes", {"documents": [own], "note": "x"}))[0] == 201
    words = (await (await seats.admin()).get(f"/halls/{HALL}/settings")).words
    assert "3 hours in place of: 2 hours (City) This hall" in words
    assert "1 setting of this hall is its own" in words
    assert "10" in words
    assert "plans.free" not in words


async def test_change(hall: Box, seats: Seats, api: Api) -> None:
    """Another title; a time zone that cannot be is said at its field, and what was typed stays."""
    admin = await seats.admin()
    answer = await admin.post(f"/halls/{HALL}/change", {"title": HOSTILE, "time_zone": "Europe/Berlin"})
    assert answer.goal == f"/halls/{HALL}/change"
    page = (await admin.get(f"/halls/{HALL}")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    for time_zone, status in (("Mars/Olympus", 400), ("../../etc/passwd", 400)):
        answer = await admin.post(f"/halls/{HALL}/change", {"title": "Neues Rathaus", "time_zone": time_zone})
        assert (answer.status, 'value="Neues Rathaus"' in answer.text, f'value="{time_zone}"' in answer.text) == (status, True, True)
        assert "There is no such time zone." in answer.words
    async with seats.hub.store.transaction() as connection:
        sql = "INSERT INTO streams (hall_id, gateway_id, stream, start, first_at, last_at) VALUES ($1, $2, $3, 1, $4, $4)"
        await connection.execute(sql, hall.hall_id, hall.id, "0" * 32, NOW)
    answer = await admin.post(f"/halls/{HALL}/change", {"title": "Neues Rathaus", "time_zone": "Europe/Paris"})
    assert (answer.status, "The hall has reported already" in answer.words) == (409, True)
    answer = await admin.post(f"/halls/{HALL}/change", {"title": "", "time_zone": "Europe/Berlin"})
    assert (answer.status, "Please give the hall a name" in answer.words) == (422, True)


async def test_close(hall: Box, seats: Seats, api: Api) -> None:
    """Only with its name typed; then its page still has the figures, and its gateway is shut out."""
    admin = await seats.admin()
    assert "kleinheim-rathaus" in (await admin.get(f"/halls/{HALL}/close")).words
    answer = await admin.post(f"/halls/{HALL}/close", {"name": "rathaus"})
    assert (answer.status, 'value="rathaus"' in answer.text) == (422, True)
    assert (await admin.post(f"/halls/{HALL}/close", {"name": HALL})).goal == f"/halls/{HALL}"
    page = await admin.get(f"/halls/{HALL}")
    assert "Closed The hall has been closed since" in page.words
    assert "Visits" in page.words
    assert (await admin.post(f"/halls/{HALL}/close", {"name": HALL})).status == 409
    assert (await api("GET", f"/gateways/{HALL}"))[1]["gateway"]["state"] == "revoked"
    for path in ("/settings", "/sessions", "/change", "/enrol"):
        assert (await admin.get(f"/halls/{HALL}{path}")).status == 200, path
