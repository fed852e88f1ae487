"""What tests of the settings do with forms: fill them in as a browser would, and apply what comes of it."""

import re
from typing import Any

from hotspot.hub.access import Role
from hotspot.hub.api import policy
from hotspot.hub.hub import Hub
from hotspot.hub.store import policies
from tests.hub.console.city import done
from tests.hub.console.conftest import Answer, Seat, Seats

PLAN = "/settings/in/partner:kleinheim/plans/free"
"""The form of the city's free plan, for Kleinheim."""


async def editor(seats: Seats) -> Seat:
    """Karl of Kleinheim, who may change what is his town's."""
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


def fields_of(answer: Answer) -> dict[str, list[str]]:
    """What a form of a page would send as it is: inputs, ticked boxes, chosen options, texts."""
    found: dict[str, list[str]] = {}
    form = next(form for form in re.findall(r"<form\b.*?</form>", answer.text, re.DOTALL) if "<button>" in form)
    for tag in re.findall(r"<input\b[^>]*>", form):
        kind, name = re.search(r'type="(\w+)"', tag), re.search(r'\bname="([^"]*)"', tag)
        if name is None or name[1] == "csrf" or (kind and kind[1] in ("radio", "checkbox") and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        found.setdefault(name[1], []).append(value[1] if value else "")
    for name, inner in re.findall(r'<select\b[^>]*?name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = [chosen[1] if chosen else ""]
    for name, inner in re.findall(r'<textarea\b[^>]*?name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = [inner]
    return found


async def changed(seat: Seat, path: str, **values: Any) -> Answer:
    """Open a form, fill in something (``time__unit`` is the field ``time.unit``), send it."""
    shown = await seat.get(path)
    assert shown.status == 200, shown.words
    return await seat.post(path, {**fields_of(shown), **{name.replace("__", "."): value for name, value in values.items()}})


async def apply(seat: Seat, draft: str, **values: Any) -> Answer:
    """Look at a draft and apply it."""
    shown = await seat.get(draft)
    assert shown.status == 200 and "seen" in shown.text, shown.words
    return await seat.post(f"{draft}/apply", {**fields_of(shown), **values})


async def document(hub: Hub, scope: str) -> dict[str, Any]:
    """What is said in a scope."""
    async with hub.store.connection() as connection:
        found = await policies.document(connection, scope)
    return {} if found is None else found.document


async def say(hub: Hub, scope: str, said: dict[str, Any], **more: Any) -> int:
    """The administrator says something somewhere else; the serial of that."""
    return (await done(hub, policy.change_policy, {"documents": [{"scope": scope, "document": said}], **more})).serial
