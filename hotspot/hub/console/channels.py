"""Who is told of alarms: e-mail and webhooks, with a test message."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import channels, halls
from hotspot.hub.api.channels import Channel
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.console.forms import web_address
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

FIELDS: Final = ("name", "partner", "recipients", "url", "lowest", "quiet_from", "quiet_until")
FAULTS: Final[Mapping[str, str]] = {
    "name": N_("Please use small letters without umlauts, digits and hyphens only, at most 40, beginning with a letter or digit."),
    "partner": N_("Please choose a town that takes part."),
    "recipients": N_("Please write one e-mail address on each line, such as it@kleinheim.example, at most 20."),
    "url": N_("Please write a whole address, such as https://chat.kleinheim.example/hook, without a password in it."),
    "quiet_from": N_("Please fill in both times, such as 22:00 and 06:00, or none."),
}
"""What is expected of a field."""
_AT: Final = re.compile(r"(?:\$\.|^)([a-z_]+)")
NO_MAIL: Final = N_("This server cannot send e-mail yet: the section [mail] of its settings has to be filled in by the IT department.")
LOWEST: Final = {
    "urgent": N_("Urgent alarms only"),
    "warning": N_("Urgent alarms and warnings"),
    "notice": N_("Everything, notices too"),
}


async def show(visit: Visit) -> web.StreamResponse:
    """All that somebody may see."""
    return await _all(visit)


async def _all(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    found = await visit.ask(channels.list_channels)
    towns = await _towns(visit) if visit.who.partner is None else {}
    return visit.page(
        "channels.html",
        status=status,
        channels=[(channel, _may_change(visit, channel)) for channel in found],
        towns=towns,
        lowest={key: visit.text(words) for key, words in LOWEST.items()},
        can_mail=visit.hub.settings.mail is not None,
        may_create=visit.may(channels.create_channel),
        wrong=wrong,
    )


async def _towns(visit: Visit) -> dict[str, str]:
    return {town.name: town.title for town in await visit.ask(halls.list_partners)}


def _may_change(visit: Visit, channel: Channel) -> bool:
    """The host's own are its administrators' business."""
    return visit.may(channels.delete_channel) and (channel.partner is not None or visit.who.may(Permission.ADMIN))


async def new(visit: Visit) -> web.StreamResponse:
    """The form for another one."""
    return await _form(visit, {**dict.fromkeys(FIELDS, ""), "lowest": "warning"}, {})


async def _form(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> web.Response:
    kind = visit.path["kind"]
    if kind not in ("mail", "webhook"):
        raise NotFound(f"kind = {kind[:20]!r}: expected mail or webhook")
    towns: list[tuple[str, str]] = []
    if visit.who.partner is None:
        towns = [("", visit.text("All towns"))] if visit.who.may(Permission.ADMIN) else []
        towns += list((await _towns(visit)).items())
    lowest = [(key, visit.text(words)) for key, words in LOWEST.items()]
    return visit.page("channel_new.html", status=status, kind=kind, values=values, wrong=wrong, towns=towns, lowest=lowest)


async def create(visit: Visit) -> web.StreamResponse:
    """Somebody is told from now on; the secret of a webhook is shown this once."""
    form, kind = visit.form, visit.path["kind"]
    values = {name: form.text(name) for name in FIELDS}
    body: dict[str, Any] = {name: values[name] or None for name in ("partner", "quiet_from", "quiet_until")}
    body |= {"name": values["name"], "kind": kind, "lowest": values["lowest"] or "warning"}
    body |= {"recipients": re.split(r"[\s,;]+", values["recipients"])} if kind == "mail" and values["recipients"] else {}
    body |= {"url": web_address(values["url"])} if kind == "webhook" else {}
    try:
        made = await visit.ask(channels.create_channel, body)
    except Conflict as error:
        taken = f"{error}".startswith("name")
        words = visit.text("There is one of that name already.") if taken else visit.text("There are too many already: delete one first.")
        return await _form(visit, values, {"name": words}, 409)
    except NotFound:
        return await _form(visit, values, {"partner": visit.text(FAULTS["partner"])}, 422)
    except BadRequest as error:
        return await _form(visit, values, _wrong(visit, f"{error}"), 400)
    if not made.secret:
        return visit.redirect("/alarms/channels", done=visit.text("“%(name)s” is told of alarms from now on.", name=made.name))
    return visit.page("channel_made.html", channel=made)


def _wrong(visit: Visit, error: str) -> dict[str, str]:
    """The field that the API does not like, and what is expected there."""
    names = [{"quiet_until": "quiet_from", "time_zone": "url"}.get(name, name) for name in _AT.findall(error)]
    name = next((name for name in names if name in FAULTS), "name")
    return {name: visit.text(FAULTS[name])}


async def try_it(visit: Visit) -> web.StreamResponse:
    """Send a test message and say what became of it."""
    name = visit.path["channel"]
    channel = await visit.ask(channels.show_channel, channel=name)
    try:
        tested = await visit.ask(channels.try_channel, channel=name)
    except TooMany:
        wrong = visit.text("“%(name)s” was tested a moment ago. Please wait a minute.", name=name)
        return await _all(visit, wrong, 429)
    if tested.arrived:
        return visit.redirect("/alarms/channels", done=visit.text("The test message to “%(name)s” has been taken.", name=name))
    if channel.kind == "mail" and visit.hub.settings.mail is None:
        return await _all(
            visit, visit.text("The test message to “%(name)s” could not be sent. %(why)s", name=name, why=visit.text(NO_MAIL)), 422
        )
    said = visit.text("The test message to “%(name)s” did not arrive. For the IT department: %(why)s", name=name, why=tested.why[:300])
    return await _all(visit, said, 422)


async def ask_delete(visit: Visit) -> web.StreamResponse:
    """Is it meant?"""
    return await _really(visit, "")


async def _really(visit: Visit, wrong: str, status: int = 200) -> web.Response:
    channel = await visit.ask(channels.show_channel, channel=visit.path["channel"])
    return visit.page("channel_delete.html", status=status, channel=channel, wrong=wrong, may=_may_change(visit, channel))


async def delete(visit: Visit) -> web.StreamResponse:
    """It is told nothing any more."""
    name = visit.path["channel"]
    if not visit.form.has("sure"):
        return await _really(visit, visit.text("Please tick the box if you are sure."), 422)
    await visit.ask(channels.delete_channel, channel=name)
    return visit.redirect("/alarms/channels", done=visit.text("“%(name)s” is told nothing any more.", name=name))


_SEE, _EDIT = Permission.SEE, Permission.EDIT
PAGES = (
    Page(name="channels", method="GET", path="/alarms/channels", permission=_SEE, handler=show),
    Page(name="channels.new", method="GET", path="/alarms/channels/new/{kind}", permission=_EDIT, handler=new),
    Page(name="channels.create", method="POST", path="/alarms/channels/new/{kind}", permission=_EDIT, handler=create),
    Page(name="channels.test", method="POST", path="/alarms/channels/{channel}/test", permission=_EDIT, handler=try_it),
    Page(name="channels.ask-delete", method="GET", path="/alarms/channels/{channel}/delete", permission=_EDIT, handler=ask_delete),
    Page(name="channels.delete", method="POST", path="/alarms/channels/{channel}/delete", permission=_EDIT, handler=delete),
)
