"""Plans on the real kernel: what bounds a session, what slows it, and settings that change under a running download."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import apsw
import pytest

from hotspot.lab import Hall, Options, counting
from hotspot.lab.browse import open_connection
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import PORTAL, Download, accept, at_rate, online, sessions, until
from tests.kernel.wall_clock import WallClock

SECONDS_OPEN = 10
"""From the moment that the opening hours are set until closing time."""
DAY = 86_400
FREE = 'time = "2 h"\n'
"""The line of the plan in the hall's settings that more lines are put after."""


async def _phone(hall: Hall, name: str = "anna") -> Phone:
    phone = await hall.add_phone(name)
    await phone.join()
    return phone


async def _reload(hall: Hall, *changes: tuple[str, str]) -> None:
    """Change the portal's settings and have them read again."""
    config, log = hall.folder.portal_config, hall.folder.log("portal")
    text = config.read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the settings"
        text = text.replace(old, new)
    config.write_text(text)
    portal, before = hall.process("portal"), log.read_text().count("settings reloaded")
    with contextlib.suppress(ProcessLookupError):
        os.kill(portal.pid, signal.SIGHUP)
    await until(lambda: _reloaded(hall, before), 5)


async def _reloaded(hall: Hall, before: int) -> bool:
    said = hall.folder.log("portal").read_text()
    assert "settings not reloaded" not in said, said
    return said.count("settings reloaded") > before


async def _rate(phone: Phone, seconds: float = 1.5) -> float:
    """bit/s that arrive at the phone now, whatever it does."""
    first, began = await counting.read(phone.namespace), time.monotonic()
    await asyncio.sleep(seconds)  # a measuring interval, not a wait for something
    second, ended = await counting.read(phone.namespace), time.monotonic()
    return second.since(first).down * 8 / (ended - began)


async def _slower_than(phone: Phone, limit: float) -> bool:
    return await _rate(phone, 0.5) < limit


@pytest.mark.parametrize("address", [SITE, SITE6], ids=["IPv4", "IPv6"])
async def test_a_changed_plan_takes_effect_under_a_running_download(hall: Hall, address: str) -> None:
    """Rates are changed and read again, down and up again: the same connection goes on without a gap, at the new rate each time."""
    anna = await _phone(hall)
    assert (await accept(anna)).status == 303
    async with downloading(anna, address) as download:
        await until(lambda: _more_than(download, 1_000_000), 5)
        for old, new in ((10, 3), (3, 6)):
            await _reload(hall, (f'down = "{old} Mbit/s"', f'down = "{new} Mbit/s"'))
            await until(lambda: _tuned(hall), 3)
            await asyncio.sleep(0.5)  # what was on its way at the old rate
            assert await at_rate(lambda: _rate(anna), new * 1e6)
    assert (download.longest_gap < 1.0, len(sessions(hall))) == (True, 1), download.longest_gap


async def _more_than(download: Download, count: int) -> bool:
    return download.received > count


async def _tuned(hall: Hall) -> bool:
    said = hall.folder.log("portal").read_text()
    return said.count("sessions tuned") >= said.count("settings reloaded")


async def test_after_the_volume_it_goes_on_slowly(hall: Hall) -> None:
    """2 MB fast, then 1 Mbit/s on the same connection; the page says so; a second session of another client is fast."""
    await _reload(hall, (FREE, f'{FREE}volume = "2 MB"\nthen_down = "1 Mbit/s"\nthen_up = "200 kbit/s"\n'))
    anna = await _phone(hall)
    await accept(anna)
    async with downloading(anna) as download:
        await until(lambda: _slower_than(anna, 1.5e6), 8)
        fast = download.received
        assert await at_rate(lambda: _rate(anna, 3), 1e6, 2)
        page = await anna.get(PORTAL, {"Accept-Language": "en"})
    assert 1_600_000 < fast < 2_800_000, fast  # payload; the volume also counts headers, and what the queue drops
    assert "Your fast data is used up" in page.text
    assert (await online(anna), len(sessions(hall))) == (True, 1)
    bert = await _phone(hall, "bert")
    await accept(bert)
    assert (await bert.download_rate(0.5, 0.3)).bits_per_second > 8e6


