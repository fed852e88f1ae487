"""Sessions, blocks and devices in memory: what the pages and the staff look things up in, and what is not on disk yet.

The journal is written from here. While it cannot be, sessions in progress go on, and what changed waits in ``_unwritten``.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct

from hotspot.portal.blocklist import Blocklist
from hotspot.portal.journal import Loaded, Statement, rows
from hotspot.portal.journal.rows import Told
from hotspot.portal.ledger import Ledger
from hotspot.portal.terms_record import TermsRecord
from hotspot.portal.uplink.counting import Counting
from hotspot.portal.vouchers import Vouchers
from hotspot.session.blocks import Block, in_force
from hotspot.session.codes import code_of
from hotspot.session.sessions import Now, Session, in_progress, merge_counters, state_of
from hotspot.session.states import State

MAX_SEEN = 20_000
"""Devices without a session that are remembered, so that staff can name them; the one seen longest ago is dropped. About 8 MB."""
SEEN_SECONDS = 12 * 3_600.0
"""For so long after its last visit a captive device can be named by its code."""


class Client(Struct, frozen=True):
    """A device in a zone."""

    zone: str
    mac: str


class Ambiguous(Exception):
    """Two known devices have the same code; nothing is done to either."""


class Register:
    """All that is known of clients. Lives in the event loop; no method waits."""

    def __init__(self, counted_by: Callable[[], Now] | None = None) -> None:
        """``counted_by``: the clocks by which sessions are counted for the hub; None: there is no hub."""
        self.hall_key: bytes = secrets.token_bytes(32)
        self.csrf_key: bytes = secrets.token_bytes(32)
        self.ended_mark = ""
        """Epoch and number of the last end that the firewall told and the journal holds."""
        self.sessions: Final[dict[str, Session]] = {}
        self.blocks: Final[dict[Client, Block]] = {}
        self.opening: Final[set[str]] = set()
        """Sessions whose grant is on its way to the firewall."""
        self._latest: dict[Client, str] = {}
        self._seen: OrderedDict[Client, float] = OrderedDict()
        self._codes: dict[str, set[Client]] = {}
        self._unwritten: dict[object, list[Statement]] = {}
        self.ledger: Final = Ledger(self.remember)
        self.counting: Final = None if counted_by is None else Counting(self.remember, self.ledger, counted_by)
        self.blocklist: Final = Blocklist(self.remember)
        self.vouchers: Final = Vouchers(self.remember)
        self.terms: Final = TermsRecord(self.remember)
        self._locks: WeakValueDictionary[Client, asyncio.Lock] = WeakValueDictionary()
        self.loaded_once = False
        """True when a journal was opened before."""
        self._write_all()

    # Looking up ---------------------------------------------------------------------------------------------------------------------

    def session(self, client: Client) -> Session | None:
        """The client's session in progress, or its last one."""
        return self.sessions.get(self._latest.get(client, ""))

    def in_progress(self) -> list[Session]:
        """All sessions in progress."""
        return [session for session in self.sessions.values() if in_progress(session)]

    def settled(self) -> set[str]:
        """Sessions in progress that the firewall has been asked for and has answered."""
        return {session.id for session in self.in_progress()} - self.opening

    def blocked(self, client: Client, now: Now) -> Block | None:
        """The block in force, if any."""
        block = self.blocks.get(client)
        return block if in_force(block, now.unix) else None

    def state(self, client: Client, now: Now) -> State:
        """How the client stands."""
        return state_of(self.session(client), self.blocked(client, now) is not None, now)

    def code(self, client: Client) -> str:
        """The client's device code."""
        return code_of(self.hall_key, client.mac)

    def find(self, code: str, zone: str | None = None) -> Client | None:
        """The device with this code, in ``zone`` (None: of one that was seen in several zones, where it was last). Raises ``Ambiguous``."""
        clients = {client for client in self._codes.get(code, ()) if zone is None or client.zone == zone}
        if len({client.mac for client in clients}) > 1:
            raise Ambiguous(f"cannot act on {code}: two devices have this code; end both sessions by hand or wait until one is gone")
        return max(clients, key=lambda client: self._seen.get(client, 0.0), default=None)

    def lock(self, client: Client) -> asyncio.Lock:
        """Whoever changes a client's session holds its lock: what visitors, staff and the kernel do to one client is done in turn."""
        lock = self._locks.get(client)
        if lock is None:
            lock = self._locks[client] = asyncio.Lock()
        return lock

    # Changing -----------------------------------------------------------------------------------------------------------------------

    def saw(self, client: Client, now: Now) -> None:
        """A device visited the portal."""
        self._seen[client] = now.boottime
        self._seen.move_to_end(client)
        self._codes.setdefault(self.code(client), set()).add(client)
        self._drop_unseen(now)

    def put(self, session: Session, *, written: bool = False) -> None:
        """A session began or changed; ``written``: it is in the journal already."""
        before = self.sessions.get(session.id)
        self._place(session)
        if self.counting is not None:
            self.counting.put(before, session)
        if not written:
            self._unwritten[session.id] = self._row(session)
        elif self.counting is not None:
            self._unwritten[session.id] = rows.of_told(session.id, self.counting.told(session))

    def _place(self, session: Session) -> None:
        if session.mac is not None:
            client = Client(session.zone, session.mac)
            last = self.session(client)
            if last is None or in_progress(session) or not in_progress(last):
                self._latest[client] = session.id
            self._codes.setdefault(self.code(client), set()).add(client)
        self.sessions[session.id] = session

    def _row(self, session: Session) -> list[Statement]:
        if self.counting is not None:
            return rows.of_session(session, self.counting.told(session))
        return rows.of_session(session, Told(1 if in_progress(session) else 2, session.bytes_up, session.bytes_down))

    def block(self, block: Block) -> None:
        """Staff blocked a device."""
        client = Client(block.zone, block.mac)
        self.blocks[client] = block
        self._codes.setdefault(self.code(client), set()).add(client)
        self._unwritten[client] = rows.of_block(block)

    def unblock(self, client: Client) -> None:
        """A block was lifted."""
        if self.blocks.pop(client, None) is not None:
            self._unwritten[client] = rows.of_unblock(client.zone, client.mac)

    def remember(self, subject: object, statements: Sequence[Statement]) -> None:
        """Statements to be written with the next changes, instead of earlier ones about the same subject."""
        self._unwritten[subject] = list(statements)

    def note(self, key: str, value: str) -> None:
        """A value of the journal's ``meta``, written with the next changes."""
        self._unwritten[f"meta:{key}"] = rows.of_meta(key, value)

    def forget(self, ended_before: float, now: Now) -> None:
        """The retention time is over for sessions that ended before (wall clock): they leave memory, as their MAC leaves the journal."""
        for session in [one for one in self.sessions.values() if one.ended_at is not None and one.ended_at < ended_before]:
            if session.id in self._unwritten:  # the MAC must not get there any more
                self._unwritten[session.id] = self._row(msgspec.structs.replace(session, mac=None, voucher=""))
            del self.sessions[session.id]
            if session.mac is not None:
                client = Client(session.zone, session.mac)
                if self._latest.get(client) == session.id:
                    del self._latest[client]
                self._drop_code(client)
        self.vouchers.sweep(now)
        self.vouchers.tries.forget(now)
        self._drop_unseen(now)
        for client in [one for one, block in self.blocks.items() if not in_force(block, now.unix)]:
            del self.blocks[client]
            self._drop_code(client)

    # The journal --------------------------------------------------------------------------------------------------------------------

    def unwritten(self) -> dict[object, list[Statement]]:
        """What must be written, by subject, in one commit; hand it back to ``wrote`` when it is on disk."""
        if self.counting is not None:
            self.counting.save()
        return dict(self._unwritten)

    def wrote(self, written: dict[object, list[Statement]]) -> None:
        """These are on disk; what changed since stays unwritten."""
        for subject, statements in written.items():
            if self._unwritten.get(subject) is statements:
                del self._unwritten[subject]

    def load(self, loaded: Loaded) -> None:
        """The journal was opened. What memory knows better is written into it; what only the file knows is taken over."""
        if "hall_key" in loaded.meta and not self.loaded_once:
            self._take_keys(bytes.fromhex(loaded.meta["hall_key"]), bytes.fromhex(loaded.meta["csrf_key"]))
        if not self.loaded_once:
            self.ended_mark = loaded.meta.get("ended_mark", "")
            self.ledger.load(loaded.meta.get("day", ""), loaded.meta.get("day_key", ""), loaded.allowances)
        self.blocklist.load(loaded.blocklist)
        self.vouchers.load(loaded.batches, loaded.tickets)
        self.terms.load(loaded.terms)
        for block in loaded.blocks:
            if not self.loaded_once:
                self.blocks.setdefault(Client(block.zone, block.mac), block)
        old, adopted = self._load_sessions(loaded)
        if self.counting is not None and not self.loaded_once:
            self.counting.load(loaded, old, adopted)
        elif self.counting is not None:
            for session in old:
                self.counting.join(session)
        first, self.loaded_once = not self.loaded_once, True
        if not first or "hall_key" not in loaded.meta:
            self._write_all()

    def _load_sessions(self, loaded: Loaded) -> tuple[list[Session], list[Session]]:
        """Returns those that nobody knew, and those that had been adopted from the kernel while the file could not be read."""
        old: list[Session] = []
        adopted: list[Session] = []
        for session in loaded.sessions:
            known = self.sessions.get(session.id)
            if known is None:
                self._place(session)
                old.append(session)
            elif not known.terms_version and session.terms_version and in_progress(known):
                self.put(merge_counters(session, known))
                adopted.append(session)
        return old, adopted

    def _take_keys(self, hall_key: bytes, csrf_key: bytes) -> None:
        self.hall_key, self.csrf_key = hall_key, csrf_key
        clients = [client for several in self._codes.values() for client in several]
        self._codes = {}
        for client in clients:
            self._codes.setdefault(self.code(client), set()).add(client)
        self._unwritten = {subject: what for subject, what in self._unwritten.items() if subject not in ("meta:hall_key", "meta:csrf_key")}

    def _write_all(self) -> None:
        """A fresh file gets the keys and all that is still known."""
        self.note("hall_key", self.hall_key.hex())
        self.note("csrf_key", self.csrf_key.hex())
        self.ledger.write_all()
        if self.counting is not None:
            self.counting.write_all()
        self.blocklist.write_all()
        self.vouchers.write_all()
        self.terms.write_all()
        for session in self.sessions.values():
            self._unwritten[session.id] = self._row(session)
        for client, block in self.blocks.items():
            self._unwritten[client] = rows.of_block(block)

    def _drop_unseen(self, now: Now) -> None:
        """Devices without a session whose last visit is too long ago; of too many the first."""
        while self._seen and (len(self._seen) > MAX_SEEN or next(iter(self._seen.values())) < now.boottime - SEEN_SECONDS):
            old, _ = self._seen.popitem(last=False)
            self._drop_code(old)

    def _drop_code(self, client: Client) -> None:
        if client in self._latest or client in self._seen or client in self.blocks:
            return
        code = self.code(client)
        clients = self._codes.get(code, set())
        clients.discard(client)
        if not clients:
            self._codes.pop(code, None)
