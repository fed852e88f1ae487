"""Orders of the staff, carried out: kick, block, unblock, allow, and what they may see (the block list: ``blocking``). Devices are named by
code."""

import secrets
from collections import Counter as Tally

import msgspec

from hotspot import control, control_vouchers
from hotspot.portal.accept import Entry, Refusal, open_session
from hotspot.portal.blocking import Blocking
from hotspot.portal.feedback import Feedback
from hotspot.portal.gate import GateError, GateRefused
from hotspot.portal.meter import Meter
from hotspot.portal.office import Office
from hotspot.portal.register import Ambiguous, Client
from hotspot.portal.settings import Zone
from hotspot.portal.staff_hub import hub_status, looks_status
from hotspot.portal.staff_terms import terms
from hotspot.portal.staff_vouchers import Issuing
from hotspot.portal.tuning import put_granted
from hotspot.session.blocks import Block
from hotspot.session.codes import parse_code
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session, extend, in_progress, seconds_left, to_grant, volume_limit
from hotspot.session.states import Blocked, EndEvent, IllegalMove, Kicked, LetIn, State
from hotspot.session.visitor_check import CHECK_PLAN, is_check

_WHY = {
    "journal": "the journal cannot be written",
    "firewall": "the firewall does not carry it out",
    "full": "the zone is full",
    "blocked": "the device is blocked",
}


