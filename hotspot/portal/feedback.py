"""Messages to the town: taken from visitors, kept in the journal, read by staff. A message is on disk before the page says so."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from hotspot import control
from hotspot.portal.journal import JournalUnavailable, Statement
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.town.feedback import Message, Rules

PAGE = 50
"""Messages in one answer to staff, without their texts' ends: they ask for the next ones."""
GLIMPSE = 160
"""Characters of a message in a list."""
_COLUMNS = "number, at, zone, kind, language, place, text, contact, fetched_at, done_at, done_by"
_INSERT: Final = (
    "INSERT INTO feedback (id, at, zone, kind, language, place, text, contact) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
_SELECT: Final = f"SELECT {_COLUMNS} FROM feedback"  # noqa: S608  our own names


class TooMany(Struct, frozen=True):
    """The message was not taken, because too many came lately."""

    seconds: float
    """Until it can be sent again."""


def erase(rules: Rules, unix: float) -> list[Statement]:
    """What makes the journal forget the messages that are due."""
    dealt_with = "coalesce(min(fetched_at, done_at), fetched_at, done_at)"
    return [(f"DELETE FROM feedback WHERE at < ? OR {dealt_with} < ?", (unix - rules.keep, unix - rules.keep_done))]  # noqa: S608


class Feedback:
    """What visitors and staff can do with messages."""

    def __init__(self, office: Office) -> None:
        self._office: Final = office

    async def take(self, client: Client, message: Message, language: str, id_: str) -> int | TooMany | None:
        """The number of the message, once it is on disk; None when it is there and nobody can say its number. ``id_`` is random. Raises
        ``JournalUnavailable``."""
        office, now = self._office, self._office.now()
        wait = office.pace.wait(client.zone, client, now.boottime)
        if wait:
            office.metrics.feedback.labels(client.zone, "too_many").inc()
            return TooMany(wait)
        office.pace.sent(client.zone, client, now.boottime)
        values = (id_, now.unix, client.zone, message.kind, language, message.place, message.text, message.contact)
        try:
            await office.journal.write([(_INSERT, values)])
        except JournalUnavailable:
            office.pace.unsent(client.zone, client, now.boottime)
            raise
        number = await self._number(id_)
        office.pace.number(client, number, now.boottime)
        office.metrics.feedback.labels(client.zone, message.kind).inc()
        return number

    async def _number(self, id_: str) -> int | None:
        """The number of a message that was written: without it the message was taken all the same, and must not be sent again."""
        try:
            found = await self._office.journal.read("SELECT number FROM feedback WHERE id = ?", (id_,))
        except JournalUnavailable:
            return None
        return int(found[0][0]) if found else None

    def last(self, client: Client) -> int | None:
        """The number of the message that this client sent lately."""
        return self._office.pace.last(client, self._office.now().boottime)

    # Staff --------------------------------------------------------------------------------------------------------------------------

    async def list(self, request: control.Feedback) -> control.FeedbackIs | control.Refused:
        """The next messages after a number, the oldest first."""
        where = " WHERE number > ?" + ("" if request.all else " AND done_at IS NULL")
        try:
            rows = await self._office.journal.read(f"{_SELECT}{where} ORDER BY number LIMIT {PAGE + 1}", (request.after,))
        except JournalUnavailable as error:
            return control.Refused("journal", str(error))
        return control.FeedbackIs(tuple(_row(row, GLIMPSE) for row in rows[:PAGE]), more=len(rows) > PAGE)

    async def show(self, request: control.FeedbackShow) -> control.FeedbackIs | control.Refused:
        """One message, whole."""
        try:
            rows = await self._office.journal.read(f"{_SELECT} WHERE number = ?", (request.number,))
        except JournalUnavailable as error:
            return control.Refused("journal", str(error))
        if not rows:
            return control.Refused("unknown", f"number = {request.number}: expected the number of a message that is still kept")
        return control.FeedbackIs((_row(rows[0]),))

    async def done(self, request: control.FeedbackDone) -> control.FeedbackIs | control.Refused:
        """A message was dealt with; who said so first stays on record."""
        values = (self._office.now().unix, request.by.strip(), request.number)
        try:
            await self._office.journal.write(
                [("UPDATE feedback SET done_at = ?, done_by = ? WHERE number = ? AND done_at IS NULL", values)]
            )
        except JournalUnavailable as error:
            return control.Refused("journal", f"nothing was changed: {error}")
        return await self.show(control.FeedbackShow(request.number))


def _row(row: Sequence[Any], most: int | None = None) -> control.FeedbackRow:
    """A row of ``_SELECT`` for staff; ``most`` characters of the text."""
    number, at, zone, kind, language, place, text, contact, fetched_at, done_at, done_by = row
    shown = text if most is None or len(text) <= most else text[: most - 1].rstrip() + "…"
    return control.FeedbackRow(number, at, zone, kind, language, place, shown, contact, fetched_at, done_at, done_by)
