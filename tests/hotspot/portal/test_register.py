"""Sessions, blocks and devices in memory."""

import pytest
from msgspec.structs import replace

from hotspot.portal.journal import Loaded
from hotspot.portal.register import MAX_SEEN, SEEN_SECONDS, Ambiguous, Client, Register
from hotspot.portal.vouchers import TRIES_SECONDS
from hotspot.session.blocks import Block
from hotspot.session.codes import code_of
from hotspot.session.sessions import adopt, end
from hotspot.session.states import State, TimeUp
from tests.hotspot.session.examples import MAC, NOW, later, session_of, usage_of

CLIENT = Client("public", MAC)


def macs() -> list[str]:
    """Many clients."""
    return [f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}" for number in range(MAX_SEEN + 10)]


def test_seen_clients_have_a_code() -> None:
    """A captive device can be named by its code, until it was not seen for long."""
    register = Register()
    register.saw(CLIENT, NOW)
    assert register.find(register.code(CLIENT)) == CLIENT
    register.saw(Client("public", "02:00:00:00:00:02"), later(SEEN_SECONDS + 1))
    assert register.find(register.code(CLIENT)) is None


def test_an_idle_hall_forgets_too() -> None:
    """A device that only looked is forgotten when its time is over, though no other comes."""
    register = Register()
    register.saw(CLIENT, NOW)
    register.forget(0.0, later(SEEN_SECONDS - 1))
    assert register.find(register.code(CLIENT)) == CLIENT
    register.forget(0.0, later(SEEN_SECONDS + 1))
    assert (register.find(register.code(CLIENT)), len(register._seen)) == (None, 0)


def test_forgets_wrong_codes() -> None:
    """Who typed a wrong voucher code is forgotten by the clock, though nobody types another."""
    register = Register()
    register.vouchers.tries.wrong("public", MAC, NOW, mistyped=True)
    register.forget(0.0, later(TRIES_SECONDS))
    assert list(register.vouchers.tries._by_client) == []


def test_bounded() -> None:
    """However many devices come, only so many are remembered; the oldest is dropped."""
    register = Register()
    for mac in macs():
        register.saw(Client("public", mac), NOW)
    assert (len(register._seen), len(register._codes) <= MAX_SEEN, Client("public", macs()[0]) in register._seen) == (MAX_SEEN, True, False)


def test_collision() -> None:
    """Two devices with one code: nothing is done to either, and the text says so."""
    register = Register()
    first, second = Client("public", "02:00:00:00:00:01"), Client("public", "02:00:00:00:00:02")
    for client in (first, second):
        register._codes.setdefault("K7F-3QX", set()).add(client)
    with pytest.raises(Ambiguous, match="two devices have this code"):
        register.find("K7F-3QX")


def test_one_device_in_two_zones() -> None:
    """The same device is meant where it was last."""
    register = Register()
    register.saw(Client("public", MAC), NOW)
    register.saw(Client("council", MAC), later(5))
    assert register.find(register.code(CLIENT)) == Client("council", MAC)


def test_latest_session() -> None:
    """A session that ended does not hide the one in progress."""
    register = Register()
    running, ended = session_of(2), end(session_of(1), TimeUp(), NOW)
    register.put(running)
    register.put(ended)
    assert (register.session(CLIENT), register.state(CLIENT, NOW)) == (running, State.ONLINE)


def test_wrote_keeps_what_changed_meanwhile() -> None:
    """A change during a commit is written with the next one."""
    register = Register()
    register.put(session_of(1))
    first = register.unwritten()
    register.put(end(session_of(1), TimeUp(), NOW))
    register.wrote(first)
    assert set(register.unwritten()) == {session_of(1).id}


def test_forget() -> None:
    """After the retention time memory holds neither session nor code; what waits to be written waits without the MAC."""
    register = Register()
    register.put(end(session_of(1), TimeUp(), NOW))
    register.block(Block("public", "02:00:00:00:00:09", "", NOW.unix, NOW.unix + 5))
    code = register.code(CLIENT)
    register.forget(NOW.unix + 1, later(10))
    assert (register.sessions, register.session(CLIENT), register.find(code), register.blocks) == ({}, None, None, {})
    assert MAC not in str(register.unwritten()[session_of(1).id])


def test_load_takes_keys_and_sessions() -> None:
    """The first file that can be read gives the keys, the sessions and the blocks."""
    register = Register()
    block = Block("public", "02:00:00:00:00:09", "", NOW.unix)
    meta = {"hall_key": "11" * 32, "csrf_key": "22" * 32, "ended_mark": "e 4"}
    register.load(Loaded(sessions=(session_of(1),), blocks=(block,), meta=meta))
    actual = (register.session(CLIENT), register.code(CLIENT), register.csrf_key, register.ended_mark, register.unwritten())
    assert actual == (session_of(1), code_of(b"\x11" * 32, MAC), b"\x22" * 32, "e 4", {})
    assert register.blocked(Client("public", block.mac), NOW) == block


def test_load_a_fresh_file_later() -> None:
    """A fresh file gets all that memory holds: keys, sessions, blocks."""
    register = Register()
    register.load(Loaded(meta={"hall_key": "11" * 32, "csrf_key": "22" * 32}))
    register.put(session_of(1), written=True)
    register.load(Loaded())
    assert set(register.unwritten()) == {"meta:hall_key", "meta:csrf_key", session_of(1).id}


def test_one_lock_per_client() -> None:
    """Whoever works on a client waits for whoever does."""
    register = Register()
    lock = register.lock(CLIENT)
    assert register.lock(Client("public", MAC)) is lock
    assert register.lock(Client("council", MAC)) is not lock


def test_load_after_adoption() -> None:
    """A session that was adopted while the file could not be read gets its acceptance back, with the higher counters."""
    register, session = Register(), session_of(1)
    register.put(adopt(usage_of(session, 500, 6), None, NOW))
    register.load(Loaded(sessions=(replace(session, bytes_up=400, bytes_down=700),), meta={"hall_key": "11" * 32, "csrf_key": "22" * 32}))
    assert register.session(CLIENT) == replace(session, bytes_up=500, bytes_down=700)
