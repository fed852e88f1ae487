"""The audit log at the console: found, read in words, exported, and only one's own; and every action has words."""

import ast
import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import hotspot.hub
from hotspot.hub.access import Role
from hotspot.hub.api import orders, policy
from hotspot.hub.console.audit import actor_of
from hotspot.hub.console.audit_words import ACTIONS, AREAS, facts
from hotspot.hub.hub import Hub
from hotspot.hub.store import audit, tenants
from tests.hub.console.city import done
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub


@pytest.fixture
async def admin(seats: Seats) -> Seat:
    """The administrator of a city with two towns."""
    async with seats.hub.store.transaction() as connection:
        for name in ("kleinheim", "grossdorf"):
            await tenants.add_partner(connection, name, f"Gemeinde {name.title()}", "")
    return await seats.admin()


async def written(seats: Seats, *entries: dict[str, Any]) -> None:
    """Entries, the oldest first."""
    for entry in entries:
        async with seats.hub.store.transaction() as connection:
            await audit.write(connection, **{"actor": "user anna", "action": "hall.create", **entry})


def shown(page: str) -> list[str]:
    """What was done, of each entry on a page."""
    return re.findall(r'<th scope="row" class="first">(.*?)</th>', page)


async def test_in_words(seats: Seats, admin: Seat) -> None:
    """Who, what, where, about what, and details as pairs; no JSON, and no code names where there are words."""
    await written(
        seats,
        {"action": "user.create", "subject": "karl", "partner": "kleinheim", "detail": {"role": "partner-editor"}},
        {
            "actor": "gateway box-1",
            "action": "gateway.enrol",
            "detail": {"zones": ["public", "council"], "replaced": False, "software": ""},
        },
        {
            "actor": "hub",
            "action": "policy.change",
            "subject": "7",
            "detail": {"scopes": ["host", "partner/grossdorf"], "note": "", "x": None},
        },
        {"action": "partner.erase", "subject": "old", "detail": {"rows": {"halls": 2, "feedback": 1_234}}},
        {"action": "enrolment.create", "detail": {"expires": "2026-12-31T17:05:00+00:00", "new_key": "as it is"}},
        {"action": "order.block", "detail": {"valid": 300, "partner": "kleinheim"}},
        {"action": "brand.new"},
    )
    page = await admin.get("/audit")
    assert shown(page.text) == [
        "brand.new", "Device blocked", "Token for a new gateway made", "Data of the town erased", "Settings changed", "Gateway connected",
        "User added",
    ]  # fmt: skip
    for words in (
        "anna", "Gateway box-1", "the hub itself", "Gemeinde Kleinheim", "Role Editor of the town", "Zones public, council",
        "Replaces a box no", "For all towns, Gemeinde Grossdorf", "Rows: halls 2", "Rows: feedback 1,234", "Until 31/12/2026, 18:05",
        "new_key as it is", "Valid for 5 minutes", "Town Gemeinde Kleinheim",
    ):  # fmt: skip
        assert words in page.words, words
    assert "{" not in page.words and "Note" not in page.words.partition("About Details")[2]


async def test_a_change_of_the_settings_is_told(seats: Seats, settled: Hub) -> None:
    """Its number leads to its page, with what it was about and why; who may not open it gets no link; other subjects have words, too."""
    plans = {"scope": "partner/kleinheim", "document": {"plans": {"free": {"time": "3 h"}}, "hall": {"town": "Gemeinde Kleinheim"}}}
    zone = {"scope": "zone/kleinheim-rathaus/public", "document": {"plans": ["free"]}}
    one = (await done(settled, policy.change_policy, {"documents": [plans, zone], "note": "Ratsbeschluss 12/26"})).serial
    await written(
        seats,
        {"action": "policy.change", "subject": "999", "partner": "kleinheim"},
        {"action": "checklist.tick", "subject": "agreement", "partner": "kleinheim"},
        {"action": "policy.vouchers.add", "subject": "v-e7b79a8c0d1e", "partner": "kleinheim"},
        {"action": "alarm.acknowledge", "subject": "12", "partner": "kleinheim"},
        {"action": "network.set", "subject": "public", "partner": "kleinheim"},
    )
    page = await (await seats("karl", Role.PARTNER_EDITOR, "kleinheim")).get("/audit")
    assert re.findall(r'<a href="/settings/history/(\d+)">(.*?)</a>', page.text) == [(f"{one}", f"Change {one}")]
    for words in (
        "What it is about Name and contact, Plan Free", "Ratsbeschluss 12/26", "kleinheim-rathaus, Guest network public",
        "The agreement is signed", "Vouchers (batch e7b79a)", "Alarm 12", "Guest network public", "Change 999",
    ):  # fmt: skip
        assert words in page.words, (words, page.words)
    assert f'href="/settings/history/{one}"' in (await (await seats.admin()).get("/audit")).text
    history = await (await seats("karl", Role.PARTNER_EDITOR, "kleinheim")).get("/settings/history")
    assert f">Change {one}</a>" in history.text and "those that are missing here are changes of others" in history.words


