"""The block list: what visitors do not reach, for whom, why and until when; added, looked for, withdrawn, and exported for the file."""

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, policy_items, policy_scopes
from hotspot.hub.api.policy_items import Block
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, Unprocessable
from hotspot.hub.console.formats import TIME_ZONE
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.voucher_words import person
from hotspot.session.blocklist import parse_target

STATES: Final = {"valid": N_("in force"), "over": N_("over"), "withdrawn": N_("withdrawn"), "all": N_("all")}
KINDS: Final = {"valid": "good", "over": "quiet", "withdrawn": "quiet"}
REASONS: Final = {
    "court": N_("court order"),
    "authority": N_("order of an authority"),
    "police": N_("request of the police"),
    "minors": N_("protection of minors"),
    "fraud": N_("fraud or harmful programs"),
    "abuse": N_("complaint about abuse"),
    "other": N_("another reason"),
}
FIELDS: Final = ("scope", "what", "service", "zone", "kind", "reason", "case_number", "until")
ON_A_PAGE: Final = 100


class Row(Struct, frozen=True, kw_only=True):
    """One entry, ready to be shown."""

    block: Block
    state: str
    """A key of ``STATES``."""
    where: str


async def _scopes(visit: Visit) -> dict[str, str]:
    """Scopes that somebody may see, and their words: the city, towns, halls."""
    towns, places = await together(visit.ask(halls.list_partners), visit.ask(halls.list_halls))
    found = {"host": visit.text("all towns and halls")}
    for town in towns:
        found[f"partner/{town.name}"] = town.title
        found |= {f"hall/{hall.name}": f"{town.title} – {hall.title}" for hall in places if hall.partner == town.name}
    return found


def _today(visit: Visit) -> date:
    return visit.hub.now().astimezone(ZoneInfo(TIME_ZONE)).date()


def _state(block: Block, today: date) -> str:
    over = block.until is not None and date.fromisoformat(block.until) < today
    if block.withdrawn_at is not None:
        return "over" if over and block.withdrawn_by == "hub" else "withdrawn"
    return "over" if over else "valid"


async def show(visit: Visit) -> web.StreamResponse:
    """The list, filtered."""
    scopes, blocks = await together(_scopes(visit), visit.ask(policy_items.list_blocks, query={"withdrawn": "true"}))
    today = _today(visit)
    rows = [Row(block=one, state=_state(one, today), where=scopes.get(one.scope, one.scope)) for one in blocks]
    state, scope = visit.query.get("state", "valid"), visit.query.get("scope", "")
    search = visit.query.get("q", "").strip()[:100]
    found = [
        row
        for row in rows
        if state in ("all", row.state) and scope in ("", row.block.scope) and search.casefold() in _text(row.block).casefold()
    ]
    start = int(text) if (text := visit.query.get("from", "0")).isascii() and text.isdigit() and len(text) < 6 else 0
    return visit.page(
        "blocks.html",
        rows=found[start : start + ON_A_PAGE],
        start=start,
        on_a_page=ON_A_PAGE,
        found=len(found),
        counts={name: sum(row.state == name or name == "all" for row in rows) for name in STATES},
        states=STATES,
        kinds=KINDS,
        scopes=scopes,
        state=state if state in STATES else "valid",
        scope=scope,
        search=search,
        iso=date.fromisoformat,
    )


def _text(block: Block) -> str:
    return f"{block.what} {block.service or ''} {block.reason} {block.case_number} {block.withdrawn_why}"


async def export(visit: Visit) -> web.StreamResponse:
    """All that somebody may see, also what is over, as a table."""
    return await visit.file(await visit.ask(policy_items.export_blocks, query={"withdrawn": "true"}))


# One more -----------------------------------------------------------------------------------------------------------------------------


async def show_form(visit: Visit) -> web.StreamResponse:
    """What is to be blocked."""
    fields = dict.fromkeys(FIELDS, "") | {"scope": visit.query.get("scope", ""), "kind": "court"}
    return await _form(visit, fields, {})


async def _form(visit: Visit, fields: dict[str, str], wrong: dict[str, str], refused: str = "", status: int = 200) -> web.Response:
    scopes, everywhere = await together(_scopes(visit), visit.ask(policy_scopes.list_zones))
    if visit.who.partner is not None:
        del scopes["host"]
    zones = [(zone, zone) for zone in sorted({zone for one in everywhere for zone in one.zones})]
    fields = {**fields, "scope": fields["scope"] if fields["scope"] in scopes else next(iter(scopes))}
    return visit.page(
        "block_new.html", status, scopes=scopes, reasons=REASONS, zones=zones, fields=fields, refused=refused,
        wrong={name: visit.text(words) for name, words in wrong.items()}, today=_today(visit),
    )  # fmt: skip