class _Refuse(Exception):
    """Carries the answer out of a step."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = control.Refused(code=code, message=message)


class Staff:
    """One method per request."""

    def __init__(self, office: Office, meter: Meter) -> None:
        self._office = office
        self._meter = meter
        self._blocking = Blocking(office)
        self._feedback = Feedback(office)
        self._issuing = Issuing(office)

    async def answer(self, request: control.AnyRequest, uid: int | None = None) -> control.AnyReply:
        """Carry out one request of a user; ``uid`` None: nobody knows whose it is."""
        try:
            match request:
                case control.Status():
                    return self._status()
                case control.Sessions():
                    return await self._sessions()
                case control.Kick():
                    return await self._kick(request)
                case control.Block():
                    return await self._block(request)
                case control.Unblock():
                    return await self._unblock(request)
                case control.Allow():
                    return await self._allow(request)
                case control.Blocklist():
                    return self._blocking.entries(request)
                case control.BlocklistAdd():
                    return await self._blocking.add(request, uid)
                case control.BlocklistRemove():
                    return await self._blocking.remove(request, uid)
                case control.Feedback():
                    return await self._feedback.list(request)
                case control.FeedbackShow():
                    return await self._feedback.show(request)
                case control.FeedbackDone():
                    return await self._feedback.done(request)
                case control.TermsAccepted():
                    return await terms(self._office, request)
                case control_vouchers.VoucherList():
                    return self._issuing.batches(request)
                case control_vouchers.VoucherPrint():
                    return self._issuing.batch(request)
                case control_vouchers.VoucherCreate():
                    return await self._issuing.create(request, uid)
                case control_vouchers.VoucherWithdraw():
                    return await self._issuing.withdraw(request, uid)
        except _Refuse as refuse:
            return refuse.reply

    def _status(self) -> control.StatusIs:
        office = self._office
        online = Tally(session.zone for session in office.register.in_progress() if not is_check(session))
        faults = office.faults()
        return control.StatusIs(
            ok=not faults,
            faults=faults,
            firewall=office.gate.up,
            journal=office.journal.ok,
            internet=office.internet_up,
            zones=tuple(self._zone(zone, online[zone.name]) for zone in office.settings.zones.values()),
            alarms=tuple(control.Alarm(*msgspec.structs.astuple(told)) for told in office.alarms.all()),
            blocked=office.register.blocklist.count(office.now().unix),
            warnings=office.warnings(),
            hub=hub_status(office),
            looks=looks_status(office),
        )

    def _zone(self, zone: Zone, online: int) -> control.ZoneStatus:
        how = self._office.opening(zone.name)
        return control.ZoneStatus(zone.name, online, (*zone.plans, *zone.voucher_plans), closed_until=how.opens, open=how.open)

    async def _sessions(self) -> control.SessionsAre:
        await self._meter.read()
        office, now = self._office, self._office.now()
        rows = [
            control.SessionRow(
                code=office.register.code(Client(session.zone, session.mac or "")),
                zone=session.zone,
                plan=session.plan,
                accepted_at=session.accepted_at,
                seconds_left=int(seconds_left(session, now)),
                bytes_up=session.bytes_up,
                bytes_down=session.bytes_down,
                volume=volume_limit(session),
                by_staff=session.terms_version == "",
            )
            for session in office.register.in_progress()
        ]
        return control.SessionsAre(sessions=tuple(sorted(rows, key=lambda row: (row.zone, row.accepted_at))))

    async def _kick(self, request: control.Kick) -> control.Done:
        client = self._client(request.code, request.zone)
        async with self._office.register.lock(client):
            session = self._office.register.session(client)
            if session is None or not in_progress(session):
                raise _Refuse("state", f"cannot kick {self._office.register.code(client)}: it is not online")
            await self._end(session, Kicked())
        return self._done(client)

    async def _block(self, request: control.Block) -> control.Done:
        client, now = self._client(request.code, request.zone), self._office.now()
        until = None if request.seconds is None else now.unix + request.seconds
        async with self._office.register.lock(client):
            self._office.register.block(Block(client.zone, client.mac, request.reason, since=now.unix, until=until))
            written = await self._office.save()
            session = self._office.register.session(client)
            if session is not None and in_progress(session):
                await self._end(session, Blocked())
        if not written:
            raise _Refuse("journal", f"{request.code} is blocked, but this cannot be written down yet and ends with the next restart")
        return self._done(client)

    async def _unblock(self, request: control.Unblock) -> control.Done:
        client = self._client(request.code, request.zone)
        async with self._office.register.lock(client):
            if self._office.register.blocked(client, self._office.now()) is None:
                raise _Refuse("state", f"cannot unblock {self._office.register.code(client)}: it is not blocked")
            self._office.register.unblock(client)
            await self._office.save()
        return self._done(client)

    async def _allow(self, request: control.Allow) -> control.Done:
        client, office = self._client(request.code, request.zone), self._office
        known = office.register.session(client)
        if known is not None and known.voucher and in_progress(known):
            await self._meter.read()  # what it has used until now is its code's; not below: the meter may want this lock
        async with office.register.lock(client):
            if office.register.blocked(client, office.now()) is not None:
                office.register.unblock(client)
                await office.save()
            session = office.register.session(client)
            plan = self._plan(client, request, session)
            if session is not None and in_progress(session):
                await self._extend(session, plan, request.seconds or plan.seconds)
            else:
                entry = Entry(event=LetIn(), plan=plan, session_id=secrets.token_hex(8), seconds=request.seconds)
                result = await open_session(office, client, entry)
                if isinstance(result, Refusal):
                    raise _Refuse(result.code, f"cannot allow {office.register.code(client)}: {_WHY.get(result.code, result.code)}")
        return self._done(client)

    async def _extend(self, session: Session, plan: Plan, seconds: float) -> None:
        office = self._office
        try:
            extended = office.tuned(extend(session, plan, seconds, office.now()), plan, office.now())
            grant = to_grant(extended, plan, office.now())
            await office.gate.link.replace(grant)
        except (GateError, IllegalMove) as error:
            raise _Refuse("firewall", str(error)) from error
        current = office.register.sessions[session.id]
        if not in_progress(current):
            raise _Refuse("state", "the session ended at this moment")
        if session.voucher:
            office.register.vouchers.enter(office.register.hall_key, session)  # it leaves its code
        put_granted(office, extended, grant)
        await office.save()

    async def _end(self, session: Session, event: EndEvent) -> None:
        """The kernel first: what it counted last belongs to the session."""
        try:
            final = await self._office.gate.link.revoke(session.id, event.reason)
        except GateRefused as error:
            if error.code != "unknown":
                raise _Refuse("firewall", str(error)) from error
            final = None
        except GateError as error:
            raise _Refuse("firewall", str(error)) from error
        self._office.finish(session.id, event, final)
        await self._office.save()

    def _client(self, text: str, zone: str | None) -> Client:
        zones = self._office.settings.zones
        if zone is not None and zone not in zones:
            raise _Refuse("bad_request", f"zone = {zone!r}: expected one of {', '.join(zones)}")
        try:
            code = parse_code(text)
        except ValueError as error:
            raise _Refuse("bad_request", str(error)) from None
        try:
            client = self._office.register.find(code, zone)
        except Ambiguous as error:
            raise _Refuse("ambiguous", str(error)) from None
        if client is None:
            where = "here" if zone is None else f"in zone {zone}"
            raise _Refuse("unknown", f"no device with code {code} was {where} lately; its own page shows its code")
        return client

    def _plan(self, client: Client, request: control.Allow, session: Session | None) -> Plan:
        plans = {name: plan for name, plan in self._office.settings.plans.items() if plan is not CHECK_PLAN}
        if request.plan is None:
            current = self._office.plan_of(session) if session is not None and in_progress(session) else None
            return current or self._office.plans(client.zone)[0]
        if request.plan not in plans:
            raise _Refuse("bad_request", f"plan = {request.plan!r}: expected one of {', '.join(plans)}")
        return plans[request.plan]

    def _done(self, client: Client) -> control.Done:
        office, now = self._office, self._office.now()
        state, session = office.register.state(client, now), office.register.session(client)
        left = int(seconds_left(session, now)) if session is not None and state is State.ONLINE else None
        return control.Done(code=office.register.code(client), state=state.value, seconds_left=left)
