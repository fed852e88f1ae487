"""Monthly reports over HTTP: figures checked against figures computed from the rows another way, words, files, who may."""

import csv
import io
import re
import subprocess
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import feedback, partitions, tenants
from hotspot.lab import history
from tests.hotspot.printing import reading
from tests.hub import fleet, town
from tests.hub.conftest import Api
from tests.hub.console.conftest import Seats

pytestmark = pytest.mark.hub
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NASTY = '<img src=x onerror=alert(1)>&\u202e"'


async def past(hub: Hub, days: int = 80) -> dict[str, int]:
    """Two halls of Kleinheim and one of Grossdorf with figures, up to noon of a Monday; their ids by name."""
    hub.now = fleet.Clock(NOW)
    ids = {}
    for name in ("kleinheim-rathaus", "kleinheim-bad", "grossdorf-rathaus"):
        gateway = await town.gateway(hub, name)
        ids[name] = gateway.hall_id
        async with hub.store.transaction() as connection:
            await connection.execute("UPDATE halls SET title = initcap(name) WHERE id = $1", gateway.hall_id)
            heard = "INSERT INTO streams (hall_id, gateway_id, stream, start, first_at, last_at) VALUES ($1, $2, $3, 1, $4, $5)"
            await connection.execute(heard, gateway.hall_id, gateway.id, "a" * 32, NOW - timedelta(days=days), NOW)
    async with hub.store.connection() as connection:
        await history.fill(connection, [history.Place(hall, 0, size=4.0) for hall in ids.values()], NOW, days)
    return ids


async def by_quarters(hub: Hub, halls: list[int], first: date, last: date) -> dict[str, Any]:
    """The same figures from the quarters of an hour, which no report looks at; ``last`` is part of it."""
    async with hub.store.connection() as connection:
        rows = await connection.fetch("SELECT * FROM figures_quarters WHERE hall_id = ANY($1::int[])", halls)
        devices = await connection.fetch("SELECT * FROM devices_days WHERE hall_id = ANY($1::int[])", halls)
    local = [(row["time"].astimezone(BERLIN), row) for row in rows]
    within = [(at, row) for at, row in local if first <= at.date() <= last]
    days: dict[str, int] = {f"{first + timedelta(days=number)}": 0 for number in range((last - first).days + 1)}
    hours: dict[tuple[int, int], int] = {}
    languages: dict[str, int] = {}
    for at, row in within:
        days[f"{at.date()}"] += row["visits"]
        hours[at.isoweekday(), at.hour] = hours.get((at.isoweekday(), at.hour), 0) + row["visits"]
        for name, number in row["languages"].items():
            languages[name] = languages.get(name, 0) + number
    sums = {key: sum(row[key] for _, row in within) for key in ("visits", "seconds", "bytes_up", "bytes_down")}
    sums["peak"] = max((row["peak"] for _, row in within), default=0)
    sums["devices"] = sum(row["devices"] for row in devices if first <= row["day"] <= last)
    return {"sums": sums, "days": days, "hours": {key: number for key, number in hours.items() if number}, "languages": languages}


async def test_figures_are_those_of_the_rows(api: Api, hub: Hub) -> None:
    """Every number of a whole month and of a part of one, of both halls together and of each, and what it is compared with."""
    ids = await past(hub)
    ours = [ids["kleinheim-rathaus"], ids["kleinheim-bad"]]
    for month, first, last, before in (
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31), (date(2026, 9, 1), date(2026, 9, 30))),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 22), (date(2026, 10, 1), date(2026, 10, 22))),
    ):
        status, report = await api("GET", f"/partners/kleinheim/reports/{month}")
        assert status == 200
        expected = await by_quarters(hub, ours, first, last)
        assert report["sums"] == expected["sums"]
        assert report["sums"]["visits"] > 500
        assert {one["day"]: one["visits"] for one in report["days"]} == expected["days"]
        assert {(one["weekday"], one["hour"]): one["visits"] for one in report["hours"]} == expected["hours"]
        assert {one["name"]: one["number"] for one in report["languages"]} == expected["languages"]
        assert (report["from"], report["to"], report["partial"]) == (f"{first}", f"{last}", month == "2026-11")
        for hall in report["halls"]:
            assert hall["sums"] == (await by_quarters(hub, [ids[hall["hall"]]], first, last))["sums"]
        if before[0] >= date(2026, 9, 5):
            assert report["before"]["sums"] == (await by_quarters(hub, ours, *before))["sums"]
        else:  # figures begin on the 4th of September: a part of a month is nothing to compare a whole one with
            assert report["before"] is None
        assert report["year_before"] is None
        months = {one["month"]: one["visits"] for one in report["months"]}
        assert months[month] == expected["sums"]["visits"]
    assert [one["month"] for one in (await api("GET", "/partners/kleinheim/reports"))[1]] == ["2026-11", "2026-10", "2026-09"]


