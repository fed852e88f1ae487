"""What staff do with voucher codes: make, list, print, withdraw. A change is on disk, with who did it, before it is in force."""

import secrets
from datetime import date, datetime, time, timedelta

import structlog
from msgspec.structs import replace

from hotspot import control, control_vouchers
from hotspot.portal.gate import GateError, GateRefused
from hotspot.portal.journal import JournalUnavailable, rows
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.portal.vouchers import MOST_CODES, Found
from hotspot.session.sessions import Session, in_progress
from hotspot.session.states import Kicked
from hotspot.session.voucher_codes import Mistyped, parse_voucher
from hotspot.session.vouchers import Batch, Place, Ticket, parse_place

log = structlog.get_logger("vouchers")


class Issuing:
    """One method per request."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def batches(self, request: control_vouchers.VoucherList) -> control_vouchers.VouchersAre:
        """The batches whose codes can be used, or all that are on record."""
        shown = map(self._row, self._office.register.vouchers.batches.values())
        return control_vouchers.VouchersAre(tuple(row for row in shown if request.all or row.in_force))

    def batch(self, request: control_vouchers.VoucherPrint) -> control_vouchers.VoucherBatch | control.Refused:
        """A batch with its key."""
        batch = self._office.register.vouchers.batches.get(request.number)
        if batch is None:
            return control.Refused("unknown", f"number = {request.number}: expected the number of a batch of vouchers")
        log.info("codes handed out for printing", batch=batch.number)
        return control_vouchers.VoucherBatch(self._row(batch), batch.key)

    async def create(self, request: control_vouchers.VoucherCreate, uid: int | None) -> control_vouchers.VoucherBatch | control.Refused:
        """Make a batch and write it down."""
        office, vouchers = self._office, self._office.register.vouchers
        plans = sorted({name for zone in office.settings.zones.values() for name in zone.voucher_plans})
        if request.plan not in plans:
            known = ", ".join(plans) or "there is none: a plan for vouchers has voucher = true and is among the plans of a zone"
            return control.Refused("bad_request", f"plan = {request.plan!r}: expected one of the plans for vouchers: {known}")
        now = office.now().unix
        try:
            begins = self._begin("not_before", request.not_before, timedelta(0))
            ends = self._begin("not_after", request.not_after, timedelta(days=1))
        except ValueError as error:
            return control.Refused("bad_request", str(error))
        if ends is not None and ends <= max(now, begins or now):
            expected = "expected a day to come, and none before not_before"
            return control.Refused("bad_request", f"not_after = {request.not_after!r}: {expected}")
        async with vouchers.changing:
            batch = Batch(
                number=await self.next_number(),
                key=secrets.token_hex(16),
                plan=request.plan,
                count=request.count,
                devices=request.devices,
                valid=request.valid,
                not_before=begins,
                not_after=ends,
                note=request.note.strip(),
                created_at=now,
                created_by=request.by.strip(),
                created_uid=uid,
            )
            if not vouchers.room_for(batch):
                return control.Refused("full", f"count = {request.count}: expected at most {MOST_CODES} codes of all batches together")
            batch = await vouchers.distinct(batch)
            number = rows.of_meta("voucher_number", str(batch.number))
            try:
                await office.journal.write([*rows.of_batch(batch), *number])
            except JournalUnavailable as error:
                return control.Refused("journal", f"nothing was changed: {error}")
            vouchers.put_batch(batch)
        return control_vouchers.VoucherBatch(self._row(batch), batch.key)

    def _begin(self, key: str, day: str | None, later: timedelta) -> float | None:
        """The moment (wall clock) at which a day, or one ``later``, begins in the hall. Raises ``ValueError``."""
        if day is None:
            return None
        try:
            when = date.fromisoformat(day) + later
            return datetime.combine(when, time.min, self._office.settings.hall.time_zone).timestamp()
        except (ValueError, OverflowError):
            raise ValueError(f'{key} = {day!r}: expected a day such as "2027-01-31"') from None

    async def withdraw(
        self, request: control_vouchers.VoucherWithdraw, uid: int | None
    ) -> control_vouchers.VoucherWithdrawn | control.Refused:
        """Withdraw a batch or one code, and end the sessions that it let in."""
        vouchers, by = self._office.register.vouchers, request.by.strip()
        if (request.number is None) == (request.code is None):
            return control.Refused("bad_request", "expected either number or code")
        found = self._named(request)
        if isinstance(found, control.Refused):
            return found
        index = None if request.code is None else found.ticket.index
        try:
            await (self._withdraw_batch(found.batch.number, by, uid) if index is None else self._withdraw_code(found.ticket.place, by, uid))
        except JournalUnavailable as error:
            return control.Refused("journal", f"nothing was changed: {error}")
        ended, pending = await self._cut(found.batch.number, index)
        return control_vouchers.VoucherWithdrawn(
            self._row(vouchers.batches.get(found.batch.number, found.batch)),
            code="" if request.code is None else parse_voucher(request.code),
            ended=ended,
            pending=pending,
        )

    async def _withdraw_batch(self, number: int, by: str, uid: int | None) -> None:
        """Raises ``JournalUnavailable``; then it is in force as before."""
        vouchers = self._office.register.vouchers
        async with vouchers.changing:
            batch = vouchers.batches.get(number)
            if batch is None or batch.withdrawn_at is not None:
                return
            withdrawn = replace(batch, withdrawn_at=self._office.now().unix, withdrawn_by=by, withdrawn_uid=uid)
            vouchers.put_batch(withdrawn)  # from here on nobody gets in
            for lock in vouchers.locks(number):
                async with lock:
                    pass  # whoever was getting in with it has done so, and is cut
            try:
                await self._office.journal.write(rows.of_batch(withdrawn))
            except JournalUnavailable:
                vouchers.put_batch(batch)
                raise

    async def _withdraw_code(self, place: Place, by: str, uid: int | None) -> None:
        """Raises ``JournalUnavailable``; then it is in force as before."""
        vouchers = self._office.register.vouchers
        async with vouchers.lock(place):
            found = vouchers.at(place)
            if found is None or found.ticket.withdrawn_at is not None:
                return
            moment = self._office.now().unix
            await self._office.journal.write(rows.of_ticket(_withdrawn(found.ticket, moment, by, uid)))
            found = vouchers.at(place)  # a session on it may have ended while we wrote
            if found is not None:
                vouchers.put(_withdrawn(found.ticket, moment, by, uid))

    def _named(self, request: control_vouchers.VoucherWithdraw) -> Found | control.Refused:
        """What the request is about; the ticket is the first of the batch when it is about all of it."""
        vouchers = self._office.register.vouchers
        if request.number is not None:
            found = vouchers.at(Place(request.number, 0))
            return found or control.Refused("unknown", f"number = {request.number}: expected the number of a batch of vouchers")
        try:
            found = vouchers.find(parse_voucher(request.code or ""))
        except Mistyped as error:
            return control.Refused("bad_request", f"code: {error}")
        return found or control.Refused("unknown", "code: expected a code of a batch that is on record")

    async def _cut(self, number: int, index: int | None) -> tuple[int, int]:
        """End the sessions on a batch or a code; how many were ended, and how many could not be."""
        ended, pending = 0, 0
        for session in self._office.register.in_progress():
            place = parse_place(session.voucher)
            if place is None or place.batch != number or index not in (None, place.index):
                continue
            async with self._office.register.lock(Client(session.zone, session.mac or "")):
                current = self._office.register.sessions.get(session.id)
                if current is None or not in_progress(current) or current.voucher != session.voucher:
                    continue
                if await self._end(current):
                    ended += 1
                else:
                    pending += 1
        await self._office.save()
        return ended, pending

    async def _end(self, session: Session) -> bool:
        """The kernel first: what it counted last belongs to the session."""
        try:
            final = await self._office.gate.link.revoke(session.id, Kicked.reason)
        except GateRefused as error:
            if error.code != "unknown":
                return False
            final = None
        except GateError:
            return False
        self._office.finish(session.id, Kicked(), final)
        return True

    async def next_number(self) -> int:
        """Of the next batch: above every number that was ever used in this journal, also by batches that are no longer kept."""
        at_least = self._office.register.vouchers.next_number
        try:
            found = await self._office.journal.read("SELECT value FROM meta WHERE key = 'voucher_number'")
        except JournalUnavailable:
            return at_least  # the batch cannot be written either
        return max(at_least, int(found[0][0]) + 1) if found else at_least

    def _row(self, batch: Batch) -> control_vouchers.VoucherRow:
        vouchers, now = self._office.register.vouchers, self._office.now().unix
        void = batch.not_after is not None and now >= batch.not_after + batch.valid
        return control_vouchers.VoucherRow(
            number=batch.number,
            plan=batch.plan,
            count=batch.count,
            used=vouchers.used(batch.number),
            devices=batch.devices,
            valid=batch.valid,
            not_before=batch.not_before,
            not_after=batch.not_after,
            note=batch.note,
            created_at=batch.created_at,
            created_by=batch.created_by,
            created_uid=batch.created_uid,
            in_force=batch.withdrawn_at is None and not void,
            withdrawn_at=batch.withdrawn_at,
            withdrawn_by=batch.withdrawn_by,
            withdrawn_uid=batch.withdrawn_uid,
            withdrawn_codes=vouchers.withdrawn(batch.number),
        )


def _withdrawn(ticket: Ticket, moment: float, by: str, uid: int | None) -> Ticket:
    """The code, withdrawn at a moment of the wall clock."""
    return replace(ticket, withdrawn_at=moment, withdrawn_by=by, withdrawn_uid=uid)
