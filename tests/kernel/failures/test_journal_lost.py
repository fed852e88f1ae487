"""The journal's file is lost, damaged or has no room: visitors in session notice nothing, new ones are served or told why not."""

import contextlib
from pathlib import Path

from hotspot.lab import Hall, Options
from hotspot.lab.forms import forms, submission
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures import books
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import LONG, joined, kill, rows
from tests.kernel.visits import PORTAL, accept, online, sessions, status, until

DAMAGE = ("removed", "truncated", "overwritten", "emptied", "one page", "WAL truncated", "WAL removed")
TIMES = 3 if LONG else 1


def _damage(state: Path, how: str) -> None:
    """Do it, as a dying disk or a clumsy hand would."""
    for path in [state / "journal.db", state / "journal.db-wal"]:
        wal = path.name.endswith("-wal")
        if not path.exists() or (how.startswith("WAL") and not wal) or (how == "one page" and wal):
            continue
        size = path.stat().st_size
        if how in ("removed", "WAL removed"):
            path.unlink()
        elif how == "emptied":
            path.write_bytes(b"")
        elif how == "overwritten":
            path.write_bytes(b"\xa5" * max(8_192, size))
        elif how == "one page":
            with path.open("r+b") as file:
                file.seek(max(0, min(4_096, size - 4_096)))
                file.write(b"\xa5" * 4_096)
        else:
            with path.open("r+b") as file:
                file.truncate(min(1_000, size // 2))


async def _served(phone: Phone) -> bool:
    return (await accept(phone)).status == 303


async def test_damaged_while_the_portal_runs(hall: Hall) -> None:
    """Sessions go on, a new visitor is served within five seconds, and whoever was answered 303 is in the journal afterwards, with the
    acceptance: what the portal knows it writes again."""
    (anna,) = inside = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna):
        for number, how in enumerate(DAMAGE * TIMES):
            (new,) = await joined(hall, f"new{number}")
            _damage(hall.folder.path / "portal" / "state", how)
            await until(lambda new=new: _served(new), 5)  # type: ignore[misc]
            inside.append(new)
            assert [await online(phone) for phone in inside] == [True] * len(inside)
            await until(lambda: _written(hall, inside), 5)
        await kill(hall, "portal")
        assert await _written(hall, inside)
        await hall.start_portal()
    assert len(sessions(hall)) == len(inside)


async def _written(hall: Hall, inside: list[Phone]) -> bool:
    """Are they in the journal's files, with their acceptances, and nobody else?"""
    written = {(entry.mac, entry.in_progress, entry.accepted) for entry in books.journal(hall)}
    return written == {(phone.mac, True, True) for phone in inside}


async def test_damaged_while_the_portal_is_dead(hall: Hall) -> None:
    """The portal starts with what it finds: sessions are taken over from the kernel and go on; a new visitor is served. A damaged file is
    kept beside the fresh one, because acceptances may be in it."""
    (anna,) = inside = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    state = hall.folder.path / "portal" / "state"
    async with watched(hall, anna):
        for number, how in enumerate(DAMAGE * TIMES):
            (new,) = await joined(hall, f"new{number}")
            await kill(hall, "portal")
            _damage(state, how)
            assert [await online(phone) for phone in inside] == [True] * len(inside)
            await hall.start_portal()
            await until(lambda new=new: _served(new), 5)  # type: ignore[misc]
            inside.append(new)
            assert [await online(phone) for phone in inside] == [True] * len(inside)
            await until(lambda: rows(hall, len(inside)), 3)
            assert how not in ("truncated", "overwritten", "one page") or any(state.glob("journal.db*.damaged-*"))


async def test_full_disk_is_told_and_heals(raise_hall: RaiseHall) -> None:
    """With no room for the journal nobody new is let in, and is told so; who is online stays; with room again all is well by itself. A
    portal that starts on the full disk is no worse."""
    hall = await raise_hall(Options())
    state = hall.folder.path / "portal" / "state"
    anna, bert = await joined(hall, "anna", "bert")
    await hall.end("portal")
    owner = state.stat().st_uid
    await command("mount", "-t", "tmpfs", "-o", f"size=1m,uid={owner},gid={owner},mode=700", "tmpfs", str(state))
    try:
        await hall.start_portal()
        assert (await accept(anna)).status == 303
        stone = state / "stone"
        async with watched(hall, anna):
            for restart in (False, True):
                _fill(stone)
                if restart:
                    await kill(hall, "portal")
                    await hall.start_portal()
                await _refused(hall, bert)
                assert (await online(bert), await online(anna)) == (False, True)
                stone.unlink()
                await until(lambda: _served(bert), 5)
                assert (await online(bert), status(hall).ok) == (True, True)
                await _leave(bert)
        assert {entry.mac for entry in books.journal(hall) if entry.in_progress} == {anna.mac}
    finally:
        await hall.end("portal")
        await command("umount", str(state))


def _fill(stone: Path) -> None:
    with contextlib.suppress(OSError), stone.open("wb", buffering=0) as out:
        while out.write(b"\0" * 4_096):
            pass


async def _refused(hall: Hall, phone: Phone) -> None:
    """Sooner or later: until then the journal uses up what room its own files had."""
    for _ in range(60):
        answer = await accept(phone)
        if answer.status == 503:
            break
        assert answer.status == 303
        await _leave(phone)
    else:
        raise AssertionError("the disk is full, and everybody is served")
    assert (status(hall).ok, status(hall).journal) == (False, False)
    problem = await phone.get(PORTAL)
    assert (problem.status, "<h1" in problem.text) in ((503, True), (200, True))


async def _leave(phone: Phone) -> None:
    """The visitor presses the button; it may take until the journal is well again."""
    (form,) = [form for form in forms((await phone.get(PORTAL)).text) if form.action.startswith("/leave")]
    sent = submission(PORTAL, form)
    await phone.request("POST", sent.url, headers=sent.headers, body=sent.body)
    assert not await online(phone)
