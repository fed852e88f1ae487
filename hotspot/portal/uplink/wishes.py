"""What a policy wants beside settings: its block list and its vouchers, entered into those of the hall, and taken out when it wants them no
longer. Doing it twice changes nothing: an entry is known by all that it says, a batch by its key.
"""

import asyncio
import random
from typing import Final

import structlog
from msgspec.structs import replace

from hotspot import control, control_vouchers
from hotspot.portal.journal import JournalUnavailable, Statement, rows
from hotspot.portal.office import Office
from hotspot.portal.policy_values import BY_HUB, FromHub, WantedBatch, WantedEntry, is_hubs
from hotspot.portal.settings import Settings
from hotspot.portal.staff_vouchers import Issuing
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.vouchers import MOST_CODES
from hotspot.session.blocklist import MOST_PLACES, Entry, places
from hotspot.session.sessions import in_progress
from hotspot.session.vouchers import Batch, forgotten_at, parse_place

log = structlog.get_logger("policy")


def objection(office: Office, settings: Settings) -> str:
    """Why what a policy wants does not fit beside what the hall has itself; "" when it does."""
    policy, register, now = settings.policy, office.register, office.now().unix
    if policy is None:
        return ""
    own = [entry for entry in register.blocklist.entries.values() if not is_hubs(entry.added_by, entry.added_uid)]
    hubs = [_entry(0, wanted, now) for wanted in policy.blocklist]
    for zone in settings.zones:
        count = len(places((*own, *hubs), zone, now))
        if count > MOST_PLACES:
            return f"blocklist: expected at most {MOST_PLACES} networks in zone {zone}, with those of the hall, not {count}"
    codes = sum(batch.count for batch in register.vouchers.batches.values() if not is_hubs(batch.created_by, batch.created_uid))
    wanted_codes = sum(wanted.count for wanted in policy.vouchers)
    if codes + wanted_codes > MOST_CODES:
        return f"vouchers: expected at most {MOST_CODES} codes, with those of the hall, not {codes + wanted_codes}"
    return ""