async def test_late_reports_count_at_once(api: Api, hub: Hub) -> None:
    """Quarters that no day was made of yet are in the report."""
    ids = await past(hub)
    before = (await api("GET", "/partners/kleinheim/reports/2026-10"))[1]
    hour = datetime(2026, 10, 6, 8, tzinfo=UTC)
    async with hub.store.transaction() as connection:
        changed = await connection.execute(
            "UPDATE figures_quarters SET visits = visits + 7 WHERE hall_id = $1 AND time = $2 AND plan = 'free'", ids["kleinheim-bad"], hour
        )
        assert changed == "UPDATE 1"
        await connection.execute("INSERT INTO rollup_due (hall_id, hour, changed_at) VALUES ($1, $2, $3)", ids["kleinheim-bad"], hour, NOW)
    after = (await api("GET", "/partners/kleinheim/reports/2026-10"))[1]
    assert after["sums"]["visits"] == before["sums"]["visits"] + 7
    assert sum(one["visits"] for one in after["hours"]) == sum(one["visits"] for one in before["hours"]) + 7


async def test_months_without_a_report(seats: Seats, hub: Hub) -> None:
    """Before the first figures, after today, on the first of a month, and what is no month."""
    await past(hub)
    admin = await seats.admin()
    for month in ("2026-08", "2026-12", "2026-13", "oktober"):
        assert (await admin.get(f"/reports/kleinheim/{month}")).status == 404
    hub.now = fleet.Clock(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # in Berlin it is November
    assert (await admin.get("/reports/kleinheim/2026-11")).status == 404
    assert "October 2026" in (await admin.get("/reports/kleinheim/2026-10")).words


async def outage(hub: Hub, hall: str, kind: str, begins: datetime, hours: float, note: str = "", told: float = 1.0) -> None:
    """One that is over; ``told``: minutes until its alarm ended."""
    over = begins + timedelta(hours=hours)
    async with hub.store.transaction() as connection:
        found = await tenants.hall(connection, hall)
        assert found is not None
        await connection.execute(
            "INSERT INTO alarms_ended (hall_id, ended_at, id, gateway_id, kind, subject, severity, detail, since, raised_at, "
            "acknowledged_by, note, well_since) SELECT $1, $2, coalesce((SELECT max(id) FROM alarms_ended), 0) + 1, id, $3, '', 'urgent', "
            "$4, $5, $5, '', $6, $7 FROM gateways WHERE hall_id = $1",
            found.id, over + timedelta(minutes=told), kind, {"seen": begins.timestamp() - 180} if kind == "silent" else {}, begins, note,
            over,
        )  # fmt: skip


async def test_availability(api: Api, hub: Hub) -> None:
    """Of October's 745 hours (a clock was set back) one hall missed 10 and 3 minutes, the other 30 min that began in September."""
    await past(hub)
    await outage(hub, "kleinheim-rathaus", "silent", datetime(2026, 10, 5, 8, tzinfo=UTC), 6)
    await outage(hub, "kleinheim-rathaus", "wan_down", datetime(2026, 10, 5, 13, tzinfo=UTC), 5, "Bagger")
    await outage(hub, "kleinheim-rathaus", "pool", datetime(2026, 10, 7, 8, tzinfo=UTC), 50)
    await outage(hub, "kleinheim-bad", "journal", datetime(2026, 9, 30, 21, 30, tzinfo=UTC), 1, told=60)
    await outage(hub, "grossdorf-rathaus", "silent", datetime(2026, 10, 5, 8, tzinfo=UTC), 60)
    report = (await api("GET", "/partners/kleinheim/reports/2026-10"))[1]
    shares = {hall["hall"]: hall["availability"] for hall in report["halls"]}
    assert shares["kleinheim-rathaus"] == {"measured": 745 * 3_600, "away": 36_180, "outages": 1}
    assert shares["kleinheim-bad"] == {"measured": 745 * 3_600, "away": 1_800, "outages": 1}
    assert report["availability"] == {"measured": 2 * 745 * 3_600, "away": 37_980, "outages": 2}
    assert [(one["kind"], one["seconds"], one["note"]) for one in report["outages"]] == [
        ("journal", 1_800, ""), ("silent", 21_780, ""), ("wan_down", 18_000, "Bagger"),
    ]  # fmt: skip
    assert report["other_alarms"] == [{"name": "pool", "number": 1}]
    whole = (await api("GET", "/partners/kleinheim/reports/2026-11"))[1]
    assert whole["availability"] == {"measured": 2 * 22 * 86_400, "away": 0, "outages": 0}


async def test_what_is_not_kept_is_not_told(api: Api, hub: Hub) -> None:
    """No figure is made up for a time of which nothing is known any more."""
    await past(hub)
    hub.settings = replace(
        hub.settings, retention=replace(hub.settings.retention, alarms=30 * 86_400, hours=30 * 86_400, feedback=30 * 86_400)
    )
    report = (await api("GET", "/partners/kleinheim/reports/2026-10"))[1]
    assert [report[key] for key in ("outages", "availability", "hours", "feedback")] == [None] * 4
    assert {hall["availability"] for hall in report["halls"]} == {None}
    report = (await api("GET", "/partners/kleinheim/reports/2026-11"))[1]
    assert None not in [report[key] for key in ("outages", "availability", "hours", "feedback")]


async def test_words(seats: Seats, hub: Hub) -> None:
    """The sentences say the figures, with what they are compared with, in both languages."""
    await past(hub)
    await outage(hub, "kleinheim-bad", "wan_down", datetime(2026, 11, 5, 8, tzinfo=UTC), 2)
    admin = await seats.admin()
    answer = await admin.get("/reports/kleinheim/2026-11")
    assert answer.status == 200
    words = answer.words
    assert re.search(
        r"From the 1st to 22 November 2026, the Wi-Fi was used [\d,]+ times\. That is \d+% (more|less) than on the same days", words
    )
    assert "The Wi-Fi was available 99.81% of the time. There was 1 outage, which lasted 2 hours." in words
    assert "No Internet in the hall 05/11/2026, 09:00 05/11/2026, 11:00" in words
    german = await type(admin)(admin.http, admin.base, admin.secret, "de").get("/reports/kleinheim/2026-10")
    assert re.search(r"Im Oktober 2026 wurde das WLAN \d\.\d{3}-mal genutzt\.", german.words), german.words
    assert "Es gab keinen Ausfall." in german.words
    assert "Am meisten los ist am Donnerstag" in german.words


async def test_messages_are_counted_only(seats: Seats, hub: Hub) -> None:
    """Kinds and whether they were dealt with; never what somebody wrote."""
    ids = await past(hub)
    async with hub.store.transaction() as connection:
        said = [
            wire.Feedback(f"{n:016x}", NOW.timestamp(), "public", kind, "de", f"secret {n}")
            for n, kind in enumerate(("idea", "idea", "damage"))
        ]
        await feedback.insert(connection, ids["kleinheim-bad"], said)
        await connection.execute("UPDATE feedback SET at = '2026-11-12T10:00Z', done_at = CASE WHEN kind = 'damage' THEN now() END")
    answer = await (await seats.admin()).get("/reports/kleinheim/2026-11")
    assert "Ideas 2 Damage reported 1 Dealt with 1 Still open 2" in answer.words
    assert "Visitors wrote 3 messages; 1 have been dealt with." in answer.words
    assert "secret" not in answer.text


async def test_csv(seats: Seats, hub: Hub) -> None:
    """A line for each hall and one for the town; a formula in a title stays a text; every day of every hall in the other file."""
    ids = await past(hub)
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET title = '=SUM(A1)' WHERE id = $1", ids["kleinheim-bad"])
    admin = await seats.admin()
    answer = await admin.get("/reports/kleinheim/2026-10/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kleinheim-2026-10.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["title"] for row in rows] == ["'=SUM(A1)", "Kleinheim-Rathaus", "Kleinheim"]
    assert int(rows[0]["visits"]) + int(rows[1]["visits"]) == int(rows[2]["visits"]) > 500
    assert (rows[2]["from"], rows[2]["to"], float(rows[2]["availability"]), rows[2]["away_seconds"]) == (
        "2026-10-01",
        "2026-10-31",
        1.0,
        "0",
    )
    days = list(csv.DictReader(io.StringIO((await admin.get("/reports/kleinheim/2026-10/days")).text)))
    assert sum(int(row["visits"]) for row in days) == int(rows[2]["visits"])
    assert {row["hall"] for row in days} == {"kleinheim-rathaus", "kleinheim-bad"}


def unpacked(pdf: bytes) -> bytes:
    """All that is packed in a PDF."""
    return b"".join(zlib.decompress(part) for part in re.findall(rb"/FlateDecode[^>]*>>\nstream\n(.*?)\nendstream", pdf, re.DOTALL))


async def test_pdf(seats: Seats, hub: Hub, tmp_path: Path) -> None:
    """Title and language are told, it is tagged, fonts are in it, pages have numbers, and it says what the page says."""
    await past(hub)
    await outage(hub, "kleinheim-bad", "wan_down", datetime(2026, 10, 5, 8, tzinfo=UTC), 2, "Leitung repariert")
    admin = await seats.admin()
    german = type(admin)(admin.http, admin.base, admin.secret, "de")
    answer = await german.get("/reports/kleinheim/2026-10/pdf")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    file = tmp_path / "report.pdf"
    file.write_bytes(answer.body)
    about = subprocess.run(["pdfinfo", file], check=True, capture_output=True, text=True).stdout  # noqa: ASYNC221
    assert re.search(r"Title:\s+Monatsbericht Oktober 2026: Kleinheim\n", about)
    assert re.search(r"Tagged:\s+yes\n", about)
    count, size = reading.pages_of(file)
    assert 2 <= count <= 5 and "A4" in size
    text = " ".join(" ".join(reading.text_of(file, page + 1) for page in range(count)).split())
    visits = re.search(r"Im Oktober 2026 wurde das WLAN ([\d.]+)-mal", (await german.get("/reports/kleinheim/2026-10")).words)
    assert visits and f"Im Oktober 2026 wurde das WLAN {visits[1]}-mal genutzt." in text
    assert "Leitung repariert" in text and f"{count}/{count}" in text.replace(" ", "")
    assert set(reading.fonts_of(file).values()) == {True}
    objects = unpacked(answer.body)
    assert b"/Lang (de)" in objects
    assert re.search(rb"/Alt ?[(<]", objects)  # of the pictures


async def test_hostile_titles_harm_nothing(seats: Seats, hub: Hub) -> None:
    """HTML, directions, and a note of 10,000 letters: on the page and on paper."""
    ids = await past(hub, 60)
    await outage(hub, "kleinheim-rathaus", "wan_down", datetime(2026, 11, 5, 8, tzinfo=UTC), 2, NASTY + "x" * 10_000)
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET title = $1 WHERE id = ANY($2::int[])", NASTY, list(ids.values()))
        await connection.execute("UPDATE partners SET title = $1", NASTY + "</title><script>alert(2)</script>")
    admin = await seats.admin()
    for path in ("/reports?partner=kleinheim", "/reports/kleinheim/2026-11"):
        answer = await admin.get(path)
        assert answer.status == 200
        assert "<img" not in answer.text and "<script>alert" not in answer.text
    assert (await admin.get("/reports/kleinheim/2026-11/pdf")).status == 200


async def test_a_town_without_figures(seats: Seats, hub: Hub) -> None:
    """There is no month, and the page says when there will be one; without towns, where to begin."""
    hub.now = fleet.Clock(NOW)
    admin = await seats.admin()
    assert "There is no town yet." in (await admin.get("/reports")).words
    await town.gateway(hub, "leerdorf-rathaus")
    page = await admin.get("/reports")
    assert "There is no report of this town yet." in page.words and "if they come today, on Tuesday, 24 November 2026" in page.words
    assert '<a href="/halls/leerdorf-rathaus">leerdorf-rathaus</a>: 0 visits today' in page.text
    async with hub.store.transaction() as connection:
        await partitions.ahead(connection, NOW)
        await connection.execute(
            "INSERT INTO figures_days (hall_id, day, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak) "
            "SELECT id, $1, 'public', 'free', 3, 0, 0, 0, 0, 3 FROM halls",
            NOW.date(),
        )
    page = await admin.get("/reports")
    assert "The first one is there tomorrow, Tuesday, 24 November 2026, from midnight on" in page.words
    assert "3 visits today" in page.words
    assert (await admin.get("/reports?partner=nowhere")).status == 404


async def test_a_town_sees_its_own(seats: Seats, hub: Hub) -> None:
    """And nothing of the others: no name, no report, no file."""
    await past(hub)
    viewer = await seats("vera", Role.PARTNER_VIEWER, "grossdorf")
    assert "kleinheim" not in (await viewer.get("/reports")).text.lower()
    assert (await viewer.get("/reports/grossdorf/2026-10")).status == 200
    for path in ("/reports?partner=kleinheim", *(f"/reports/kleinheim/2026-10{end}" for end in ("", "/pdf", "/csv", "/days"))):
        assert (await viewer.get(path)).status == 404, path
