"""A hall on the real kernel: it comes up, phones get on, and nothing of it stays."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotspot.lab import Hall, Options, namespaces, processes
from hotspot.lab.browse import Unreachable
from hotspot.lab.counting import Bytes
from hotspot.lab.hall import down, own_namespaces
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.phone import Lease
from hotspot.lab.probes import PROBES
from hotspot.lab.record import NETNS_ETC, Started

pytestmark = pytest.mark.kernel

NETWORK = Options(gateway=False)
"""Only the network and its servers: what the lab itself is responsible for."""


@pytest.fixture
async def network(name: str) -> AsyncIterator[Hall]:
    """A hall whose gateway masquerades for everybody."""
    async with Hall(name, NETWORK) as hall:
        yield hall


def left_of(hall: Hall) -> list[str]:
    """What is there of a hall: namespaces, folders."""
    return [
        *own_namespaces(hall.layout),
        *map(str, NETNS_ETC.glob(f"{hall.layout.hall}-*")),
        *([str(hall.folder.path)] * hall.folder.path.exists()),
    ]


async def test_a_phone_gets_a_lease_and_an_ipv6_address(network: Hall) -> None:
    """Real DHCP, real router advertisements, the addresses that belong to this hall."""
    phone = await network.add_phone("anna")
    await phone.join()
    assert phone.lease == Lease(phone.lease.ip, "198.18.0.1", ("198.18.0.1",), 3600, "")
    assert phone.lease.ip.startswith("198.18.")
    assert phone.address6 == "2001:db8:1::ff:fe00:1"


async def test_a_phone_hears_of_the_portals_api(name: str) -> None:
    """DHCP option 114 arrives byte by byte when it is chosen."""
    async with Hall(name, Options(gateway=False, option_114="https://portal.hall.example/api/captive")) as hall:
        phone = await hall.add_phone("anna")
        await phone.join()
        assert phone.lease.option_114 == "https://portal.hall.example/api/captive"


async def test_names_resolve_to_the_truth_on_both_stacks(network: Hall) -> None:
    """Names of the Internet are the site, the portal's name is the gateway, unknown names are none."""
    phone = await network.add_phone("anna")
    await phone.join()
    asked = [("www.town.example", socket.AF_INET), ("www.town.example", socket.AF_INET6), ("portal.hall.example", socket.AF_INET)]
    assert [await phone.resolve(name, family) for name, family in asked] == [SITE, SITE6, "198.18.0.1"]
    with pytest.raises(LabFailed, match="knows no A record"):
        await phone.resolve("nowhere.example")


async def test_the_site_answers_every_probe_as_the_real_servers(network: Hall) -> None:
    """Status, body and special headers of each probe, as the table says, over both stacks."""
    phone = await network.add_phone("anna")
    await phone.join()
    for probe in PROBES:
        for family in (socket.AF_INET6,) if probe.host.startswith("ipv6.") else (socket.AF_INET, socket.AF_INET6):
            answer = await phone.get(f"http://{probe.host}{probe.path}", {"User-Agent": probe.user_agent}, family)
            special = tuple((key, answer.header(key)) for key, _ in probe.headers)
            assert (probe.host, answer.status, answer.text, special) == (probe.host, probe.status, probe.body, probe.headers)


async def test_two_phones_are_two_devices(network: Hall) -> None:
    """Own namespace, own MAC, own lease; without isolation they reach each other, which is for the gateway to prevent."""
    anna, bob = await network.add_phone("anna"), await network.add_phone("bob")
    await asyncio.gather(anna.join(), bob.join())
    assert anna.mac != bob.mac
    assert anna.lease.ip != bob.lease.ip
    assert (await anna.run(["ping", "-c1", "-W2", bob.lease.ip])).status == 0


