"""PDFs from a process of their own: one at a time, within time and memory, and started anew when it died."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from hotspot.hub.printer import Busy, NotPrinted, Printer, Refused
from hotspot.printing.prints import Network, PagePrint, Place, PosterPrint
from tests.hotspot.printing.reading import is_tagged, pages_of, text_of

pytestmark = pytest.mark.asyncio
PAGE = PagePrint(html="<!DOCTYPE html><html lang=de><title>Bericht</title><p>Grüße aus Kleinheim</p></html>", variant="pdf/ua-1")
PLACE = Place(
    settings={},
    files={},
    contents={},
    title="Rathaus",
    town="Kleinheim",
    network=Network(zone="public", ssid="WLAN", address="http://portal.hall.example/"),
)


@pytest.fixture
async def printer() -> AsyncIterator[Printer]:
    """One that is ended."""
    printer = Printer()
    yield printer
    printer.close()


def workers() -> list[int]:
    """Ids of our processes that make PDFs."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return [child for child in found if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


async def test_a_page(printer: Printer, tmp_path: Path) -> None:
    """HTML becomes a tagged PDF; the second one comes from the same process, which is gentle and ends with the printer."""
    file = tmp_path / "page.pdf"
    file.write_bytes(await printer.pdf(PAGE, "kleinheim"))
    assert ("Grüße aus Kleinheim" in text_of(file), pages_of(file)[0], is_tagged(file)) == (True, 1, True)
    first = workers()
    await printer.pdf(PAGE, "kleinheim")
    assert (workers(), len(first)) == (first, 1)
    assert (os.getpriority(os.PRIO_PROCESS, first[0]), Path(f"/proc/{first[0]}/oom_score_adj").read_text()) == (5, "1000\n")
    printer.close()
    assert workers() == []


async def test_others_do_not_wait(printer: Printer) -> None:
    """The work is done over there: what it costs this process is a small part of it, and no more when the document is long."""
    await printer.pdf(PAGE, "kleinheim")
    (there,) = workers()
    ours, theirs = time.process_time(), seconds_of(there)
    assert (await printer.pdf(PagePrint(html="<p>Wort " * 3_000), "kleinheim"))[:5] == b"%PDF-"
    assert time.process_time() - ours < 0.1 * (seconds_of(there) - theirs)


def seconds_of(process: int) -> float:
    """Of processor time."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_one_that_dies_is_started_anew(printer: Printer) -> None:
    """Killed in the middle of a print: that one fails, the next one comes."""
    await printer.pdf(PAGE, "kleinheim")
    async with asyncio.TaskGroup() as group:
        failing = group.create_task(_failure(printer, PagePrint(html="<p>Wort " * 20_000)))
        await asyncio.sleep(0)
        os.kill(workers()[0], signal.SIGKILL)
    assert failing.result() == "cannot make the PDF: the process that makes it has ended"
    assert (await printer.pdf(PAGE, "kleinheim"))[:5] == b"%PDF-"


async def _failure(printer: Printer, wanted: PagePrint) -> str:
    with pytest.raises(NotPrinted) as raised:
        await printer.pdf(wanted, "kleinheim")
    return str(raised.value)


async def test_one_that_is_stuck_is_ended() -> None:
    """Too slow: it is given up, and nothing is left of it."""
    printer = Printer(seconds=0.2)
    assert await _failure(printer, PAGE) == "cannot make the PDF: it took more than 0.2 s"
    assert workers() == []


async def test_memory_is_bounded() -> None:
    """A document that would need more ends the process, not the server."""
    printer = Printer(memory=300_000_000)
    try:
        assert (await printer.pdf(PAGE, "kleinheim"))[:5] == b"%PDF-"
        assert await _failure(printer, PagePrint(html="<p>Wort " * 20_000)) == "cannot make the PDF: the process that makes it has ended"
    finally:
        printer.close()


async def test_the_line_is_short() -> None:
    """Who comes when too many wait is told so at once; who is given up makes room."""
    printer = Printer(in_line=2)
    try:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(printer.pdf(PAGE, "kleinheim")) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="2 prints are in line: expected at most 2"):
                await printer.pdf(PAGE, "grossdorf")
            waiting[0].cancel()
        assert waiting[1].result()[:5] == b"%PDF-"
        assert (await printer.pdf(PAGE, "kleinheim"))[:5] == b"%PDF-"
    finally:
        printer.close()


async def test_it_rests() -> None:
    """Nothing to print for a while: the process goes, and comes back when it is needed."""
    printer = Printer(idle=0.0)
    for _ in range(2):
        await printer.pdf(PAGE, "kleinheim")
        await asyncio.sleep(0.01)
        assert workers() == []


async def test_what_cannot_be_printed(printer: Printer) -> None:
    """A language that there is not, settings that no gateway would take: said, and the process goes on."""
    with pytest.raises(Refused, match="language 'tlh': expected one of"):
        await printer.pdf(PosterPrint(place=PLACE, languages=("tlh",)), "kleinheim")
    first = workers()
    wrong = msgspec.structs.replace(PLACE, settings={"plans": {"free": {"down": "fast", "up": "1 Mbit/s", "time": "2 h"}}})
    with pytest.raises(Refused, match=r"plans\.free\.down = 'fast'"):
        await printer.pdf(PosterPrint(place=wrong, languages=("de",)), "kleinheim")
    endless = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="a"><use href="#a"/></g></svg>'
    theme = {**PLACE.settings, "theme": {"logo": {"file": "w.svg", "alt": {"de": "Wappen"}}}}
    drawn = msgspec.structs.replace(PLACE, settings=theme, files={"w.svg": sha256(endless).hexdigest()}, contents={"w.svg": endless})
    with pytest.raises(Refused, match="expected a drawing of at most 50000 shapes"):
        await printer.pdf(PosterPrint(place=drawn, languages=("de",)), "kleinheim")
    assert (await printer.pdf(PosterPrint(place=PLACE, languages=("de", "ar")), "kleinheim"))[:5] == b"%PDF-"
    assert workers() == first


async def test_a_town_takes_no_line_away() -> None:
    """Who has two in line is told to come again; others print."""
    printer = Printer()
    try:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(printer.pdf(PAGE, "kleinheim")) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="and 2 of one town"):
                await printer.pdf(PAGE, "kleinheim")
            other = group.create_task(printer.pdf(PAGE, "grossdorf"))
        assert [task.result()[:5] for task in (*waiting, other)] == [b"%PDF-"] * 3
        assert (await printer.pdf(PAGE, "kleinheim"))[:5] == b"%PDF-"
    finally:
        printer.close()
