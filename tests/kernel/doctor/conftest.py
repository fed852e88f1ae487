"""One hall for all tests here; each leaves it as it found it."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot.doctor.examination import examine
from hotspot.doctor.subject import Place
from hotspot.lab import Hall, Options, certificates, namespaces
from hotspot.lab.hall import down
from hotspot.looks.values import Look, Severity


def place_of(hall: Hall) -> Place:
    """Where this hall has its settings, and whom its phones trust."""
    return Place(hall.folder.portal_config, hall.folder.firewall_config, hall.folder.authority)


def examined(hall: Hall, place: Place | None = None, now: float | None = None) -> Look:
    """A look at the hall's gateway, from its namespace."""
    return namespaces.inside(hall.layout.gateway, lambda: examine(place or place_of(hall), now))


def grave(look: Look) -> set[str]:
    """Kinds of what is more than a notice."""
    return {finding.kind for finding in look.findings if finding.severity is not Severity.NOTICE}


async def _without_line_check(hall: Hall) -> None:
    """The portal looks at the line every few seconds, so what one test does to the line it would say in the next."""
    config = hall.folder.portal_config
    checked = re.search(r"^targets = .*$", config.read_text(), re.MULTILINE)
    assert checked is not None
    config.write_text(config.read_text().replace(checked[0], "targets = []"))
    await hall.end("portal")
    await hall.start_portal()


@pytest.fixture(scope="package")
def spoilt_hall() -> Iterator[Hall]:
    """A hall with a certificate, and a second one for another name beside it."""
    hall = Hall(f"doc{os.getpid()}", Options(tls=True))
    try:
        asyncio.run(hall.raise_())
        asyncio.run(_without_line_check(hall))
        asyncio.run(certificates.certify(hall.folder.path / "tls", "other", ["other.example"]))
        yield hall
    finally:
        asyncio.run(down(hall.layout.hall))


@pytest.fixture
def copies(spoilt_hall: Hall, tmp_path: Path) -> Place:
    """Copies of both settings files, to be spoilt while the gateway runs with the good ones."""
    place = place_of(spoilt_hall)
    copied = Place(tmp_path / "portal.toml", tmp_path / "firewall.toml", place.authority)
    copied.portal.write_text(place.portal.read_text().replace('"services.toml"', f'"{spoilt_hall.folder.path}/services.toml"'))
    copied.firewall.write_text(place.firewall.read_text())
    return copied
