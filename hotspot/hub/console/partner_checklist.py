"""From "agreement signed" to "first visitor online": what is done, what comes next, and who does it."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import groupby
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import channels, checklist, gateways, halls, people, policy
from hotspot.hub.api.operations import Call
from hotspot.hub.checklist import CITYS_TICKS, ChecklistStep, StepState
from hotspot.hub.console.checklist_words import LONGEST, NOTES, STATES, STEPS, WHO, StepWords, address, button
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import GUIDE, Visit

_NEEDS: Final[Mapping[str, Callable[[Call], Awaitable[Any]]]] = {
    "contact": halls.change_partner,
    "user": people.create_user,
    "halls": halls.create_hall,
    "settings": policy.change_policy,
    "contacts": policy.change_policy,
    "imprint": policy.change_policy,
    "branding": policy.change_policy,
    "channel": channels.create_channel,
    "enrolled": gateways.create_enrolment,
}
"""Who may take a step: whom the API would let. What is not here is open to everybody who sees the list."""
GUIDED: Final = 7_200
"""Seconds for which pages lead back to the list."""
_BEFORE: Final = N_("The town")


class ShownStep(Struct, frozen=True):
    """One step as the page shows it."""

    step: ChecklistStep
    words: StepWords
    sign: str
    state: str
    who: str
    note: str
    address: str
    """"" when it is for somebody else, or happens elsewhere."""
    button: str
    """What stands on the way there."""
    ticks: bool
    """The reader may tick it."""
    is_next: bool


class ShownPart(Struct, frozen=True):
    """Steps that belong together."""

    title: str
    steps: tuple[ShownStep, ...]

    @property
    def left(self) -> tuple[ShownStep, ...]:
        """Those that are not done."""
        return tuple(each for each in self.steps if each.step.state is not StepState.DONE)

    @property
    def done(self) -> tuple[ShownStep, ...]:
        """Those that are: they are folded away."""
        return tuple(each for each in self.steps if each.step.state is StepState.DONE)


async def show(visit: Visit) -> web.StreamResponse:
    """All steps."""
    name = visit.path["partner"]
    town = await visit.ask(halls.show_partner, partner=name)
    there = {hall.name: hall.title for hall in await visit.ask(halls.list_halls, query={"partner": name})}
    found = await visit.ask(checklist.show_checklist, partner=name)
    shown = [_shown(visit, town.left_at is None, found, step) for step in found.steps]
    waits = found.next is not None and town.left_at is None
    response = visit.page(
        "partner_checklist.html",
        area="partners",
        town=town,
        checklist=found,
        count=len(found.steps),
        next=next((each for each in shown if each.is_next), None),
        parts=_parts(visit, shown, there),
        titles=there,
        waits=waits,
    )
    if waits and visit.may(checklist.tick_step):
        response.set_cookie(GUIDE, name, max_age=GUIDED, path="/", httponly=True, samesite="Lax", secure=visit.hub.encrypted(visit.request))
    else:
        response.del_cookie(GUIDE, path="/")
    return response


async def tick(visit: Visit) -> web.StreamResponse:
    """A step that only a person can know."""
    name, form = visit.path["partner"], visit.form
    body = {"done": form.text("done") == "yes", "hall": form.text("hall")}
    await visit.ask(checklist.tick_step, body, partner=name, step=form.text("step") or "-")
    return visit.redirect(f"/partners/{name}/checklist", done=visit.text("Ticked.") if body["done"] else visit.text("No longer ticked."))


def _shown(visit: Visit, takes_part: bool, found: checklist.Checklist, step: ChecklistStep) -> ShownStep:
    sign, state = STATES[step.state]
    values = {
        "until": "" if step.until is None else visit.formats.moment(step.until),
        "since": "" if step.at is None else visit.formats.moment(step.at),
        "text": step.text[:LONGEST],
    }
    needed = _NEEDS.get(step.name)
    open_to = takes_part and (needed is None or visit.may(needed))
    ticks = takes_part and step.manual and visit.may(checklist.tick_step) and (visit.who.partner is None or step.name not in CITYS_TICKS)
    note = visit.text(NOTES[step.why], **values) if NOTES[step.why] else ""
    where = address(step, found.partner, of_city=visit.who.partner is None) if open_to else ""
    who, press = visit.text(WHO[step.who]), visit.text(button(step))
    return ShownStep(step, STEPS[step.name], sign, visit.text(state), who, note, where, press, ticks, step == found.next)


def _parts(visit: Visit, shown: list[ShownStep], titles: Mapping[str, str]) -> list[ShownPart]:
    """By hall; what comes after the halls stands under a head of its own."""
    parts: list[ShownPart] = []
    for hall, group in groupby(shown, key=lambda each: each.step.hall):
        steps = tuple(group)
        title = titles.get(hall, hall) if hall else visit.text("Afterwards") if parts else visit.text(_BEFORE)
        parts.append(ShownPart(title, steps))
    if len(parts) == 1:  # no hall yet: the end is no part of the beginning
        steps = parts[0].steps
        parts = [ShownPart(visit.text(_BEFORE), steps[:-1]), ShownPart(visit.text("Afterwards"), steps[-1:])]
    return parts


PAGES = (
    Page(name="partner.checklist", method="GET", path="/partners/{partner}/checklist", permission=Permission.SEE, handler=show),
    Page(name="partner.tick", method="POST", path="/partners/{partner}/checklist", permission=Permission.EDIT, handler=tick),
)