async def test_filters(seats: Seats, admin: Seat) -> None:
    """Each by itself; whole days, the last one too; what cannot be read is said at its field, and nothing typed is lost."""
    await written(
        seats,
        {"action": "hall.create", "partner": "kleinheim", "hall": "kleinheim-rathaus"},
        {"action": "hall.close", "partner": "grossdorf", "subject": "x y"},
        {"action": "user.login", "actor": "user karl", "subject": "karl"},
        {"action": "gateway.enrol", "actor": "gateway box-1"},
        {"action": "policy.over", "actor": "hub"},
    )
    async with seats.hub.store.connection() as connection:
        moments = [await connection.fetchval(f"SELECT {which}(at) FROM audit") for which in ("min", "max")]
    first, last = (moment.astimezone(ZoneInfo("Europe/Berlin")).date() for moment in moments)  # the same day, unless midnight was between
    cases = {
        "action=hall.": 2, "action=hall.close": 1, "partner=kleinheim": 1, "hall=kleinheim-rathaus": 1, "actor=karl": 1,
        "actor=user+karl": 1, "actor=gateway+box-1": 1, "actor=hub": 1, "subject=x+y": 1, "subject=x": 0, "actor=nobody": 0,
        f"since={first}&until={last}": 5, f"since={last + timedelta(days=1)}": 0, f"until={first - timedelta(days=1)}": 0,
        "action=hall.&partner=grossdorf&actor=anna": 1,
    }  # fmt: skip
    for query, count in cases.items():
        page = await admin.get(f"/audit?{query}")
        assert (page.status, len(shown(page.text))) == (200, count), query
        assert ("Nothing was found." in page.words) == (count == 0)
    for query, typed in (("since=yesterday", "yesterday"), ("until=9999-12-31", "9999-12-31"), ("hall=Rat+haus", "Rat haus")):
        page = await admin.get(f"/audit?{query}")
        assert (page.status, f'value="{typed}"' in page.text or typed == "Rat haus", "marked" in page.words) == (400, True, True), query
    assert (actor_of("anna"), actor_of("hub"), actor_of("gateway x")) == ("user anna", "hub", "gateway x")


async def test_page_by_page(seats: Seats, admin: Seat) -> None:
    """All entries, fifty at a time, with the filter kept."""
    async with seats.hub.store.transaction() as connection:
        for number in range(120):
            await audit.write(connection, "hub", "policy.over", subject=f"n{number}")
            await audit.write(connection, "hub", "hub.restore")
    page = await admin.get("/audit?action=policy.")
    seen = re.findall(r">(n\d+)</a>", page.text)
    while older := re.search(r'href="(/audit\?[^"]+)" rel="next"', page.text):
        page = await admin.get(older[1].replace("&amp;", "&"))
        seen += re.findall(r">(n\d+)</a>", page.text)
    assert seen == [f"n{number}" for number in range(119, -1, -1)]
    assert "Newest entries" in page.words
    assert (await admin.get("/audit?cursor=x")).status == 400


async def test_export(seats: Seats, admin: Seat) -> None:
    """What is filtered, as CSV; the link on the page asks for the same."""
    await written(seats, {"partner": "kleinheim", "detail": {"title": "=cmd|\" ' <b>"}}, {"action": "hall.close"})
    page = await admin.get("/audit?action=hall.create")
    assert 'href="/audit.csv?action=hall.create"' in page.text
    answer = await admin.get("/audit.csv?action=hall.create")
    assert (answer.headers["Content-Type"].partition(";")[0], "attachment" in answer.headers["Content-Disposition"]) == ("text/csv", True)
    rows = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))
    assert [len(rows), rows[1][1:4]] == [2, ["user anna", "hall.create", "kleinheim"]]
    assert (await admin.get("/audit.csv?since=yesterday")).status == 400


