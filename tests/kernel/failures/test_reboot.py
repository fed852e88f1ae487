"""The gateway loses its power: kernel state gone, another boot id, a boot clock that begins again, and both processes new."""

import sys
from pathlib import Path

import pytest

from hotspot.lab import Hall, gateway
from hotspot.lab.gateway import Rights
from hotspot.lab.namespaces import write_sysctls
from tests.kernel.failures import books
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import LONG, SERVICES, in_gateway, joined, kill
from tests.kernel.visits import accept, online, sessions, until

BOOTS = 10 if LONG else 2
CUT = (
    ("nft", "flush", "ruleset"),
    ("tc", "qdisc", "del", "dev", "lan0", "root"),
    ("tc", "qdisc", "del", "dev", "wan0", "root"),
    ("conntrack", "-F"),
    ("ip", "neigh", "flush", "all"),
)
"""What a kernel forgets that has no power."""


class Booted(Rights, frozen=True):
    """Rights of a process that sees another boot: its own boot id, and a boot clock (time_namespaces(7)) that began a moment ago."""

    boot_id: str = ""
    """A file with the boot id."""
    offset: int = 0
    """Seconds on top of this machine's boot clock."""

    def words(self) -> list[str]:
        """The mount is in the namespace that ``ip netns exec`` makes for its program alone."""
        script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec unshare --time --boottime "$1" "${@:2}"'
        return ["bash", "-c", script, self.boot_id, str(self.offset), *super().words()]


class Machine:
    """The machine under the hall, which can be booted."""

    def __init__(self, hall: Hall, patch: pytest.MonkeyPatch) -> None:
        self._hall, self._patch, self._boots = hall, patch, 0

    async def lose_power(self) -> None:
        """All at once: processes, rules, shaping, connections; it forwards nothing."""
        await kill(self._hall, *SERVICES)
        write_sysctls(self._hall.layout.gateway, {"ipv4/ip_forward": 0, "ipv6/conf/all/forwarding": 0})
        for words in CUT:
            await in_gateway(self._hall, *words)

    async def boot(self, seconds: int) -> None:
        """The guard first, as its unit does, then forwarding; the next processes see a boot that is ``seconds`` old."""
        hall = self._hall
        self._boots += 1
        boot_id = hall.folder.path / f"boot_id{self._boots}"
        boot_id.write_text(f"00000000-0000-4000-8000-{self._boots:012d}\n", encoding="ascii")
        boot_id.chmod(0o444)
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        firewall, portal, remark = await gateway.rights()
        both = [Booted(who.uid, who.capabilities, str(boot_id), seconds - int(uptime)) for who in (firewall, portal)]

        async def rights() -> tuple[Rights, Rights, str]:
            return both[0], both[1], remark

        self._patch.setattr(gateway, "rights", rights)
        root = str(Path(__file__).parents[3])
        words = (
            "env",
            f"PYTHONPATH={root}",
            sys.executable,
            "-P",
            "-m",
            "firewall",
            "--config",
            str(hall.folder.firewall_config),
            "--guard",
        )
        await in_gateway(hall, *words)
        write_sysctls(hall.layout.gateway, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})


async def test_power_cut(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again: who had time left is online without a new tap, with the time and the usage that it had; who had left, or never came,
    is not, and gets nothing out at any moment between."""
    anna, bert, carl = await joined(hall, "anna", "bert", "carl")
    for phone in (anna, bert):
        assert (await accept(phone)).status == 303
    assert (await anna.get("http://www.town.example/")).status == 200
    before = {row.code: row for row in sessions(hall)}
    machine = Machine(hall, monkeypatch)
    async with watched(hall, anna) as fence:
        for number in range(BOOTS):
            await machine.lose_power()
            await machine.boot(seconds=20 + number)
            await hall.start_firewall()
            assert [await online(phone) for phone in (anna, bert, carl)] == [False, False, False]
            await hall.start_portal()
            _is_another_boot(hall)
            for phone in (anna, bert):
                await until(lambda phone=phone: online(phone), 2)  # type: ignore[misc]
            assert (await online(carl), await fence.arrived()) == (False, 0)
            rows = {row.code: row for row in sessions(hall)}
            assert {code: row.accepted_at for code, row in rows.items()} == {code: row.accepted_at for code, row in before.items()}
            assert all(row.bytes_down >= before[code].bytes_down for code, row in rows.items())
            assert all(7_000 < row.seconds_left <= before[code].seconds_left for code, row in rows.items())
            before = rows
    assert await books.granted(hall) == {anna.mac, bert.mac}


def _is_another_boot(hall: Hall) -> None:
    """The check of the check: the portal's clock is not this machine's."""
    assert Path(f"/proc/{hall.process('portal').pid}/ns/time").readlink() != Path("/proc/self/ns/time").readlink()


async def test_portal_first(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal comes up before the firewall: whoever has time left is online as soon as the firewall is there too."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    machine = Machine(hall, monkeypatch)
    async with watched(hall, anna):
        await machine.lose_power()
        await machine.boot(seconds=5)
        await hall.start_portal()
        assert not await online(anna, 0.5)
        await hall.start_firewall()
        await until(lambda: online(anna), 2)
    assert len(sessions(hall)) == 1