async def test_an_access_point_can_isolate(name: str) -> None:
    """With the option, phones do not reach each other and still reach the gateway."""
    async with Hall(name, Options(gateway=False, isolation=True)) as hall:
        anna, bob = await hall.add_phone("anna"), await hall.add_phone("bob")
        await asyncio.gather(anna.join(), bob.join())
        assert (await anna.run(["ping", "-c1", "-W1", bob.lease.ip])).status == 1
        assert (await anna.run(["ping", "-c1", "-W2", "198.18.0.1"])).status == 0


async def test_there_is_no_way_out_of_a_hall(network: Hall) -> None:
    """The WAN knows its own nets and nothing else: no default route, so no packet can leave for the machine's network."""
    routes = [await namespaces.command("ip", "-n", network.layout.wan, *family, "route", "show", "default") for family in ([], ["-6"])]
    assert routes == ["", ""]
    phone = await network.add_phone("anna")
    await phone.join()
    with pytest.raises(Unreachable):
        await phone.connect("192.0.2.1", 80, seconds=2)


async def test_nothing_is_left_of_a_hall(name: str) -> None:
    """Namespaces, processes, folders: all gone, also those of a phone and of a program that somebody left running in it."""
    async with Hall(name, NETWORK) as hall:
        phone = await hall.add_phone("anna")
        await phone.join()
        stray = processes.start("stray", phone.namespace, ["sleep", "1000"], hall.folder.log("stray"))
        started = [*hall.record.processes, stray]
        assert all(map(processes.alive, started))
        assert len(left_of(hall)) == 6
    assert left_of(hall) == []
    assert [process.name for process in started if processes.alive(process)] == []


async def test_a_hall_whose_record_is_lost_is_taken_down_too(name: str) -> None:
    """After a crash there may be no record, and processes that no record knows."""
    hall = Hall(name, NETWORK)
    await hall.raise_()
    started = hall.record.processes
    hall.folder.state.unlink()
    found = await down(name)
    assert [thing for thing in found if thing.startswith("namespace")] == [f"namespace {name}-{part}" for part in ("ap", "gw", "wan")]
    assert (left_of(hall), [process.name for process in started if processes.alive(process)]) == ([], [])
    assert await down(name) == []


async def test_a_hall_that_fails_to_come_up_leaves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends at once is told with its last words, and what was there already is taken away."""
    monkeypatch.setattr("hotspot.lab.servers.radvd_conf", lambda _: "this is no configuration\n")
    hall = Hall(name, NETWORK)
    with pytest.raises(LabFailed, match="radvd ended before it was ready: .*syntax error"):
        await hall.raise_()
    assert left_of(hall) == []


async def test_a_second_hall_of_the_same_name_is_refused(network: Hall) -> None:
    """The one that is there stays as it is."""
    before = network.record
    with pytest.raises(LabFailed, match="is there already"):
        await Hall(network.layout.hall, NETWORK).raise_()
    assert network.record == before


async def test_a_process_of_another_start_is_not_ended(network: Hall, tmp_path: Path) -> None:
    """A pid used again belongs to somebody else: the start time is compared."""
    process = processes.start("sleeper", network.layout.wan, ["sleep", "1000"], tmp_path / "log")
    await processes.end(Started("sleeper", process.pid, process.ticks - 1, process.namespace))
    assert processes.alive(process)
    await processes.end(process)
    assert not processes.alive(process)


async def test_phones_count_what_crosses_the_gateway_only(network: Hall) -> None:
    """Talk with the gateway does not count; a download does, with its headers, on the phone and in the Internet alike."""
    phone = await network.add_phone("anna")
    await phone.join()
    before = await phone.forwarded()
    assert (await phone.run(["ping", "-c1", "-W2", "198.18.0.1"])).status == 0
    assert (await phone.forwarded()).since(before) == Bytes(0, 0)
    answer = await phone.get("http://download.town.example/bytes/1000000")
    after = (await phone.forwarded()).since(before)
    assert len(answer.body) == 1_000_000
    assert 1_000_000 * 1500 / 1448 < after.down < 1_000_000 * 1500 / 1448 * 1.02
