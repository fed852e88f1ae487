"""A city with its hub, and boxes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hotspot.portal.uplink import authority
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import City, Tls, Wall


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """One authority for all tests here."""
    return Tls(*asyncio.run(authority.make(tmp_path_factory.mktemp("tls"), ["localhost"])))


@pytest.fixture
def wall() -> Wall:
    """The true time."""
    return Wall()


@pytest.fixture
def city(database: str, tls: Tls, wall: Wall) -> City:
    """A hub that does not run yet."""
    return City(database, tls, wall)


@pytest.fixture
async def box(city: City, tmp_path: Path) -> Box:
    """A gateway of the first hall that the hub knows; neither runs."""
    one = Box(city, tmp_path / "box")
    async with city.serving():
        await one.enrol()
    return one


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Log lines go nowhere."""
    import structlog

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()
