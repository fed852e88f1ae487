"""What visitor, doctor and guard found, on the page of the hall: in words, in two languages, and hostile text as text."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from hotspot.hub import bounds
from hotspot.hub.hub import Hub
from hotspot.hub.store import looks
from hotspot.hub.watch import run as watch
from hotspot.looks.values import MOST_FINDINGS, By, Finding, Look, Result, Severity, Step, Verdict, Visited
from hotspot.wire import Health
from tests.hub.console.conftest import Seats
from tests.hub.console.test_hall import HALL, HOSTILE, NOW, hall
from tests.hub.fleet import Box

__all__ = ["hall"]  # the fixture
pytestmark = pytest.mark.hub
FAILED = Look(
    by=By.VISIT,
    at=NOW.timestamp() - 120,
    seconds=41.0,
    findings=(Finding(kind="dns-lies", severity=Severity.URGENT, zone="public"),),
    steps=(
        Step(name="dhcp", zone="public", family=4, result=Result.PASSED, seconds=0.25),
        Step(name="dns", zone="public", family=6, result=Result.FAILED, seconds=1.5, why="dns-lies"),
        Step(name="leave", result=Result.SKIPPED),
    ),
)


async def found(hub: Hub, box: Box, *told: Look) -> None:
    """A gateway has told of that."""
    kept = bounds.looks(Health(looks=told))
    async with hub.store.transaction() as connection:
        await looks.write(connection, {(box.id, look.by): (box.hall_id, look.at, look) for look in kept})


async def test_a_hall_without_them_says_nothing(hall: Box, seats: Seats) -> None:
    """No empty parts for programs that do not run there."""
    words = (await (await seats.admin()).get(f"/halls/{HALL}")).words
    assert [title for title in ("Test visit", "Findings of the gateway", "Seen in the Wi-Fi") if title in words] == []


async def test_a_visit_that_failed(hall: Box, seats: Seats, hub: Hub) -> None:
    """Each step with its result, over which IP; what it means and what to look at; an alarm like any other; in both languages."""
    await found(hub, hall, FAILED)
    await watch(hub)
    admin = await seats.admin()
    page = await admin.get(f"/halls/{HALL}")
    assert "A visitor does not get online." in page.words
    assert "Visitors do not get online: a test visit has noticed it since" in page.words
    assert "1 of 2 steps passed" in page.words
    assert "Get an address (DHCP) public passed IPv4" in page.words
    assert "failed" in page.words and "IPv6" in page.words and "skipped" in page.words
    assert "Test visit: " in page.words
    assert "dns-lies" not in page.words
    assert "Test visit: " in (await admin.get("/")).words
    german = (await replace(admin, language="de").get(f"/halls/{HALL}")).words
    assert "Probebesuch" in german and "1 von 2 Schritten in Ordnung" in german and "Adresse bekommen (DHCP)" in german


def visited(*told: Visited, findings: tuple[Finding, ...] = ()) -> Look:
    """A visit to several networks."""
    return Look(by=By.VISIT, at=NOW.timestamp() - 60, visited=told, findings=findings)


ONLINE, CLOSED = Visited(zone="public", verdict=Verdict.ONLINE), Visited(zone="council", verdict=Verdict.CLOSED)
PARTIAL, STUCK = replace(CLOSED, verdict=Verdict.PARTIAL), replace(CLOSED, verdict=Verdict.STUCK, because=("dns-lies",))
OPEN, BROKE = replace(STUCK, because=("open-before-accept",)), replace(STUCK, because=("unexpected",))
SLOW, LIES = Finding(kind="rate-low", severity=Severity.WARNING), FAILED.findings[0]


@pytest.mark.parametrize(
    ("look", "english", "german"),
    [
        (visited(ONLINE), "All well A visitor gets online.", "In Ordnung Besucher kommen online."),
        (visited(ONLINE, CLOSED), "A visitor gets online.", "jetzt geschlossen Netz council"),
        (visited(CLOSED), "The hall is closed now, and lets nobody in: that is right.", "Das ist richtig so."),
        (visited(PARTIAL), "Whether a visitor gets online was not tried", "Ob Besucher online kommen, wurde nicht geprüft."),
        (visited(ONLINE, STUCK, findings=(LIES,)), "In council a visitor does not get online.", "kommt nicht online Netz council"),
        (visited(ONLINE, findings=(SLOW,)), "A visitor gets online, but one thing is amiss.", "Besucher kommen online, aber ein Punkt"),
        (visited(ONLINE, findings=(SLOW, LIES)), "gets online, but 2 things are amiss.", "aber 2 Punkte stimmen nicht."),
        (visited(OPEN), "Visitors are online without accepting the terms.", "Besucher sind online, ohne den Bedingungen zuzustimmen."),
        (visited(ONLINE, BROKE, findings=(SLOW,)), "In council the test visit broke off", "brach ab Netz council"),
        (replace(FAILED, findings=(), steps=()), "A visitor does not get online.", "Besucher kommen nicht online."),
        (replace(FAILED, findings=(), steps=FAILED.steps[:1]), "A visitor does not get online.", "Störung Besucher kommen nicht online."),
    ],
)  # fmt: skip
async def test_first_whether_visitors_get_online(hall: Box, seats: Seats, hub: Hub, look: Look, english: str, german: str) -> None:
    """In one sentence, for each network where there are several; never well when nobody was online."""
    await found(hub, hall, look)
    admin = await seats.admin()
    words = (await admin.get(f"/halls/{HALL}")).words
    assert english in words
    assert ("A visitor gets online." in words) == (look.visited[:1] == (ONLINE,) and not look.findings)
    assert german in (await replace(admin, language="de").get(f"/halls/{HALL}")).words


async def test_the_gravest_finding_stands_for_the_rest(hall: Box, seats: Seats, hub: Hub) -> None:
    """What is amiss has one alarm of each program, with what that means; the others stand in its own part of the page."""
    kinds = ("mtu-too-small", "route-missing", "upstream-dns-away")
    doctor = Look(by=By.DOCTOR, at=NOW.timestamp() - 60, findings=tuple(Finding(kind=kind, severity=Severity.WARNING) for kind in kinds))
    await found(hub, hall, FAILED, doctor)
    await watch(hub)
    page = await (await seats.admin()).get(f"/halls/{HALL}")
    assert page.text.count('<article class="card alarm') == 2 + 1 + 3
    assert "2 further findings stand there." in page.words
    assert ('href="#doctor"' in page.text, 'id="doctor"' in page.text) == (True, True)


async def test_no_english_pieces_in_german(hall: Box, seats: Seats, hub: Hub) -> None:
    """Why a step was not tried is told in words."""
    skipped = tuple(
        Step(name="online", zone="public", result=Result.SKIPPED, why=why)
        for why in ("needs-accept", "as-asked", "no-address", "closed-now")
    )
    await found(hub, hall, replace(FAILED, steps=(*FAILED.steps, *skipped)))
    words = (await replace(await seats.admin(), language="de").get(f"/halls/{HALL}")).words
    assert [why for why in ("needs-", "as-asked", "no-address", "closed-now", "dns-lies") if why in words] == []


async def test_all_is_well_and_old(hall: Box, seats: Seats, hub: Hub) -> None:
    """A look without findings says so, one from yesterday says that too."""
    steps = (Step(name="online", result=Result.PASSED),)
    await found(hub, hall, *(Look(by=by, at=NOW.timestamp() - 60, steps=steps) for by in By))
    admin = await seats.admin()
    words = (await admin.get(f"/halls/{HALL}")).words
    assert [
        said for said in ("A visitor gets online.", "found nothing amiss", "Nothing that endangers visitors.") if said not in words
    ] == []
    hub.now = lambda: NOW + timedelta(minutes=30)
    page = await (await seats.admin()).get(f"/halls/{HALL}")
    assert "It is not known whether visitors get online: the last test visit was 31 minutes ago." in page.words
    assert "It is not known what happens in the Wi-Fi: the box last listened 31 minutes ago." in page.words
    assert ("A visitor gets online." in page.words, "found nothing amiss" in page.words) == (False, True)


async def test_hostile_words_are_words(hall: Box, seats: Seats, hub: Hub) -> None:
    """Whatever a box in a hall writes: escaped, in one line, bounded; the page can still be read."""
    values = {"name": HOSTILE[:120], "port": HOSTILE[:120], "lines": "a\nb\x1b[2J"}
    kinds = ("dns-lies", "portal-name-elsewhere", "unknown-kind")
    findings = tuple(
        Finding(
            kind=kinds[number % 3] if number < 3 else f"k-{number}", severity=list(Severity)[number % 3], zone="<b>z</b>", values=values
        )
        for number in range(MOST_FINDINGS)
    )
    steps = tuple(Step(name=f"s-{number}", zone="<i>z", result=Result.FAILED, why="w") for number in range(80))
    await found(hub, hall, *(Look(by=by, at=NOW.timestamp() - 60, software=HOSTILE[:64], findings=findings, steps=steps) for by in By))
    await watch(hub)
    admin = await seats.admin()
    for path in (f"/halls/{HALL}", "/", "/alarms", f"/gateways/{HALL}"):
        page = await admin.get(path)
        assert page.status == 200, path
        assert [bad for bad in ("<script>alert", "<b>z", "<i>z", "\u202e", "\x1b") if bad in page.text] == [], path
        assert len(page.text) < 500_000, path
