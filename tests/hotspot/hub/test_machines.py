"""The machine of a hub process: what is looked at, and what is left out when it cannot be."""

from pathlib import Path

from hotspot import debian
from hotspot.hub.machines import look
from hotspot.hub.metrics import MachineNow
from hotspot.hub.settings import Machine
from hotspot.portal.certificate_end import end_of
from hotspot.portal.vitals import SOFTWARE
from tests.hotspot.portal.test_certificates import make_pair


def test_certificate_and_disks(tmp_path: Path) -> None:
    """Of this machine; the names of the folders are told to nobody."""
    chain, _ = make_pair(tmp_path, "hub.stadt.example")
    (tmp_path / "hub.pem").write_bytes(chain)
    seen = look(Machine(certificate=tmp_path / "hub.pem", database=tmp_path, backups=tmp_path / "gone", updates=True))
    assert (seen.software, seen.certificate_until, list(seen.disks)) == (SOFTWARE, end_of(chain.decode()), ["database"])
    free, size = seen.disks["database"]
    assert 0 < free <= size
    assert (seen.updated, seen.restart) == (debian.look().updated, debian.look().restart)


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    """A file that is no certificate, one that is away, and nothing that is named."""
    (tmp_path / "hub.pem").write_text("nonsense")
    nothing = MachineNow(software=SOFTWARE)
    assert [look(one) for one in (Machine(certificate=tmp_path / "hub.pem"), Machine(certificate=tmp_path / "x"), Machine())] == [
        nothing
    ] * 3
