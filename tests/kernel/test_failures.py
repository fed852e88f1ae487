"""What happens to visitors when something of ours fails: nothing, or something clear; and it heals."""

import asyncio
import contextlib
import functools
import signal
from collections.abc import AsyncIterator

import pytest

from hotspot.lab import Hall, Options
from hotspot.lab.browse import open_connection
from hotspot.lab.layout import SITE
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from tests.kernel.conftest import RaiseHall
from tests.kernel.visits import PORTAL, Download, accept, online, sessions, status, until


async def _phones(hall: Hall, *names: str) -> list[Phone]:
    phones = [await hall.add_phone(name) for name in names]
    for phone in phones:
        await phone.join()
    return phones


@contextlib.asynccontextmanager
async def _downloading(phone: Phone) -> AsyncIterator[Download]:
    """A long download on an open connection."""
    reader, writer = await open_connection(phone.namespace, SITE, 80)
    writer.write(b"GET /bytes/10000000000 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    download = Download(reader)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(download.run())
            yield download
            running.cancel()
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("name", ["firewall", "portal"])
async def test_killed_process_is_not_noticed_by_who_is_online(hall: Hall, name: str) -> None:
    """``kill -9`` during a download: it goes on; a new visitor is served within two seconds of the restart; usage is not lost."""
    anna, bert = await _phones(hall, "anna", "bert")
    assert (await accept(anna)).status == 303
    async with _downloading(anna) as download:
        await until(lambda: _more_than(download, 200_000), 5)
        await hall.end(name, signal.SIGKILL)
        before = download.received
        await until(lambda: _more_than(download, before + 1_000_000), 5)
        await (hall.start_firewall() if name == "firewall" else hall.start_portal())
        took = await until(lambda: _served(bert), 2)
    assert (took < 2, download.longest_gap < 1, await online(bert)) == (True, True, True)
    assert len(sessions(hall)) == 2
    used = max(row.bytes_down for row in sessions(hall))
    assert used > before


@pytest.mark.parametrize("damage", [("delete", "table", "inet", "hotspot_public"), ("delete", "table", "inet", "hotspot_guard")])
async def test_download_survives_a_deleted_table(hall: Hall, damage: tuple[str, ...]) -> None:
    """A table is deleted under a running download: when it is back, the download goes on by itself."""
    (anna,) = await _phones(hall, "anna")
    await accept(anna)
    async with _downloading(anna) as download:
        for _ in range(3):
            await command("ip", "netns", "exec", hall.layout.gateway, "nft", *damage)
            await until(functools.partial(_more_than, download, download.received + 500_000), 10)


async def _more_than(download: Download, count: int) -> bool:
    return download.received > count


async def _served(phone: Phone) -> bool:
    return (await accept(phone)).status == 303


async def test_after_a_reboot_sessions_are_online_again(hall: Hall) -> None:
    """Both processes dead and the kernel empty, as after a power cut: who had time left is online without a new acceptance, with the time
    and the usage that it had; who left is not."""
    anna, bert, carl = await _phones(hall, "anna", "bert", "carl")
    for phone in (anna, bert):
        await accept(phone)
    assert (await anna.get("http://www.town.example/")).status == 200
    await until(lambda: _counted(hall), 5)
    await hall.end("portal", signal.SIGTERM)
    await hall.end("firewall", signal.SIGKILL)
    for words in (
        ("nft", "flush", "ruleset"),
        ("tc", "qdisc", "del", "dev", "lan0", "root"),
        ("tc", "qdisc", "del", "dev", "wan0", "root"),
    ):
        await command("ip", "netns", "exec", hall.layout.gateway, *words)
    await hall.start_firewall()
    assert [await online(phone) for phone in (anna, bert, carl)] == [False, False, False]
    await hall.start_portal()
    await until(lambda: online(anna), 2)
    assert [await online(phone) for phone in (anna, bert, carl)] == [True, True, False]
    rows = sessions(hall)
    assert (len(rows), max(row.bytes_down for row in rows) > 0, all(row.seconds_left > 7_000 for row in rows)) == (2, True, True)


async def _counted(hall: Hall) -> bool:
    return any(row.bytes_down for row in sessions(hall))


@pytest.mark.parametrize("damage", ["removed", "truncated", "overwritten"])
async def test_damaged_journal_ends_nobody(hall: Hall, damage: str) -> None:
    """A journal that is lost while the portal runs: sessions go on, a new visitor is served from a fresh journal, and both are in it."""
    anna, bert = await _phones(hall, "anna", "bert")
    await accept(anna)
    for path in (hall.folder.path / "portal" / "state").glob("journal.db*"):
        if damage == "removed":
            path.unlink()
        elif damage == "truncated":
            path.write_bytes(path.read_bytes()[:1_000])
        else:
            path.write_bytes(b"\xa5" * max(8_192, path.stat().st_size))
    await until(lambda: _served(bert), 5)
    assert (await online(anna), await online(bert)) == (True, True)
    await until(lambda: _rows(hall, 2), 5)
    await hall.end("portal", signal.SIGKILL)
    await hall.start_portal()
    assert len(sessions(hall)) == 2
    assert "journal unwell" in hall.folder.log("portal").read_text() or "fresh journal" in hall.folder.log("portal").read_text()


async def _rows(hall: Hall, count: int) -> bool:
    return len(sessions(hall)) == count


async def test_full_disk_is_told_and_heals(raise_hall: RaiseHall) -> None:
    """With no room for the journal nobody new is let in, and is told so; who is online stays; with room again all is well by itself."""
    hall = await raise_hall(Options())
    state = hall.folder.path / "portal" / "state"
    anna, bert = await _phones(hall, "anna", "bert")
    await hall.end("portal")
    owner = state.stat().st_uid
    await command("mount", "-t", "tmpfs", "-o", f"size=1m,uid={owner},gid={owner},mode=700", "tmpfs", str(state))
    try:
        await hall.start_portal()
        await accept(anna)
        stone = state / "stone"
        with contextlib.suppress(OSError), stone.open("wb", buffering=0) as out:
            while out.write(b"\0" * 4_096):
                pass
        refused = [await accept(bert) for _ in range(40)][-1]  # until the journal has used up what room its own files had
        assert (refused.status, await online(bert), await online(anna)) == (503, False, True)
        assert (status(hall).ok, status(hall).journal) == (False, False)
        problem = await bert.get(PORTAL)
        assert (problem.status, "<h1" in problem.text) in ((503, True), (200, True))
        stone.unlink()
        await until(lambda: _served(bert), 5)
        assert (await online(bert), status(hall).ok) == (True, True)
    finally:
        await hall.end("portal")
        await command("umount", str(state))
