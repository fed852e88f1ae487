"""From the file that a program writes on the gateway to the alarm at the hub: over the portal, a real line and a real database."""

import pytest

from hotspot.hub import watch
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step
from hotspot.portal import looks
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import City

pytestmark = pytest.mark.hub
STUCK = Finding(
    kind="portal-down", severity=Severity.URGENT, zone="public", values={"name": "portal.hall.example", "who": "02:00:5e:00:53:07"}
)
FAILED = Step(name="portal", zone="public", family=4, result=Result.FAILED, why="portal-down")
ONLINE = Step(name="online", zone="public", family=4, result=Result.PASSED)


async def visit(box: Box, *findings: Finding, steps: tuple[Step, ...] = (ONLINE,)) -> None:
    """A visit ends, by the box's own clock; the portal reads it when its minute comes."""
    office = box.bench.office
    office.settings.looks.mkdir(exist_ok=True)
    folder.write(office.settings.looks, Look(by=By.VISIT, at=box.clock.unix, findings=findings, steps=steps))
    box.clock.tick(30)
    await looks.look(office)


async def alarms(city: City) -> list[tuple[str, str, str]]:
    """In force, as staff see them."""
    await watch.run(city.hub)
    _, found = await city.api("GET", "/alarms")
    return [(one["kind"], one["subject"], one["severity"]) for one in found]


async def test_from_the_file_to_the_alarm(city: City, box: Box) -> None:
    """A visit fails while the hub is away: the last look arrives when it is back, and its moment is right although the box's clock is
    wrong by hours. What names a device stays in the hall. The next visit is well, and the alarm ends."""
    box.clock.unix += 7_200
    async with box.running():
        await visit(box)
        async with city.serving():
            await box.deliver()
            assert [kind for kind, _, _ in await alarms(city)] == ["clock"]
        await visit(box, STUCK, steps=(FAILED,))
        await box.report()
        async with city.serving():
            await box.deliver()
            assert ("visit", "portal-down", "urgent") in await alarms(city)
            _, shown = await city.api("GET", f"/gateways/{box.name}")
            (look,) = shown["looks"]
            assert look["at"].startswith((city.wall().isoformat())[:13])
            assert look["findings"][0]["values"] == {"name": "portal.hall.example"}
            assert "5e:00:53" not in str(shown)
            await visit(box)
            for _ in range(3):
                await box.deliver()
                await alarms(city)
                box.clock.tick(60)
            assert "visit" not in {kind for kind, _, _ in await alarms(city)}
