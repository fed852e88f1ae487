"""The collection's expressions as Jinja reads them: conditions, templates, and what each does with a variable. It only reads."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import jinja2
from jinja2 import nodes

from tests.deploy import collection as at
from tests.deploy.collection import PLAYBOOKS, ROLES, read

CONDITIONS = ("when", "until", "changed_when", "failed_when", "that")
TRUTHS = {"ansible_check_mode", "true", "false"}
"""Names that are true or false and nothing else."""


@cache
def environment() -> jinja2.Environment:
    """As Ansible sets it up for texts, without its filters: nothing is rendered."""
    return jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, autoescape=True)


def parsed(text: str) -> nodes.Template:
    """A template as it is written."""
    return environment().parse(text)


def expression(text: str) -> nodes.Expr:
    """A condition, which has no braces."""
    (output,) = parsed(f"{{{{ {text} }}}}").body
    assert isinstance(output, nodes.Output)
    (found,) = output.nodes
    return found


def conditions(said: Mapping[str, Any], module: str) -> Iterator[tuple[str, str]]:
    """Keyword and text of each condition of a task."""
    for key in CONDITIONS:
        given = (said.get(module) or {}).get("that") if key == "that" and isinstance(said.get(module), dict) else said.get(key)
        for one in given if isinstance(given, list) else [given]:
            if isinstance(one, str):
                yield key, one


def is_truth(found: nodes.Node) -> bool:
    """Whether an expression can only be true or false: ansible-core 2.19 refuses every other condition."""
    match found:
        case nodes.Compare() | nodes.Not() | nodes.Test():
            return True
        case nodes.And() | nodes.Or():
            return is_truth(found.left) and is_truth(found.right)
        case nodes.CondExpr():
            return is_truth(found.expr1) and found.expr2 is not None and is_truth(found.expr2)
        case nodes.Filter():
            return found.name == "bool"
        case nodes.Const():
            return isinstance(found.value, bool)
        case nodes.Name():
            return found.name in TRUTHS
        case nodes.Getattr():
            return found.attr == "exists" and isinstance(found.node, nodes.Getattr) and found.node.attr == "stat"
        case nodes.Call():
            return isinstance(found.node, nodes.Getattr) and found.node.attr in ("endswith", "startswith")
    return False


def texts() -> Iterator[tuple[str, str]]:
    """Where, and every text of the collection that is a template: of tasks and plays, of variables, of files that are filled in."""
    for task in at.tasks():
        yield from _inner(task.where, {key: value for key, value in task.said.items() if key not in at.INNER}, "")
    for file in sorted(PLAYBOOKS.glob("*.yml")):
        for play in at.plays(file):
            yield from _inner(file.name, {key: value for key, value in play.items() if key not in at.LISTS}, "")
    for path in [*(file for role in ROLES.values() for file in sorted((role / "vars").glob("*.yml"))), *(PLAYBOOKS / "vars").glob("*.yml")]:
        yield from _inner(str(path.relative_to(at.COLLECTION)), read(path), "")
    for folder in (*ROLES.values(), PLAYBOOKS):
        for path in sorted((folder / "templates").rglob("*.j2")):
            yield str(path.relative_to(at.COLLECTION)), path.read_text(encoding="utf-8")


def _inner(where: str, value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _inner(where, one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _inner(where, one, key)
    elif isinstance(value, str):
        if key in CONDITIONS and "{{" not in value:
            yield where, f"{{{{ {value} }}}}"
        elif "{{" in value or "{%" in value:
            yield where, value


def outside(found: nodes.Node, is_it: Callable[[nodes.Node], bool], is_well: Callable[[nodes.Node], bool]) -> Iterator[nodes.Node]:
    """Nodes that are it and stand directly in none that is well."""
    for inner in found.iter_child_nodes():
        if is_it(inner) and not is_well(found):
            yield inner
        yield from outside(inner, is_it, is_well)
