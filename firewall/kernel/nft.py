"""nftables: whole tables as text through the ``nft`` program, map elements through netlink."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from firewall.elements import (
    NFNL_SUBSYS_NFTABLES,
    NFPROTO_INET,
    NFT_MSG_DELSETELEM,
    NFT_MSG_NEWGEN,
    NFT_MSG_NEWOBJ,
    NFT_MSG_NEWSETELEM,
    Change,
    Element,
    Message,
    attributes,
    counter_packets,
    counter_request,
    counters,
    dump_request,
    get_request,
    told,
    transaction,
)
from firewall.kernel.netlink import KernelRefused, Netlink

NFNLGRP_NFTABLES = 7
_NEW_ELEMENT = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM
_DELETED_ELEMENT = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM
_NEW_GENERATION = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN
_NEW_OBJECT = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWOBJ
_ELEMENT_EVENTS = (_NEW_ELEMENT, _DELETED_ELEMENT)


LONGEST_RUN = 30.0
"""Seconds for a run of ``nft``; a table takes some ten milliseconds, and up to ten seconds on an emulated processor that is shared."""


class RulesetRefused(Exception):
    """``nft`` did not take a text; the message is what it said."""


def load(text: str) -> None:
    """Load a text in one transaction. Raises ``RulesetRefused``."""
    done = _nft(["-f", "-"], text)
    if done.returncode:
        raise RulesetRefused(f"cannot load the ruleset: {done.stderr.strip()}")


def _nft(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``nft``. It begins anew whenever the ruleset changes while it reads, which may be for ever."""
    try:
        return subprocess.run(["nft", *arguments], input=text, capture_output=True, text=True, check=False, timeout=LONGEST_RUN)
    except OSError as error:
        raise RulesetRefused(f"cannot run nft: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise RulesetRefused(f"nft {' '.join(arguments)} did not end within {LONGEST_RUN:g} s") from None


def listing(table: str, families: Iterable[str] = ("inet",)) -> str | None:
    """A table as ``nft`` prints it, without elements and counters, in each of these families where it is; None if it is not in the first.
    Raises ``RulesetRefused``."""
    # One run each: two "list" in one run of nft 1.0.6 do not find the first.
    done = [_nft(["-s", "-t", "list", "table", family, table]) for family in families]
    return "".join(each.stdout for each in done if each.returncode == 0) if done[0].returncode == 0 else None


class Listings:
    """How ``nft`` printed the tables right after they were loaded, kept below ``/run``: what it prints later must be the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, table: str) -> Path:
        return self._folder / f"{table}.listing"

    def remembered(self, table: str, fingerprint: str) -> str | None:
        """What was printed after the text with this fingerprint was loaded; None if nobody knows."""
        try:
            name, _, listed = self._path(table).read_text(encoding="utf-8").partition("\n")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return listed if name == fingerprint else None

    def remember(self, table: str, fingerprint: str, listed: str) -> None:
        """Keep it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._path(table).with_suffix(".new")
        new.write_text(f"{fingerprint}\n{listed}", encoding="utf-8")
        new.replace(self._path(table))

    def forget(self, table: str) -> None:
        """The table is no longer there to compare."""
        self._path(table).unlink(missing_ok=True)


Final = dict[tuple[str, str, bytes], Element]
"""Deleted elements with their last counters, by table, map and key."""


class Elements:
    """The elements of the maps."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink

    def apply(self, changes: Sequence[Change]) -> Final:
        """Carry out all changes or none, in one transaction; return the deleted elements as they were when they went.

        Raises ``KernelRefused``."""
        start = self._netlink.next_sequence(len(changes) + sum(len(change.elements) // 200 for change in changes) + 1)
        data, last = transaction(changes, start)
        final: Final = {}
        for each in self._netlink.acknowledged(data, last, "change elements"):
            if each.kind == _DELETED_ELEMENT:
                gone = told(each.body)
                final.update(((gone.table, gone.map, element.key), element) for element in gone.elements)
        return final

    def read(self, table: str, name: str, family: int = NFPROTO_INET) -> dict[bytes, Element]:
        """All elements of a map, by key. Raises ``KernelRefused`` (``ENOENT``: no such map)."""
        for attempt in range(5):
            try:
                return {element.key: element for batch in self._batches(table, name, family) for element in batch}
            except KernelRefused as refused:
                if refused.errno != 4 or attempt == 4:  # EINTR: the table changed under the dump; read again
                    raise
        raise AssertionError("not reached")

    async def count_gently(
        self, table: str, name: str, turn: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[Iterable[tuple[bytes, int, int]]]:
        """Key, bytes and packets of all elements of a map in portions; between two of them others have their turn. Elements that come or go
        meanwhile may or may not be among them."""
        sequence = self._netlink.next_sequence()
        try:
            for batch in self._netlink.dump(dump_request(table, name, sequence), sequence, "read counters"):
                for each in batch:
                    if each.kind == _NEW_ELEMENT:
                        yield counters(each.body)
                await turn()
        except KernelRefused as refused:
            if refused.errno != 4:
                raise

    def get(self, table: str, name: str, keys: Sequence[bytes]) -> list[Element]:
        """The elements with these keys. Raises ``KernelRefused`` if one is missing."""
        sequence = self._netlink.next_sequence()
        answers = self._netlink.acknowledged(get_request(table, name, keys, sequence), sequence, "read elements")
        return [element for each in answers if each.kind == _NEW_ELEMENT for element in told(each.body).elements]

    def counted(self, table: str, name: str, family: int = NFPROTO_INET) -> int:
        """Packets on a named counter; 0 if there is none."""
        sequence = self._netlink.next_sequence()
        try:
            answers = self._netlink.acknowledged(counter_request(table, name, sequence, family), sequence, "read a counter")
        except KernelRefused:
            return 0
        return sum(counter_packets(each.body) for each in answers if each.kind == _NEW_OBJECT)

    def _batches(self, table: str, name: str, family: int) -> Iterable[list[Element]]:
        sequence = self._netlink.next_sequence()
        for batch in self._netlink.dump(dump_request(table, name, sequence, family), sequence, "read elements"):
            yield [element for each in batch if each.kind == _NEW_ELEMENT for element in told(each.body).elements]


def foreign_changes(events: Iterable[Message], own_ports: frozenset[int], prefix: bytes = b"hotspot_") -> bool:
    """Whether somebody else changed a table of ours. ``own_ports``: the netlink ports whose changes are our own; our runs of ``nft`` are
    foreign here, which costs one look more."""
    foreign = False
    for each in events:
        if each.kind == _NEW_GENERATION or each.port in own_ports:
            continue
        # The dynamic sets of the packet path announce each element that they learn, and the name server puts each answer of a name of the
        # walled garden into its sets; those are no changes of anybody's.
        if each.kind in _ELEMENT_EVENTS and (each.port == 0 or _of_garden(each.body)):
            continue
        if prefix in each.body:
            foreign = True
    return foreign


def _of_garden(body: bytes) -> bool:
    """Whether a NEWSETELEM or DELSETELEM message is of a set ``garden4`` or ``garden6``."""
    return any(kind == 2 and payload in (b"garden4\0", b"garden6\0") for kind, payload in attributes(body, 4))
