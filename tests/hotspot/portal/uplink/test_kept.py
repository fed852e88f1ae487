"""The policy in the state folder."""

from hashlib import sha256
from pathlib import Path

import pytest

from hotspot import wire
from hotspot.portal.settings import BadSettings, load
from hotspot.portal.settings_reader import Files
from hotspot.portal.uplink import kept
from tests.hotspot.portal.test_certificates import make_pair

TERMS = b"Bitte freundlich."
DIGEST = sha256(TERMS).hexdigest()
POLICY = wire.Policy(
    serial=7, settings={"hall": {"contact": "Pforte"}, "terms": {"version": "2", "file": {"de": "agb.txt"}}}, files={"agb.txt": DIGEST}
)
CONFIG = """
state_dir = "state"
firewall_socket = "firewall.sock"
control_socket = "control.sock"
hall.name = "Rathaus"
terms.version = "1"
plans.free = { down = 1e6, up = 1e6, time = 60 }
zones.public = { plans = ["free"], portal_url = "http://portal.hall.example/" }
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with a policy and its file, beside settings that name no hub."""
    folder = tmp_path / "state"
    folder.mkdir()
    kept.add_file(folder, "agb.txt", DIGEST, TERMS)
    kept.keep(folder, POLICY)
    (tmp_path / "portal.toml").write_text(CONFIG)
    return folder


def test_it_is_there_again(state: Path) -> None:
    """As it came, and for the owner alone: it holds the keys of voucher codes."""
    assert kept.read(state, Files()) == POLICY
    assert ((state / kept.NAME).stat().st_mode & 0o777, kept.missing(state, POLICY)) == (0o600, {})


def test_it_holds_where_there_is_a_hub(state: Path) -> None:
    """Over the file, with its own files; a hall that has left its hub has its own settings again."""
    config = state.parent / "portal.toml"
    assert kept.in_force(config, Files()) == load(config)
    certificate, _ = make_pair(state.parent, "hub.example")
    (state.parent / "hub.pem").write_bytes(certificate)
    config.write_text(CONFIG + 'hub = { url = "https://hub.example", authority = "hub.pem" }\n')
    settings = kept.in_force(config, Files())
    assert (settings.hall.contact, settings.terms.text, settings.policy and settings.policy.serial) == ("Pforte", {"de": TERMS.decode()}, 7)
    (state / kept.NAME).unlink()
    assert kept.in_force(config, Files()) == load(config)


def test_a_file_that_was_damaged_is_fetched_again(state: Path) -> None:
    """Like one that is not there; what comes must be what the policy names."""
    (path,) = (state / "policy-files").iterdir()
    path.write_bytes(b"Bitte")
    assert kept.missing(state, POLICY) == {"agb.txt": DIGEST}
    with pytest.raises(ValueError, match=r"^cannot use file agb\.txt: its SHA-256 is another than the policy says$"):
        kept.add_file(state, "agb.txt", DIGEST, b"Bitte")
    kept.add_file(state, "agb.txt", DIGEST, TERMS)
    assert kept.missing(state, POLICY) == {}


def test_files_that_are_not_named_go(state: Path) -> None:
    """Those of the policy stay."""
    kept.add_file(state, "alt.txt", sha256(b"alt").hexdigest(), b"alt")
    kept.drop_unused(state, POLICY)
    assert [path.name for path in (state / "policy-files").iterdir()] == [f"{DIGEST}.txt"]
    kept.drop_unused(state, wire.Policy(serial=8))
    assert list((state / "policy-files").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"serial": -1}', b'{"serial": 1, "wire": 9}', b"\xff" * 10])
def test_what_cannot_be_read_is_said(state: Path, content: bytes) -> None:
    """With the name of the file; it is never taken for no policy."""
    (state / kept.NAME).write_bytes(content)
    with pytest.raises(BadSettings, match="^cannot read .*policy.json: "):
        kept.read(state, Files())


def test_was_the_hub_ever_reached(tmp_path: Path) -> None:
    """Written down at the first answer, and known from a policy of an earlier day."""
    assert not kept.was_reached(tmp_path)
    kept.mark_reached(tmp_path)
    kept.mark_reached(tmp_path)
    assert kept.was_reached(tmp_path)
    (tmp_path / kept.REACHED).unlink()
    kept.keep(tmp_path, POLICY)
    assert kept.was_reached(tmp_path)
