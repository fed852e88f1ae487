"""What staff do with the block list: add, remove, look. A change is on disk, with who and why, before it is in force."""

from urllib.parse import urlsplit

from msgspec.structs import replace

from hotspot import control
from hotspot.portal.gate import GateError
from hotspot.portal.journal import JournalUnavailable, rows
from hotspot.portal.office import Office
from hotspot.portal.policy_values import is_hubs
from hotspot.session.blocklist import MOST_PLACES, Entry, Target, covers, parse_target, places


class Blocking:
    """One method per request."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def entries(self, request: control.Blocklist) -> control.BlocklistIs:
        """What is in force, or all that ever was."""
        shown = map(self._row, self._office.register.blocklist.entries.values())
        return control.BlocklistIs(tuple(row for row in shown if request.all or row.in_force))

    async def add(self, request: control.BlocklistAdd, uid: int | None) -> control.BlocklistChanged | control.Refused:
        """Write an entry down and bring it into force."""
        office, blocklist = self._office, self._office.register.blocklist
        zones = office.settings.zones
        if request.zone is not None and request.zone not in zones:
            return control.Refused("bad_request", f"zone = {request.zone!r}: expected one of {', '.join(zones)}")
        try:
            target = parse_target(request.what, request.service)
            self._check_domain(target)
        except ValueError as error:
            return control.Refused("bad_request", str(error))
        async with blocklist.changing:
            now = office.now().unix
            same = next(
                (one for one in blocklist.entries.values() if one.in_force(now) and (one.target, one.zone) == (target, request.zone)), None
            )
            if same is not None:
                return control.Refused(
                    "state", f"what = {request.what!r}: expected what is not on the list yet; entry {same.number} has it"
                )
            entry = Entry(
                number=blocklist.next_number,
                target=target,
                zone=request.zone,
                reason=request.reason.strip(),
                case_number=request.case_number.strip(),
                added_at=now,
                added_by=request.by.strip(),
                added_uid=uid,
                until=None if request.seconds is None else now + request.seconds,
            )
            for zone in (zone for zone in zones if entry.holds_in(zone)):
                count = len(places((*blocklist.entries.values(), entry), zone, now))
                if count > MOST_PLACES:
                    return control.Refused(
                        "full", f"what = {request.what!r}: expected at most {MOST_PLACES} networks in zone {zone}, not {count}"
                    )
            return await self._carry_out(entry)

    async def remove(self, request: control.BlocklistRemove, uid: int | None) -> control.BlocklistChanged | control.Refused:
        """Write down that an entry is lifted, by whom and why, and lift it."""
        blocklist, now = self._office.register.blocklist, self._office.now().unix
        async with blocklist.changing:
            entry = blocklist.entries.get(request.number)
            if entry is None:
                return control.Refused("unknown", f"number = {request.number}: expected the number of an entry of the block list")
            if not entry.in_force(now):
                return control.Refused("state", f"number = {request.number}: expected an entry in force; this one was removed or is over")
            if self._office.settings.hub is not None and is_hubs(entry.added_by, entry.added_uid):
                return control.Refused("state", f"number = {request.number}: expected an entry of this hall; this one is lifted at the hub")
            by, reason = request.by.strip(), request.reason.strip()
            return await self._carry_out(replace(entry, removed_at=now, removed_by=by, removed_uid=uid, removed_reason=reason))

    def _check_domain(self, target: Target) -> None:
        """Raises ``ValueError`` for a domain that cannot or must not be blocked here."""
        if target.domain is None:
            return
        settings = self._office.settings
        if settings.blocked_names is None:
            raise ValueError(
                f"what = {target.domain!r}: expected no domain, because no name server here follows (blocked_names in portal.toml)"
            )
        for zone in settings.zones.values():
            own = urlsplit(zone.portal_url).hostname or ""
            if covers(target.domain, own):
                raise ValueError(f"what = {target.domain!r}: expected a domain without the portal's own name {own}")

    async def _carry_out(self, entry: Entry) -> control.BlocklistChanged | control.Refused:
        office = self._office
        try:
            await office.journal.write(rows.of_entry(entry))
        except JournalUnavailable as error:
            return control.Refused("journal", f"nothing was changed: {error}")
        office.register.blocklist.put(entry)
        pending = "" if office.gate.up else "the firewall does not answer"
        try:
            await office.enforcement.look(office.gate.link if office.gate.up else None)
        except GateError as error:
            pending = str(error)
        pending = pending or "; ".join(f"{what}: {why}" for what, why in office.enforcement.faults.items())
        return control.BlocklistChanged(self._row(entry), pending)

    def _row(self, entry: Entry) -> control.BlocklistRow:
        return control.BlocklistRow(
            number=entry.number,
            what=entry.target.text,
            zone=entry.zone,
            reason=entry.reason,
            case_number=entry.case_number,
            added_at=entry.added_at,
            added_by=entry.added_by,
            added_uid=entry.added_uid,
            until=entry.until,
            in_force=entry.in_force(self._office.now().unix),
            removed_at=entry.removed_at,
            removed_by=entry.removed_by,
            removed_uid=entry.removed_uid,
            removed_reason=entry.removed_reason,
        )
