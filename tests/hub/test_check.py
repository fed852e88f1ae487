"""``hotspot check``: exit status, one line, performance data; against a real hub and a real portal's socket, and without them."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hotspot import control, wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import boxes, says

pytestmark = pytest.mark.hub
WELL = wire.Health(
    zones=(wire.ZoneHealth("public", online=3, pool_used=50, pool_size=100),), disk_free=50, disk_size=100, accepts=7, backlog=1
)


async def run(*words: str, token: str = "", home: Path | None = None) -> tuple[int, str, str]:
    """Exit status, what it says, and its numbers; stderr is empty but for wrong options."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTSPOT_")}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": str(home or "/nonexistent")}
    if token:
        environment["HOTSPOT_HUB_TOKEN"] = token
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "hotspot", "check", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert b"Traceback" not in err
    text, _, numbers = out.decode().strip().partition(" | ")
    assert process.returncode is not None
    return process.returncode, text or err.decode().strip().splitlines()[-1], numbers


async def test_a_hub_that_is_well_and_one_with_silent_halls(api: Api, hub: Hub) -> None:
    """All halls at a glance; thresholds are options; a partner's token sees its own."""
    one, two = await boxes(hub.store, 2)
    async with hub.store.transaction() as connection:
        for box in (one, two):
            await says(connection, box, hub.now(), WELL)
    status, text, numbers = await run("hub", "--url", api.base, token=api.token)
    assert (status, text) == (0, "OK - 2 halls, 6 online")
    assert numbers.startswith(
        "silent=0;1;1 faulty=0;1;5 halls=2 online=6 visits_today=0 alarms_urgent=0 alarms_warning=0 alarms_notice=0 time=0."
    )
    async with hub.store.transaction() as connection:
        await says(connection, two, hub.now() - timedelta(hours=1), WELL)
        await says(connection, one, hub.now(), wire.Health(internet=False))
    status, text, _ = await run("hub", "--url", api.base, token=api.token)
    assert (status, text) == (2, "CRITICAL - 1 silent: kleinheim-1; 1 faulty: kleinheim-0")
    status, text, _ = await run("hub", "--url", api.base, "--silent", "1", "5", token=api.token)
    assert (status, text) == (1, "WARNING - 1 silent: kleinheim-1; 1 faulty: kleinheim-0")
    others = await token_of(hub, "gerda", Role.PARTNER_VIEWER, await _another_partner(hub))
    assert (await run("hub", "--url", api.base, token=others))[:2] == (0, "OK - 0 halls, 0 online")


async def _another_partner(hub: Hub) -> str:
    async with hub.store.connection() as connection:
        await connection.execute("INSERT INTO partners (name, title) VALUES ('grossdorf', 'Grossdorf')")
    return "grossdorf"


async def test_a_hall(api: Api, hub: Hub) -> None:
    """Each number with its limits; what is amiss comes first, the gravest before the others."""
    [box] = await boxes(hub.store, 1)
    assert (await run("hall", "kleinheim-0", "--url", api.base, token=api.token))[:2] == (
        1,
        "WARNING - kleinheim-0: no gateway has spoken yet",
    )
    async with hub.store.transaction() as connection:
        await says(connection, box, hub.now(), WELL)
    status, text, numbers = await run("hall", "kleinheim-0", "--url", api.base, token=api.token)
    assert (status, text) == (0, "OK - kleinheim-0: 3 online")
    assert numbers.split(" ")[1:] == [
        "pool_public=50%;90;98", "disk_free=50%;10:;3:", "backlog=1;60;1000", "accepts=7c", "accept_errors=0c", "online=3",
        "alarms_urgent=0", "alarms_warning=0", "alarms_notice=0",
    ]  # fmt: skip
    ill = wire.Health(
        internet=False,
        zones=(wire.ZoneHealth("public", pool_used=95, pool_size=100),),
        certificate_until=(hub.now() + timedelta(days=10, minutes=5)).timestamp(),
        policy_refused=3,
    )
    async with hub.store.transaction() as connection:
        await says(connection, box, hub.now() - timedelta(seconds=200), ill)
    status, text, numbers = await run("hall", "kleinheim-0", "--url", api.base, token=api.token)
    assert status == 2
    assert text.startswith("CRITICAL - no Internet; silent for 20")
    assert text.endswith("; policy cannot be applied; 95 % of the addresses of public are leased; certificate ends in 10.0 days")
    assert "certificate_days=10.003;14:;3:" in numbers
    status, text, _ = await run("hall", "nirgends", "--url", api.base, token=api.token)
    assert (status, text) == (3, "UNKNOWN - the hub refuses: hall = 'nirgends': expected the name of a hall")


async def test_a_hub_that_cannot_be_asked(api: Api, tmp_path: Path) -> None:
    """No hub there or no answer: critical. No token, a wrong one, no address, wrong options: unknown."""
    status, text, _ = await run("hub", "--url", "http://127.0.0.1:9", token=api.token)
    assert (status, text) == (2, "CRITICAL - cannot ask the hub: http://127.0.0.1:9: Connection refused")
    assert [(await run(*words, token=token))[0] for words, token in (
        (("hub", "--url", api.base), ""),
        (("hub", "--url", api.base), "hst_" + "x" * 40),
        (("hub",), api.token),
        (("hub", "--url", "http://stadt.example"), api.token),
        (("hub", "--silent", "1"), api.token),
        (("hub", "--colour", "red"), api.token),
        (("weather",), api.token),
        (("hall",), api.token),
        (("hub", "--url", api.base, "--token-file", str(tmp_path / "nothing")), ""),
    )] == [3] * 9  # fmt: skip


async def test_a_server_that_says_one_byte_a_second_does_not_hold_the_check_up() -> None:
    """The time is for the whole check, not for each piece."""
    over = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.is_set():
            writer.write(b"[")
            try:
                await asyncio.wait_for(over.wait(), 0.3)
            except TimeoutError:
                continue
        writer.close()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        begun = asyncio.get_running_loop().time()
        status, text, _ = await run("hub", "--url", address, "--timeout", "1.5", token="x" * 40)
        took = asyncio.get_running_loop().time() - begun
        over.set()
    assert (status, "no answer" in text, took < 10) == (2, True, True)


@contextmanager
def portal(path: Path, reply: bytes) -> Iterator[None]:
    """Something on a portal's control socket that answers one request with these bytes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(control.MAX_LINE)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join(10)


async def test_the_portal_on_this_machine(tmp_path: Path) -> None:
    """As ``hotspot status`` says; without a portal it is critical."""
    path = tmp_path / "control.sock"
    assert (await run("gateway", "--socket", str(path)))[0] == 2
    zones = (control.ZoneStatus("public", 4, ("free",)),)
    well = control.StatusIs(ok=True, faults=(), firewall=True, journal=True, internet=True, zones=zones, blocked=2)
    with portal(path, control.encode(well)):
        status, text, numbers = await run("gateway", "--socket", str(path))
    assert (status, text, numbers.rpartition(" time=")[0]) == (0, "OK - 4 online in 1 zones", "online_public=4 blocked=2")
    path.unlink()
    ill = control.StatusIs(
        ok=False, faults=("settings | bad",), firewall=True, journal=False, internet=True, zones=zones, warnings=("late",)
    )
    with portal(path, control.encode(ill)):
        status, text, _ = await run("gateway", "--socket", str(path))
    assert (status, text) == (2, "CRITICAL - journal is unwell; settings / bad; late")
    path.unlink()
    with portal(path, b"rubbish\n"):
        assert (await run("gateway", "--socket", str(path)))[0] == 2
