"""The overview: what it shows to whom, how it is searched and sorted, and that a thousand halls stay light."""

import gzip
import re
from datetime import timedelta
from random import Random
from typing import Final

import msgspec
import pytest
from aiohttp import ClientSession

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.board import DAYS
from hotspot.hub.console import sparks
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.lab import history
from tests.hub.conftest import Api
from tests.hub.console.conftest import Answer, Seat, Seats
from tests.hub.fleet import Box, boxes, says

pytestmark = pytest.mark.hub
HOSTILE: Final = "<script>alert(1)</script>\u202e" + "x" * 10_000
LIGHT: Final = 120_000
"""Bytes of the page with all that it needs, compressed."""


async def city(hub: Hub, halls: int = 2) -> dict[str, list[Box]]:
    """Two towns with so many halls each; all have spoken a moment ago, with three visitors online."""
    towns = {town: await boxes(hub.store, halls, town) for town in ("kleinheim", "grossdorf")}
    async with hub.store.transaction() as connection:
        for some in towns.values():
            for box in some:
                await says(connection, box, hub.now(), wire.Health(software="1.0", zones=(wire.ZoneHealth("public", online=3),)))
    return towns


async def alarm(hub: Hub, box: Box | None, kind: str = "wan_down", severity: str = "urgent", **detail: float | str) -> None:
    """An alarm is in force; None: of the hub itself."""
    async with hub.store.transaction() as connection:
        await connection.execute(
            "INSERT INTO alarms (hall_id, gateway_id, kind, severity, detail, since, raised_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
            box.hall_id if box else 0,
            box.id if box else 0,
            kind,
            severity,
            detail,
            hub.now() - timedelta(minutes=5),
        )


async def fresh(seat: Seat, hub: Hub, path: str = "/") -> Answer:
    """The page as things are now, not as they were a second ago."""
    await hub.board.latest(0)
    return await seat.get(path)


def rows(answer: Answer) -> list[str]:
    """The halls of the page, in their order."""
    return re.findall(r'<tr id="h-([^"]+)"', answer.text)


async def test_all_halls_are_there_the_worst_first(seats: Seats, hub: Hub) -> None:
    """Silent, faulty, with a warning, not set up, well; and the town with the worst comes first."""
    towns = await city(hub, 3)
    silent, warned, well = towns["kleinheim"]
    async with hub.store.transaction() as connection:
        await says(connection, silent, hub.now() - timedelta(hours=1))
    await alarm(hub, warned, "pool", "warning", percent=95)
    new = (await boxes(hub.store, 1))[0]
    answer = await fresh(await seats.admin(), hub)
    assert rows(answer)[:4] == ["kleinheim-0", "kleinheim-1", "kleinheim-3", "kleinheim-2"]
    assert sorted(rows(answer)[4:]) == ["grossdorf-0", "grossdorf-1", "grossdorf-2"]
    assert (well.id, new.id) != (0, 0)
    assert "No contact" in answer.words and "Not set up yet" in answer.words
    assert "Addresses nearly used up (95 %)" in answer.words
    assert re.search(r'id="sum-attention">2<.*id="sum-well">4<.*id="sum-online">15<', answer.text, re.DOTALL)
    assert answer.text.count('<details class="group"') == 2


async def test_a_partner_sees_its_own_halls_only(seats: Seats, hub: Hub) -> None:
    """Without groups, without the hub's own alarms, and with sums of its own."""
    towns = await city(hub)
    await alarm(hub, towns["grossdorf"][0])
    await alarm(hub, None, "remote_write", "warning", text="no route")
    gerda = await seats("gerda", Role.PARTNER_VIEWER, "kleinheim")
    answer = await fresh(gerda, hub)
    assert sorted(rows(answer)) == ["kleinheim-0", "kleinheim-1"]
    assert "grossdorf" not in answer.text and "no route" not in answer.words and '<details class="group"' not in answer.text
    assert "Nothing is amiss." in answer.words and 'id="sum-online">6<' in answer.text
    admin = await seats.admin()
    assert "no route" in (await admin.get("/")).words


async def test_searched_chosen_and_sorted(seats: Seats, hub: Hub) -> None:
    """By words of hall and town, by state, by numbers; what makes no sense is left out; htmx gets the tables alone."""
    towns = await city(hub, 3)
    async with hub.store.transaction() as connection:
        zones = (wire.ZoneHealth("public", online=40),)
        await says(connection, towns["kleinheim"][1], hub.now(), wire.Health(software="1.0", zones=zones))
    await alarm(hub, towns["grossdorf"][2])
    admin = await seats.admin()
    assert rows(await fresh(admin, hub, "/?q=KLEINHEIM-1")) == ["kleinheim-1"]
    assert rows(await admin.get("/?state=attention")) == ["grossdorf-2"]
    assert rows(await admin.get("/?sort=online"))[0] == "kleinheim-1"
    assert len(rows(await admin.get("/?state=nonsense&sort=nonsense"))) == 6
    nothing = await admin.get("/?q=nowhere")
    assert rows(nothing) == [] and "No hall fits." in nothing.words
    headers = {"Cookie": f"session={admin.secret}", "HX-Request": "true", "HX-Target": "div#halls"}
    async with admin.http.get(f"{admin.base}/?q=kleinheim", headers=headers) as response:
        part = await response.text()
    assert "<html" not in part and part.count("<tr id=") == 3