async def add(visit: Visit) -> web.StreamResponse:
    """Block it."""
    fields = {name: visit.form.text(name) for name in FIELDS}
    wrong = _faults(fields, _today(visit))
    if not visit.form.has("sure"):
        wrong["sure"] = N_("Please tick the box.")
    if wrong:
        return await _form(visit, fields, wrong, status=400)
    reason = visit.text(REASONS[fields["kind"]])
    if fields["kind"] == "other":
        reason = fields["reason"]
    elif fields["reason"]:
        reason = f"{reason}: {fields['reason']}"
    body: dict[str, Any] = {name: fields[name] for name in ("scope", "what", "case_number")} | {"reason": reason}
    body |= {name: fields[name] for name in ("service", "zone", "until") if fields[name]}
    try:
        await visit.ask(policy_items.add_block, body)
    except (BadRequest, Conflict, Unprocessable, NotFound) as fault:
        return await _form(visit, fields, {}, str(fault), fault.status)
    return visit.redirect("/blocks", visit.text("It is blocked: %(what)s", what=fields["what"][:200]))


def _faults(fields: dict[str, str], today: date) -> dict[str, str]:
    """At which field, and in words for people."""
    wrong: dict[str, str] = {}
    try:
        parse_target(fields["what"], fields["service"] or None)
    except ValueError as error:
        if str(error).startswith("service"):
            wrong["service"] = N_("Enter a service such as tcp/443, and only with an address or a network.")
        else:
            wrong["what"] = N_(
                "Enter a domain such as casino.example, an address, a network such as 198.51.100.0/24, or a service such as tcp/25."
            )
    if fields["kind"] not in REASONS:
        wrong["kind"] = N_("Choose one of the reasons.")
    elif fields["kind"] == "other" and not fields["reason"]:
        wrong["reason"] = N_("Say the reason in a few words.")
    elif len(fields["reason"]) > 400:
        wrong["reason"] = N_("Enter at most 400 characters.")
    if not fields["case_number"]:
        wrong["case_number"] = N_("Enter the case number of the decision, or your own note on it.")
    elif len(fields["case_number"]) > 100:
        wrong["case_number"] = N_("Enter at most 100 characters.")
    if fields["until"]:
        try:
            if date.fromisoformat(fields["until"]) < today:
                wrong["until"] = N_("This day is over.")
        except ValueError:
            wrong["until"] = N_("Enter a day, such as 2027-01-31.")
    return wrong


# One that there is --------------------------------------------------------------------------------------------------------------------


async def _found(visit: Visit) -> Row:
    """The entry of the path. Raises ``NotFound``."""
    scopes, blocks = await together(_scopes(visit), visit.ask(policy_items.list_blocks, query={"withdrawn": "true"}))
    for block in blocks:
        if block.id == visit.path["block"]:
            return Row(block=block, state=_state(block, _today(visit)), where=scopes.get(block.scope, block.scope))
    raise NotFound(f"block = {visit.path['block']!r}: expected the id of an entry of the block list")


async def show_block(visit: Visit) -> web.StreamResponse:
    """One entry."""
    return _block(visit, await _found(visit))


def _block(visit: Visit, row: Row, why: str = "", unsure: bool = False, refused: str = "", status: int = 200) -> web.Response:
    mine = visit.may(policy_items.withdraw_block) and (visit.who.partner is None or row.block.scope != "host")
    return visit.page(
        "block.html",
        status,
        row=row,
        states=STATES,
        kinds=KINDS,
        mine=mine,
        why=why,
        unsure=unsure,
        refused=refused,
        iso=date.fromisoformat,
        person=person,
    )


async def withdraw(visit: Visit) -> web.StreamResponse:
    """It is not blocked any longer."""
    row, why = await _found(visit), visit.form.text("why")
    if not visit.form.has("sure"):
        return _block(visit, row, why, unsure=True, status=400)
    try:
        await visit.ask(policy_items.withdraw_block, {"why": why}, block=row.block.id)
    except (BadRequest, Conflict, Unprocessable) as fault:
        return _block(visit, row, why, refused=str(fault), status=fault.status)
    return visit.redirect("/blocks", visit.text("It is not blocked any more: %(what)s", what=row.block.what[:200]))


_SEE, _EDIT = Permission.SEE, Permission.EDIT
PAGES = (
    Page(name="blocks", method="GET", path="/blocks", permission=_SEE, handler=show),
    Page(name="blocks.export", method="GET", path="/blocks.csv", permission=_SEE, handler=export, is_file=True),
    Page(name="blocks.new", method="GET", path="/blocks/new", permission=_EDIT, handler=show_form),
    Page(name="blocks.add", method="POST", path="/blocks/new", permission=_EDIT, handler=add),
    Page(name="block", method="GET", path="/blocks/{block}", permission=_SEE, handler=show_block),
    Page(name="block.withdraw", method="POST", path="/blocks/{block}/withdraw", permission=_EDIT, handler=withdraw),
)