async def test_the_kernel_ends_sessions_at_closing_time(raise_hall: RaiseHall, wall_clock: WallClock) -> None:
    """Closing time comes while neither process lives: the kernel shuts at that minute. Later the page says when it opens again, and a form
    from before does not open it."""
    hall = await raise_hall(Options())
    wall_clock.set(60 - SECONDS_OPEN - int(time.time()) % 60)
    closes = (wall_clock.now() // 60 + 1) * 60
    opens = closes + 3600
    words = ", ".join(f"{_minute(begin)}-{_minute(end)}" for begin, end in ((closes - 3600, closes), (opens, opens + 3600)))
    table = f'\n[hours.town]\ntime_zone = "Etc/UTC"\nopen = ["Mon-Sun {words}"]\n'
    await _reload(hall, (f"[zones.{'public'}]\n", f'{table}\n[zones.public]\nhours = "town"\n'))
    anna = await _phone(hall)
    page = await anna.get(PORTAL, {"Accept-Language": "en"})
    assert "We are open until" in page.text
    await accept(anna)
    (row,) = sessions(hall)
    assert abs(row.seconds_left - (closes - wall_clock.now())) < 2
    await hall.end("portal", signal.SIGKILL)
    await hall.end("firewall", signal.SIGKILL)
    assert await online(anna)
    assert 0 < await _longest_timeout(hall) - (closes - wall_clock.now()) < 3  # the daemon's 2 s of back-stop
    async with _cut_at(anna) as cut:
        moment = await cut
    assert 0 < moment + wall_clock.offset - closes < 4
    await hall.start_firewall()
    await hall.start_portal()
    shut = await anna.get(PORTAL, {"Accept-Language": "en"})
    assert (shut.status, "We are closed at the moment" in shut.text, "/accept" in shut.text) == (200, True, False)
    assert "The Wi-Fi is open again from" in shut.text
    form = next(form for form in forms(page.text) if form.method == "POST")
    sent = submission(PORTAL, form)
    assert (await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)).status == 409
    assert not await online(anna)


def _minute(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%H:%M")


async def _longest_timeout(hall: Hall) -> float:
    """Seconds until the last element of the zone's maps ends by itself."""
    seconds: list[float] = []
    for name in ("ids", "up", "down"):
        listed = await command("ip", "netns", "exec", hall.layout.gateway, "nft", "-j", "list", "map", "inet", "hotspot_public", name)
        for entry in json.loads(listed)["nftables"]:
            seconds += [float(key["elem"]["expires"]) for key, *_ in entry.get("map", {}).get("elem", ())]
    return max(seconds)


@contextlib.asynccontextmanager
async def _cut_at(phone: Phone) -> AsyncIterator[asyncio.Task[float]]:
    """A task that tells when (wall clock) a drip of bytes from the Internet last arrived, once it has dried up."""
    reader, writer = await open_connection(phone.namespace, SITE, 80)
    writer.write(b"GET /drip/50 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")

    async def watch() -> float:
        last = time.time()
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(1.5):
                    if not await reader.read(4_096):
                        break
                last = time.time()
        return last

    try:
        async with asyncio.TaskGroup() as group:
            yield group.create_task(watch())
    finally:
        writer.transport.abort()


async def test_the_days_share_ends_and_is_remembered(raise_hall: RaiseHall, wall_clock: WallClock) -> None:
    """Four seconds a day: cut after four, with its reason; also after a restart of the portal the share stays used up."""
    wall_clock.set(DAY // 2 - int(time.time()) % DAY)  # noon: no day begins meanwhile, which would bring a share of its own
    hall = await raise_hall(Options())
    await _reload(hall, (FREE, f'{FREE}daily_time = "4 s"\n'))
    anna = await _phone(hall)
    began = time.monotonic()
    await accept(anna)
    assert await online(anna)
    await until(lambda: _offline(anna), 6)
    took = time.monotonic() - began
    pages = [await anna.get(PORTAL, {"Accept-Language": "en"})]
    await hall.end("portal", signal.SIGKILL)
    await hall.start_portal()
    pages.append(await anna.get(PORTAL, {"Accept-Language": "en"}))
    assert [("Your share for today is used up" in page.text, "/accept" in page.text) for page in pages] == [(True, False)] * 2
    assert (3.9 < took < 5.5, await _ended(hall, "daily")) == (True, 1)


async def _offline(phone: Phone) -> bool:
    return not await online(phone)


async def _ended(hall: Hall, reason: str) -> int:
    """Ended sessions with this reason in the journal, which outlives the portal's own counters."""
    state = hall.folder.path / "portal" / "state" / "journal.db"
    await hall.end("portal")
    with contextlib.closing(apsw.Connection(str(state))) as journal:
        return len(journal.execute("SELECT id FROM sessions WHERE reason = ?", (reason,)).fetchall())


async def test_pause_and_extension(hall: Hall) -> None:
    """The visitor's button adds its time, once; who leaves comes back after the pause only, and the page says when."""
    await _reload(hall, (FREE, f'{FREE}extension = "30 min"\npause = "10 min"\n'))
    anna = await _phone(hall)
    await accept(anna)
    before = sessions(hall)[0].seconds_left
    page = await anna.get(PORTAL)
    by_action = {form.action: submission(PORTAL, form) for form in forms(page.text)}
    for _ in range(2):  # tapped twice
        sent = by_action["/extend"]
        assert (await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)).status == 303
    assert abs(sessions(hall)[0].seconds_left - before - 1_800) < 5
    assert 0 < await _longest_timeout(hall) - 9_000 < 4
    later = await anna.get(PORTAL)
    assert [form.action for form in forms(later.text)] == ["/leave"]
    sent = by_action["/leave"]
    assert (await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)).status == 303
    waiting = await anna.get(PORTAL, {"Accept-Language": "en"})
    assert ("You can connect again from" in waiting.text, forms(waiting.text), await online(anna)) == (True, (), False)