async def test_an_empty_city_says_what_to_do(seats: Seats, hub: Hub) -> None:
    """No halls yet."""
    answer = await fresh(await seats.admin(), hub)
    assert answer.status == 200 and "There are no halls yet." in answer.words
    assert '<a class="button" href="/partners/new">Set up the first town</a>' in answer.text
    async with hub.store.transaction() as connection:
        await tenants.add_partner(connection, "kleinheim", "Gemeinde Kleinheim", "")
    assert '<a class="button" href="/partners">Set up a hall</a>' in (await fresh(await seats.admin(), hub)).text
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert "/partners/new" not in (await fresh(viewer, hub)).text


async def test_hostile_words_harm_nothing(seats: Seats, hub: Hub) -> None:
    """Titles, details of alarms and what is searched for."""
    towns = await city(hub)
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET title = $1 WHERE id = $2", HOSTILE[:200], towns["kleinheim"][0].hall_id)
        await connection.execute("UPDATE partners SET title = $1 WHERE name = 'kleinheim'", HOSTILE[:200])
    await alarm(hub, towns["kleinheim"][0], "fault", "warning", text=HOSTILE)
    answer = await fresh(await seats.admin(), hub, "/?q=%3Cscript%3E")
    assert answer.status == 200 and "<script>alert" not in answer.text and "xxxx" in answer.text
    assert len(answer.text) < 30_000
    for path in ("/?q=%00", "/?q=" + "a" * 5_000, "/?q=%F0%9F%98%80&state=%3C"):
        assert (await (await seats.admin()).get(path)).status == 200, path


async def test_two_weeks_of_visits_are_a_curve(seats: Seats, hub: Hub, api: Api) -> None:
    """The numbers are those of the figures by day, up to yesterday."""
    box, now = (await boxes(hub.store, 1))[0], hub.now()
    hub.now = lambda: now  # the same day for all that is asked
    async with hub.store.connection() as connection:
        await history.fill(connection, [history.Place(box.hall_id, box.id)], now, 20)
    first = now.date() - timedelta(days=DAYS)
    query = {"from": f"{first}", "to": f"{now.date()}", "step": "day"}
    status, figures = await api("GET", "/halls/kleinheim-0/figures", **query)
    assert status == 200
    expected = {point["time"][:10]: point["visits"] for point in figures["points"]}
    glance = await hub.board.latest(0)
    shown = {f"{first + timedelta(days=day)}": visits for day, visits in enumerate(glance.halls[0].days)}
    assert {day: visits for day, visits in shown.items() if visits} == {day: visits for day, visits in expected.items() if visits}
    assert len(shown) == DAYS and sum(shown.values()) > 100
    assert sparks.path(glance.halls[0].days) in (await (await seats.admin()).get("/")).text


def test_a_curve_is_short() -> None:
    """From left to right, high is up; nothing is no curve."""
    assert sparks.path((0, 10, 5)) == "M2 22l50-20 50 10"
    assert sparks.path(()) == ""
    assert sparks.path((7,)) == ""


NAMES: Final = ("Rathaus", "Bürgeramt", "Bibliothek", "Bauhof", "Museum", "Freibad", "Schule", "Bahnhof", "Standesamt", "Jugendhaus")


async def thousand(hub: Hub) -> None:
    """A thousand halls in fifty towns, whose names, numbers and curves are all different."""
    random = Random(6)
    titles = [f"{NAMES[number % 10]} {random.randbytes(4).hex().title()}dorf" for number in range(1_000)]
    health = wire.Health(software="1.0", zones=(wire.ZoneHealth("public", online=3),))
    async with hub.store.connection() as connection:
        await connection.execute("INSERT INTO partners (name, title) SELECT 'town' || n, 'Gemeinde ' || n FROM generate_series(0, 49) n")
        await connection.execute(
            "INSERT INTO halls (partner_id, name, title) SELECT p.id, 'hall-' || n, h.title FROM unnest($1::text[]) "
            "WITH ORDINALITY AS h (title, n) JOIN partners p ON p.name = 'town' || (n % 50)",
            titles,
        )
        await connection.execute("INSERT INTO gateways (hall_id, name) SELECT id, name FROM halls")
        await connection.execute(
            "INSERT INTO gateway_states (hall_id, gateway_id, seen_at, report_at, clock_offset, health) "
            "SELECT hall_id, id, $1, $1, 0, jsonb_set($2, '{zones,0,online}', to_jsonb((random() * 90)::int)) FROM gateways",
            hub.now() - timedelta(seconds=9),
            msgspec.to_builtins(health),
        )
        await history.fill(connection, [], hub.now(), 20)  # makes the partitions
        await connection.execute(
            "INSERT INTO figures_days (hall_id, day, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak) "
            "SELECT h.id, day, 'public', 'free', (random() * 300)::int, 1, 1, 1, 1, 1 FROM halls h CROSS JOIN unnest($1::date[]) day",
            [hub.now().date() - timedelta(days=day) for day in range(DAYS + 1)],
        )


async def test_a_thousand_halls_are_light(seats: Seats, hub: Hub) -> None:
    """The page with its styles and scripts, compressed as it is sent, is no heavier than it may be."""
    await thousand(hub)
    admin = await seats.admin()
    answer = await fresh(admin, hub)
    assert len(rows(answer)) == 1_000 and '<details class="group" id="g-town7">' in answer.text  # closed
    headers = {"Cookie": f"session={admin.secret}", "Accept-Encoding": "gzip"}
    sizes = {}
    async with ClientSession(auto_decompress=False) as http:
        for path in ("/", *sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)))):
            async with http.get(f"{admin.base}{path}", headers=headers) as response:
                content = await response.read()
                assert response.headers["Content-Encoding"] == "gzip" and gzip.decompress(content), path
                sizes[path.rpartition("/")[2] or "page"] = len(content)
    assert len(sizes) > 5
    assert sum(sizes.values()) <= LIGHT, sizes
