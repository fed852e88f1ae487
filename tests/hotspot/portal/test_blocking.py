"""What staff do with the block list: on disk first, then in force; rows are kept."""

from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from firewall.api import BlockedPlace, SetBlocked
from hotspot import control
from hotspot.portal.settings import Settings
from hotspot.portal.staff import Staff
from tests.hotspot.portal.conftest import Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

HEAD = "# Written by the portal; what is written here by hand is lost.\n"


@pytest.fixture
def portal_settings(portal_settings: Settings, tmp_path: Path) -> Settings:
    """With a folder for domains, and a second zone."""
    (tmp_path / "names").mkdir()
    public = portal_settings.zones["public"]
    zones = {"public": public, "council": replace(public, name="council")}
    return replace(portal_settings, blocked_names=tmp_path / "names", zones=zones)


@pytest.fixture
def staff(bench: Bench) -> Staff:
    """Staff of the bench."""
    return Staff(bench.office, bench.meter)


def order(what: str, service: str | None = None, seconds: float | None = None, zone: str | None = None) -> control.BlocklistAdd:
    """A clerk's order."""
    return control.BlocklistAdd(what, "by order", "7 K 26/26", "clerk", service, seconds, zone)


async def added(staff: Staff, request: control.BlocklistAdd) -> control.BlocklistRow:
    """The entry, in force."""
    answer = await staff.answer(request, 1_000)
    assert isinstance(answer, control.BlocklistChanged), answer
    assert answer.pending == ""
    return answer.entry


def shut(firewall: FakeFirewall) -> dict[str, tuple[BlockedPlace, ...]]:
    """The last list of each zone that the firewall was told."""
    return {one.zone: one.places for one in firewall.requests if isinstance(one, SetBlocked)}


async def test_an_entry_is_in_force_and_on_record(bench: Bench, staff: Staff, firewall: FakeFirewall, clock: Clock) -> None:
    """The firewall has the place in the zones that it is of, the row says who, when and why."""
    row = await added(staff, order("198.51.100.0/24", "tcp/25", 60, "council"))
    expected = control.BlocklistRow(
        *(1, "198.51.100.0/24 tcp/25", "council", "by order", "7 K 26/26", clock.unix, "clerk", 1_000, clock.unix + 60, True)
    )
    assert (row, shut(firewall)) == (expected, {"public": (), "council": (BlockedPlace("198.51.100.0/24", "tcp/25", 60.0),)})
    assert await staff.answer(control.Blocklist()) == control.BlocklistIs((expected,))
    columns = "zone, network, service, reason, case_number, added_at, added_by, added_uid, removed_at"
    in_journal = ("council", "198.51.100.0/24", "tcp/25", "by order", "7 K 26/26", clock.unix, "clerk", 1_000, None)
    assert await bench.rows(f"SELECT {columns} FROM blocklist") == [in_journal]
    status = await staff.answer(control.Status())
    assert isinstance(status, control.StatusIs)
    assert status.blocked == 1


async def test_removed_is_lifted_and_stays_on_record(bench: Bench, staff: Staff, firewall: FakeFirewall, clock: Clock) -> None:
    """The place is open, the entry gone from the list, and its row says who lifted it and why; it cannot be lifted twice."""
    await added(staff, order("198.51.100.1"))
    clock.tick(5)
    answer = await staff.answer(control.BlocklistRemove(1, "order lifted", "boss"), 0)
    assert isinstance(answer, control.BlocklistChanged)
    row = answer.entry
    assert (row.in_force, row.removed_at, row.removed_by, row.removed_uid, row.removed_reason) == (
        *(False, clock.unix, "boss", 0, "order lifted"),
    )
    assert shut(firewall) == {"public": (), "council": ()}
    lists = [await staff.answer(control.Blocklist()), await staff.answer(control.Blocklist(all=True))]
    assert lists == [control.BlocklistIs(()), control.BlocklistIs((row,))]
    assert await bench.rows("SELECT removed_by, removed_reason FROM blocklist") == [("boss", "order lifted")]
    again, none = [await staff.answer(control.BlocklistRemove(number, "x", "y")) for number in (1, 2)]
    assert (again, none) == (
        control.Refused("state", "number = 1: expected an entry in force; this one was removed or is over"),
        control.Refused("unknown", "number = 2: expected the number of an entry of the block list"),
    )
    assert (await added(staff, order("198.51.100.1"))).number == 2


