"""A hall with a city around it that does not come up leaves nothing; the whole that does is walked in ``test_demo``."""

import tempfile
from pathlib import Path

import pytest

from hotspot.lab import Hall, Options
from hotspot.lab.city import PEOPLE, REAL, TOWNS, Counted
from hotspot.lab.hall import own_namespaces
from hotspot.lab.namespaces import LabFailed

pytestmark = pytest.mark.kernel


async def test_what_fails_to_come_up_leaves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal does not start while the city's past is being made: namespaces, folder and database are gone, and the reason is told."""

    async def fails(*_: object) -> None:
        raise LabFailed("cannot start the portal: not today")

    with tempfile.TemporaryDirectory(prefix="city-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setattr("hotspot.lab.gateway.start_portal", fails)
        hall = Hall(name, Options(hub=True))
        with pytest.raises(LabFailed, match="not today"):
            await hall.raise_()
        assert (own_namespaces(hall.layout), hall.folder.path.exists(), list(Path(folder).iterdir())) == ([], False, [])


async def test_a_hub_needs_postgresql(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without it nothing is begun."""
    monkeypatch.setattr("hotspot.lab.postgres.Path", lambda *_: tmp_path)
    monkeypatch.delenv("HOTSPOT_POSTGRES", raising=False)
    with pytest.raises(LabFailed, match="PostgreSQL is not installed"):
        await Hall(name, Options(hub=True)).raise_()


def test_the_towns() -> None:
    """Three towns with twelve halls whose names begin with the town's, the lab's among them, and somebody of each role."""
    assert {town: len(halls) for town, (_, halls) in TOWNS.items()} == {"musterstadt": 4, "kleinheim": 3, "bergdorf": 5}
    assert {name.partition("-")[0] for _, halls in TOWNS.values() for name in halls} == set(TOWNS)
    assert REAL in TOWNS["musterstadt"][1]
    assert [role.value for role, _ in PEOPLE.values()] == ["host-admin", "host-operator", "partner-editor", "partner-viewer"]


def test_figures_since() -> None:
    """What came between two looks."""
    assert Counted(3, 900, 90).since(Counted(1, 600, 50)) == Counted(2, 300, 40)
