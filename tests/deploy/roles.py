"""A role of the collection without Ansible: its variables worked out, its templates and its preflight, as Jinja alone can do it."""

import ast
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from jinja2 import meta
from jinja2.nativetypes import NativeEnvironment

from tests.deploy.collection import own_filters
from tests.deploy.expressions import DEPLOY, read_yaml
from tests.deploy.release import debian

ROLES = DEPLOY / "ansible_collections" / "hotspot" / "hall" / "roles"


def truth(value: object) -> bool:
    """As Ansible's filter ``bool`` has it, of what inventories and command lines write."""
    return value if isinstance(value, bool) else str(value).lower() in ("1", "on", "t", "true", "y", "yes")


def _joined_by_2_14(values: Iterable[Any]) -> Any | None:
    """What ansible-core 2.14 makes of the parts of a text, a macro's too: of one that looks like a list or a dictionary, that."""
    text = "".join("" if part is None else str(part) for part in values)
    if text.startswith(("[", "{")):
        try:
            return ast.literal_eval(text)
        except (SyntaxError, ValueError):
            pass
    return text


def _joined_by_2_19(values: Iterable[Any]) -> Any | None:
    """What 2.19.0 makes of them, which came with Debian 13: nothing of no parts, the part itself of one."""
    found = list(values)
    return "".join(map(str, found)) if len(found) > 1 else found[0] if found else None


class _As214(NativeEnvironment):
    concat = staticmethod(_joined_by_2_14)


class _As219(NativeEnvironment):
    concat = staticmethod(_joined_by_2_19)


CORES: dict[str, type[NativeEnvironment]] = {"2.14": _As214, "2.19": _As219}
"""How templates are filled in by releases of ansible-core."""


def _environment(kind: type[jinja2.Environment], folder: Path) -> jinja2.Environment:
    """With the filters and tests of ansible.builtin that our roles use."""
    made = kind(
        loader=jinja2.FileSystemLoader(folder / "templates"),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    made.filters |= {
        "basename": lambda value: Path(value).name,
        "bool": truth,
        "combine": lambda value, *more: {key: one for each in (value, *more) for key, one in each.items()},
        "difference": lambda value, other: [one for one in value if one not in other],
        "from_json": json.loads,
        "quote": shlex.quote,
        "regex_replace": lambda value, pattern, by="": re.sub(pattern, by, value),
        "to_json": json.dumps,
        "urlsplit": lambda value, what: getattr(urlsplit(value), what),
        **{f"hotspot.hall.{name}": function for name, function in own_filters().items()},
    }
    made.tests |= {
        "file": lambda value: Path(value).is_file(),
        "match": lambda value, pattern: re.match(pattern, value) is not None,
        "search": lambda value, pattern: re.search(pattern, value) is not None,
    }
    return made


class Role:
    """One of them. ``values``: what an inventory says, over defaults and the role's own."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.folder = ROLES / name
        self._native = _environment(NativeEnvironment, self.folder)
        self._text = _environment(jinja2.Environment, self.folder)
        facts = {"distribution": "Debian", "distribution_version": debian(), "distribution_major_version": debian()}
        given: dict[str, Any] = {
            "groups": {},
            "hostvars": {},
            "ansible_managed": "Ansible managed",
            "inventory_hostname": name,
            "ansible_facts": facts,
        }
        given |= read_yaml(self.folder / "defaults" / "main.yml") | read_yaml(self.folder / "vars" / "main.yml") | dict(values)
        self.values: dict[str, Any] = {}
        self._work_out(given)

    def _work_out(self, waiting: dict[str, Any]) -> None:
        """Round after round: first what stands for itself, then what is made of it."""
        while waiting:
            there = {name: self.worked_out(value) for name, value in waiting.items() if not self._asks(value) & set(waiting)}
            assert there, f"cannot be worked out: {waiting}"
            self.values |= there
            waiting = {name: value for name, value in waiting.items() if name not in there}

    def _asks(self, value: Any) -> set[str]:
        """For which variables."""
        if isinstance(value, str):
            return meta.find_undeclared_variables(self._native.parse(value)) if "{{" in value else set()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {name for one in inner for name in self._asks(one)}

    def worked_out(self, value: Any, more: Mapping[str, Any] | None = None) -> Any:
        """A value in which expressions stand, as deep as it goes."""
        if isinstance(value, str) and "{{" in value:
            return self._native.from_string(value).render({**self.values, **(more or {})})
        if isinstance(value, dict):
            return {key: self.worked_out(one, more) for key, one in value.items()}
        return [self.worked_out(one, more) for one in value] if isinstance(value, list) else value

    def text(self, template: str, **more: Any) -> str:
        """One template."""
        return self._text.get_template(template).render({**self.values, **more})

    def text_by(self, core: str, template: str) -> str:
        """One template as a release of ``CORES`` fills it in."""
        found = _environment(CORES[core], self.folder).get_template(template)
        nothing = {"2.14": "", "2.19": "None"}[core]
        parts: Iterable[Any] = found.root_render_func(found.new_context(self.values))
        return "".join(nothing if part is None else str(part) for part in parts)

    def refusals(self) -> list[str]:
        """What the asserts of its preflight say."""
        found = []
        for task in read_yaml(self.folder / "tasks" / "preflight.yml"):
            if (asserted := task.get("ansible.builtin.assert")) is None:
                continue
            for item in self.worked_out(task.get("loop", [None])):
                more = {"item": item}
                more |= self.worked_out(task.get("vars", {}), more)
                if not all(self._holds(one, more) for one in _several(task.get("when", []))):
                    continue
                if not all(self._holds(one, more) for one in _several(asserted["that"])):
                    found.append(str(self.worked_out(asserted["fail_msg"], more)))
        return found

    def _holds(self, condition: Any, more: Mapping[str, Any]) -> bool:
        found = self._native.compile_expression(str(condition), undefined_to_none=False)(**{**self.values, **more})
        assert isinstance(found, bool), condition
        return found


def _several(given: Any) -> list[Any]:
    """One condition, or a list of them."""
    return given if isinstance(given, list) else [given]