async def test_domains_are_written_for_the_name_servers(staff: Staff, portal_settings: Settings) -> None:
    """One file a zone, that its user can read, and nothing else in the folder."""
    folder = portal_settings.blocked_names
    assert folder is not None
    for request in (order("casino.example"), order("b.example", zone="council")):
        await added(staff, request)
    files = {path.name: (path.read_text(), path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert files == {
        "public.servers": (f"{HEAD}server=/casino.example/\n", 0o644),
        "council.servers": (f"{HEAD}server=/b.example/\nserver=/casino.example/\n", 0o644),
    }


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (order("casino"), ("bad_request", "what = 'casino': expected a domain such as")),
        (order("198.51.100.1", "tcp/99999"), ("bad_request", "service = 'tcp/99999': expected a protocol and a port of 1 to 65535")),
        (order("198.51.100.1", zone="nowhere"), ("bad_request", "zone = 'nowhere': expected one of public, council")),
        (
            order("hall.example"),
            ("bad_request", "what = 'hall.example': expected a domain without the portal's own name portal.hall.example"),
        ),
        (order("tcp/25"), ("state", "what = 'tcp/25': expected what is not on the list yet; entry 1 has it")),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(
    bench: Bench, staff: Staff, request_: control.BlocklistAdd, expected: tuple[str, str]
) -> None:
    """Key, value, and what was expected; no row."""
    await added(staff, order("tcp/25"))
    answer = await staff.answer(request_)
    assert isinstance(answer, control.Refused)
    assert (answer.code, answer.message[: len(expected[1])]) == expected
    assert await bench.rows("SELECT count(*) FROM blocklist") == [(1,)]


async def test_no_domain_without_a_folder(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A block that no name server follows would be none."""
    async with running(replace(portal_settings, blocked_names=None), clock) as bench:
        answer = await Staff(bench.office, bench.meter).answer(order("casino.example"))
    assert isinstance(answer, control.Refused)
    assert "blocked_names in portal.toml" in answer.message


async def test_more_than_the_firewall_takes(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is written."""
    monkeypatch.setattr("hotspot.portal.blocking.MOST_PLACES", 4)
    await added(staff, order("tcp/25"))
    answer = await staff.answer(order("198.51.100.1"))
    assert answer == control.Refused("full", "what = '198.51.100.1': expected at most 4 networks in zone public, not 5")


async def test_nothing_changes_while_the_journal_is_unwell(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """A block without who and why would be worse than a refusal."""
    await bench.office.journal.__aexit__(None, None, None)
    answer = await staff.answer(order("198.51.100.1"))
    assert (isinstance(answer, control.Refused), shut(firewall)) == (True, {"public": (), "council": ()})


async def test_restarts_bring_it_back(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """Of the portal, and of the firewall, which then knows of no list; the time that is left is told, not the time from the start."""
    async with running(portal_settings, clock) as bench:
        await added(Staff(bench.office, bench.meter), order("198.51.100.1", seconds=60))
    firewall.requests.clear()
    clock.tick(10)
    async with running(portal_settings, clock) as bench:
        assert shut(firewall)["public"] == (BlockedPlace("198.51.100.1", None, 50.0),)
        firewall.requests.clear()
        await firewall.restart("epoch-2")
        await until(lambda: bench.office.gate.up and bool(firewall.requests))
        assert shut(firewall)["public"] == (BlockedPlace("198.51.100.1", None, 50.0),)
        assert isinstance(firewall.requests[0], SetBlocked), "before anybody is let in"


async def test_while_the_firewall_is_away(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """It is on record at once and has its effect with the next connection; the answer says so."""
    await firewall.stop()
    await until(lambda: not bench.office.gate.up)
    answer = await staff.answer(order("198.51.100.1"))
    assert isinstance(answer, control.BlocklistChanged)
    assert answer.pending == "the firewall does not answer"
    firewall.requests.clear()
    await firewall.restart("epoch-2")
    await until(lambda: bench.office.gate.up)
    assert shut(firewall)["public"] == (BlockedPlace("198.51.100.1"),)


async def test_a_refusal_is_a_fault(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """Until the firewall takes the list."""
    firewall.refuse["set_blocked"] = "kernel"
    answer = await staff.answer(order("198.51.100.1", zone="public"))
    assert isinstance(answer, control.BlocklistChanged)
    assert answer.pending == "block list of zone public: the firewall refused it (kernel)"
    assert "block list of zone public is not in force: the firewall refused it (kernel)" in bench.office.faults()
    firewall.refuse.clear()
    await bench.office.enforcement.look(bench.office.gate.link)
    assert bench.office.enforcement.faults == {}


async def test_a_folder_that_cannot_be_written_is_a_fault(bench: Bench, staff: Staff, portal_settings: Settings) -> None:
    """Told with the path, and over when it can."""
    folder = portal_settings.blocked_names
    assert folder is not None
    folder.rename(folder.with_name("away"))
    answer = await staff.answer(order("casino.example", zone="public"))
    assert isinstance(answer, control.BlocklistChanged)
    assert f"blocked domains of zone public: {folder / 'public.servers'} cannot be written (No such file or directory)" in answer.pending
    folder.with_name("away").rename(folder)
    await bench.office.enforcement.look(None)
    assert (bench.office.enforcement.faults, "casino" in (folder / "public.servers").read_text()) == ({}, True)


async def test_rows_cannot_be_deleted_or_rewritten(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """The file itself says no, whoever tries."""
    async with running(portal_settings, clock) as bench:
        await added(Staff(bench.office, bench.meter), order("198.51.100.1"))
    connection = apsw.Connection(str(portal_settings.state_dir / "journal.db"))
    for attempt in ("DELETE FROM blocklist", "UPDATE blocklist SET reason = 'none'", "UPDATE blocklist SET added_by = ''"):
        with pytest.raises(apsw.ConstraintError, match="rows of the block list are"):
            connection.execute(attempt)
    connection.execute("UPDATE blocklist SET removed_at = 1")
    with pytest.raises(apsw.ConstraintError, match="are not rewritten"):
        connection.execute("UPDATE blocklist SET removed_at = 2")
    connection.close()
