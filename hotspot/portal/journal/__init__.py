"""The journal: what must survive a power cut, in one SQLite file with one writer.

Reading order: ``schema`` (tables) - ``rows`` (values <-> rows, pure) - ``file`` (the file and what can happen to it, runs in the writer's
thread) - ``writer`` (the asyncio side: queue, group commit, health). Why apsw and not the standard library: Debian's SQLite has the
WAL-reset bug (sqlite.org/wal.html#walresetbug).
"""

from hotspot.portal.journal.file import NewerJournal
from hotspot.portal.journal.rows import Loaded, Statement
from hotspot.portal.journal.writer import LOOK_SECONDS, Journal, JournalEvents, JournalUnavailable

__all__ = ["LOOK_SECONDS", "Journal", "JournalEvents", "JournalUnavailable", "Loaded", "NewerJournal", "Statement"]