class Wishes:
    """Brings block list and vouchers to what the policy in force wants."""

    def __init__(self, office: Office) -> None:
        self._office: Final = office
        self._issuing: Final = Issuing(office)

    async def run(self) -> None:
        """After each change of the policy, and until it is done, until cancelled."""
        uplink, backoff = self._office.uplink, Backoff(random.random)
        while True:
            await uplink.applied.wait()
            uplink.applied.clear()
            if await self.look():
                backoff.reset()
            else:
                await asyncio.sleep(backoff.wait())
                uplink.applied.set()

    async def look(self) -> bool:
        """False when something could not be done and should be tried again. Without a policy, and before the journal was read, nothing
        is touched: nobody knows what the hub wants, or what is there."""
        policy = self._office.settings.policy
        if policy is None or not self._office.register.loaded_once:
            return True
        try:
            await self._block(policy)
            return await self._vouch(policy)
        except JournalUnavailable:
            return False  # told through ``Office.health``

    # Block list ---------------------------------------------------------------------------------------------------------------------

    async def _block(self, policy: FromHub) -> None:
        """Raises ``JournalUnavailable``; then nothing has changed."""
        blocklist, now = self._office.register.blocklist, self._office.now().unix
        async with blocklist.changing:
            wanted = {_said(_entry(0, one, now)): one for one in policy.blocklist}
            here = [one for one in blocklist.entries.values() if is_hubs(one.added_by, one.added_uid) and one.removed_at is None]
            there = {_said(one) for one in here}
            changed = [
                replace(
                    one, removed_at=now, removed_by=f"{BY_HUB}policy {policy.serial}", removed_reason="the hub's policy has it no longer"
                )
                for one in here
                if _said(one) not in wanted and one.in_force(now)
            ]
            fresh = [one for said, one in wanted.items() if said not in there and (one.until is None or one.until > now)]
            changed += [_entry(blocklist.next_number + offset, one, now) for offset, one in enumerate(fresh)]
            if changed:
                await self._office.journal.write([statement for entry in changed for statement in rows.of_entry(entry)])
                for entry in changed:
                    blocklist.put(entry)
                log.info("block list follows the policy", entered=len(fresh), lifted=len(changed) - len(fresh))

    # Vouchers -----------------------------------------------------------------------------------------------------------------------

    async def _vouch(self, policy: FromHub) -> bool:
        """Raises ``JournalUnavailable``."""
        vouchers = self._office.register.vouchers
        wanted = {one.key: one for one in policy.vouchers}
        vouchers.held = frozenset(wanted)
        async with vouchers.changing:
            here = {one.key: one for one in vouchers.batches.values() if is_hubs(one.created_by, one.created_uid)}
            changed = [_follow(here[key], one) for key, one in wanted.items() if key in here]
            changed = [one for one in changed if one != here[one.key]]
            changed += await self._fresh([one for key, one in wanted.items() if key not in here])
            statements: list[Statement] = [statement for batch in changed for statement in rows.of_batch(batch)]
            if changed:
                statements += rows.of_meta("voucher_number", str(max(one.number for one in (*changed, *vouchers.batches.values()))))
                await self._office.journal.write(statements)
                for batch in changed:
                    vouchers.put_batch(batch)
                log.info("vouchers follow the policy", batches=len(changed))
        return all([await self._withdraw(one, policy.serial) for key, one in here.items() if key not in wanted])

    async def _fresh(self, wanted: list[WantedBatch]) -> list[Batch]:
        """New batches, as far as their codes are not those of another one."""
        if not wanted:
            return []
        office, vouchers, number = self._office, self._office.register.vouchers, await self._issuing.next_number()
        made: list[Batch] = []
        for one in wanted:
            batch = _batch(number + len(made), one, office.now().unix)
            gone = forgotten_at(batch)
            if gone is not None and gone <= office.now().unix:
                continue  # void for so long that it is no longer kept
            if (await vouchers.distinct(batch, made)).key != batch.key:
                log.error("batch of vouchers left out", id=one.id, why="one of its codes is in another batch, too")
                continue
            made.append(batch)
        return made

    async def _withdraw(self, batch: Batch, serial: int) -> bool:
        """Withdraw the batch, and cut the sessions that it let in; False when not all of that could be done."""
        register = self._office.register
        places_online = (parse_place(session.voucher) for session in register.sessions.values() if session.voucher and in_progress(session))
        if batch.withdrawn_at is not None and not any(place is not None and place.batch == batch.number for place in places_online):
            return True
        request = control_vouchers.VoucherWithdraw(by=f"{BY_HUB}policy {serial}", number=batch.number)
        reply = await self._issuing.withdraw(request, None)
        return not isinstance(reply, control.Refused) and reply.pending == 0


def _said(entry: Entry) -> tuple[object, ...]:
    """All that an entry of the hub says: none is ever rewritten, so one that says something else is another."""
    return entry.target, entry.zone, entry.reason, entry.case_number, entry.added_by, entry.until


def _entry(number: int, wanted: WantedEntry, now: float) -> Entry:
    return Entry(
        number=number,
        target=wanted.target,
        zone=wanted.zone,
        reason=wanted.reason,
        case_number=wanted.case_number,
        added_at=now,
        added_by=wanted.by,
        added_uid=None,
        until=wanted.until,
    )


def _batch(number: int, wanted: WantedBatch, now: float) -> Batch:
    return Batch(
        number=number,
        key=wanted.key,
        plan=wanted.plan,
        count=wanted.count,
        devices=wanted.devices,
        valid=wanted.valid,
        not_before=wanted.not_before,
        not_after=wanted.not_after,
        note=wanted.note,
        created_at=now,
        created_by=wanted.by,
    )


def _follow(batch: Batch, wanted: WantedBatch) -> Batch:
    """The batch as the policy has it now. What the hub has withdrawn comes back when it wants it again; what the hall has, does not."""
    fresh = replace(_batch(batch.number, wanted, batch.created_at), withdrawn_at=batch.withdrawn_at, withdrawn_by=batch.withdrawn_by)
    fresh = replace(fresh, withdrawn_uid=batch.withdrawn_uid)
    if batch.withdrawn_at is not None and is_hubs(batch.withdrawn_by, batch.withdrawn_uid):
        fresh = replace(fresh, withdrawn_at=None, withdrawn_by="")
    return fresh
