"""What hub processes tell each other, over the database's notifications: ``order 3f…`` - a subject, and which one.

A signal says that something is worth a look, never what it is now: that is in the database. So one too many is harmless, and whoever
hears that some may have been missed looks at everything.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hotspot.hub.store import Store


class Signals:
    """Hands each signal to whoever waits for it, in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._heard: dict[str, list[Callable[[str], None]]] = {}
        self._missed: list[Callable[[], None]] = []
        self._awaited: dict[str, set[asyncio.Event]] = {}
        self.stopping = False
        """The process ends: who waits for a signal does so no longer."""
        store.on_signal(self._hear, self._miss)

    @property
    def reliable(self) -> bool:
        """Does this process hear everything at the moment? Else nothing may be remembered that a signal would correct."""
        return self._store.listening

    def on(self, subject: str, heard: Callable[[str], None]) -> None:
        """Call ``heard`` with what follows ``subject`` in each signal of it."""
        self._heard.setdefault(subject, []).append(heard)

    def on_missed(self, missed: Callable[[], None]) -> None:
        """Call ``missed`` whenever signals may have been missed."""
        self._missed.append(missed)

    @contextmanager
    def awaited(self, payload: str) -> Iterator[asyncio.Event]:
        """An event that is set when exactly this signal is heard, when some may have been missed, and when the process stops."""
        event = asyncio.Event()
        if self.stopping:
            event.set()
        self._awaited.setdefault(payload, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._awaited[payload]
            waiting.discard(event)
            if not waiting:
                del self._awaited[payload]

    def stop(self) -> None:
        """Nobody waits any longer."""
        self.stopping = True
        self._wake_all()

    def _hear(self, payload: str) -> None:
        subject, _, which = payload.partition(" ")
        for heard in self._heard.get(subject, ()):
            heard(which)
        for event in self._awaited.get(payload, ()):
            event.set()

    def _miss(self) -> None:
        for missed in self._missed:
            missed()
        self._wake_all()

    def _wake_all(self) -> None:
        for events in self._awaited.values():
            for event in events:
                event.set()