async def test_everybody_sees_what_is_theirs(seats: Seats, admin: Seat) -> None:
    """A town's editors their town's, its viewers nothing; asking for another town is refused."""
    await written(seats, {"partner": "kleinheim"}, {"partner": "grossdorf", "subject": "secret"}, {"actor": "hub", "subject": "secret"})
    editor = await seats("erna", Role.PARTNER_EDITOR, "kleinheim")
    page = await editor.get("/audit")
    assert (len(shown(page.text)), "secret" in page.text, "Gemeinde Grossdorf" in page.text) == (1, False, False)
    for path in ("/audit?partner=grossdorf", "/audit.csv?partner=grossdorf"):
        assert (await editor.get(path)).status == 403
    assert "secret" not in (await editor.get("/audit.csv")).text
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert ((await viewer.get("/audit")).status, (await viewer.get("/audit.csv")).status) == (403, 403)
    assert 'href="/audit"' not in (await viewer.get("/account")).text


async def test_hostile_entries(seats: Seats, admin: Seat) -> None:
    """HTML, control characters and 10,000 letters: shown as what they are, cut, with a way to see all."""
    bad = "<script>alert(1)</script>\x1b[31m{{7*7}}"
    detail = {bad: [bad, {"a": bad}], "note": "x" * 10_000}
    await written(seats, {"subject": bad, "partner": bad, "hall": bad, "actor": f"user {bad}", "action": bad, "detail": detail})
    page = await admin.get("/audit")
    assert page.status == 200
    assert "<script>alert" not in page.text and "{{7*7}}" in page.text and "Whole text" in page.words
    assert "x" * 10_000 in page.text
    for query in (f"subject={'x' * 10_000}", "subject=%3Cscript%3E", "actor=%00", "action=%27--", "partner=%3Cb%3E", "hall=..%2F.."):
        answer = await admin.get(f"/audit?{query}")
        assert answer.status in (200, 400) and "<script>" not in answer.text, query


def test_details_are_flat() -> None:
    """Whatever is in them; what says nothing is left out."""
    detail = {"a": 1, "b": {"c": {"d": "x"}, "e": None}, "f": [], "g": "", "h": ["x", "y"], "i": [{"j": 1}, 2], "k": False}
    assert list(facts(detail)) == [("a", 1), ("b.c.d", "x"), ("h", ["x", "y"]), ("i.1.j", 1), ("i.2", 2), ("k", False)]


# Every action has words ---------------------------------------------------------------------------------------------------------------

MADE_OF: dict[str, tuple[str, ...]] = {
    "order.*": tuple(f"order.{name}" for name in orders._NAMES.values()),
    "policy.*.add": ("policy.vouchers.add", "policy.blocklist.add"),
    "policy.*.withdraw": ("policy.vouchers.withdraw", "policy.blocklist.withdraw"),
    "*.erase": ("partner.erase", "hall.erase"),
}
"""Actions that the code puts together, and what comes of it."""


def templates(expression: ast.expr, function: ast.AST, module: ast.Module) -> Iterator[str]:
    """Which texts an expression can be; ``*`` stands for what is not known."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from templates(expression.body, function, module)
            yield from templates(expression.orelse, function, module)
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in expression.values)
        case ast.Name(id=name):
            assert isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef)
            yield from _named(name, function, module)


def _named(name: str, function: ast.AsyncFunctionDef | ast.FunctionDef, module: ast.Module) -> Iterator[str]:
    """What a name stands for: what it is set to in its function, or what callers in the module give."""
    names = [argument.arg for argument in function.args.args]
    if name in names:
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == function.name:
                yield from templates(call.args[names.index(name)], function, module)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            match node.targets[0], node.value:
                case ast.Name(id=found), value if found == name:
                    yield from templates(value, function, module)
                case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                    for target, value in zip(targets, values, strict=True):
                        if isinstance(target, ast.Name) and target.id == name:
                            yield from templates(value, function, module)


def written_actions() -> set[str]:
    """Every action that any module of the hub writes, with the module for one that cannot be told."""
    found: set[str] = set()
    for file in Path(hotspot.hub.__file__).parent.rglob("*.py"):
        module = ast.parse(file.read_text())
        for function in (node for node in ast.walk(module) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "write" and ast.unparse(call.func.value) == "audit":
                    found |= set(templates(call.args[2], function, module)) or {f"cannot be told: {file.name}:{call.lineno}"}
    return {made for action in found for made in (MADE_OF.get(action, (action,)) if "*" in action else (action,))}


def test_every_action_has_words() -> None:
    """Each that the code writes, and no words are of one that nobody writes; each area has some."""
    there = written_actions()
    assert len(there) > 40
    assert sorted(there) == sorted(ACTIONS)
    assert [area for area in AREAS if not any(fnmatchcase(action, f"{area}*") for action in ACTIONS)] == []
