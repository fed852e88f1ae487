"""The checklist of a town that joins: what is done, what comes next, and what people tick."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from hotspot.hub import checklist as rules
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, Forbidden, NotFound
from hotspot.hub.policy import publishing
from hotspot.hub.store import Connection, audit, checklist, policies, tenants


class Checklist(Struct, frozen=True, kw_only=True):
    """How far a town is."""

    partner: str
    steps: list[rules.ChecklistStep]
    """In the order in which they are taken."""
    done: int
    """How many of them."""
    next: rules.ChecklistStep | None
    """What somebody has to do now; None: all is done."""
    waits: bool = False
    """There is nothing to do at the moment: ``next`` is what is waited for."""


class Ticked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a step is done."""

    done: bool
    hall: Annotated[str, Meta(max_length=40)] = ""
    """Of a step in a hall: its name."""


async def show_checklist(call: Call) -> Checklist:
    """All steps."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        return await _checklist(call, connection, await call.partner(connection))


async def tick_step(call: Call) -> Checklist:
    """A step that only a person can know was done, or was not after all."""
    wanted: Ticked = call.body
    step = call.path["step"]
    if step not in rules.MANUAL:
        raise NotFound(f"step = {step!r}: expected one of {', '.join(rules.MANUAL)}; the others are found out")
    async with call.hub.store.transaction() as connection:
        partner = await call.partner(connection)
        if call.who.partner is not None and step in rules.CITYS_TICKS:
            raise Forbidden(f"step = {step!r}: only the host's people know that")
        if partner.left_at is not None:
            raise Conflict(f"partner = {partner.name!r}: expected one that takes part")
        hall = await _hall(connection, partner, wanted.hall, of_hall=rules.MANUAL[step])
        where = (partner.id, hall.id if hall else 0, step)
        if wanted.done:
            changed = await checklist.tick(connection, *where, call.hub.now(), call.who.user)
        else:
            changed = await checklist.untick(connection, *where)
        if changed:
            action = "checklist.tick" if wanted.done else "checklist.untick"
            await audit.write(connection, call.actor, action, partner=partner.name, hall=hall.name if hall else None, subject=step)
        return await _checklist(call, connection, partner)


async def _hall(connection: Connection, partner: tenants.Partner, name: str, *, of_hall: bool) -> tenants.Hall | None:
    """Raises ``BadRequest``."""
    if not of_hall:
        if name:
            raise BadRequest(f"hall = {name!r}: expected none: this step is of the town as a whole")
        return None
    found = await tenants.hall(connection, name)
    if found is None or found.partner_id != partner.id or found.closed_at is not None:
        raise BadRequest(f"hall = {name!r}: expected the name of a hall of {partner.name}")
    return found


async def _checklist(call: Call, connection: Connection, partner: tenants.Partner) -> Checklist:
    now = call.hub.now()
    halls = await policies.halls(connection, (partner.id,))
    said = {name: rules.said(each.settings) for name, each in (await publishing.present(connection, halls)).items()}
    facts = await checklist.facts(connection, partner.id, now, said)
    steps = rules.steps(replace(facts, mail=call.hub.settings.mail is not None), now)
    done = sum(step.state is rules.StepState.DONE for step in steps)
    coming = rules.to_come(steps)
    waits = coming is not None and not rules.can_be_taken(coming, steps)
    return Checklist(partner=partner.name, steps=steps, done=done, next=coming, waits=waits)


OPERATIONS = (
    Operation(
        name="showChecklist", method="GET", path="/partners/{partner}/checklist", summary="How far a town is", subject="partners",
        permission=Permission.SEE, handler=show_checklist, reply=Checklist,
    ),
    Operation(
        name="tickChecklistStep", method="PUT", path="/partners/{partner}/checklist/{step}", summary="A step is done", subject="partners",
        permission=Permission.EDIT, handler=tick_step, body=Ticked, reply=Checklist, faults=(Conflict,),
    ),
)  # fmt: skip
