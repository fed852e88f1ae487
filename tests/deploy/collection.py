"""The Ansible collection as files: its tasks, the variables they use, what the example inventory says of each host. It only reads."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import yaml  # type: ignore[import-untyped]

from tests.deploy.expressions import DEPLOY

COLLECTION = DEPLOY / "ansible_collections" / "hotspot" / "hall"
INVENTORY = DEPLOY / "inventory"
PLAYBOOKS = COLLECTION / "playbooks"
ROLES = {path.name: path for path in sorted((COLLECTION / "roles").iterdir())}
LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers")
INNER = ("block", "rescue", "always")
KEYWORDS = {
    *("name", "when", "vars", "loop", "loop_control", "register", "until", "retries", "delay", "notify", "listen", "tags", "become"),
    *(
        "become_user",
        "delegate_to",
        "delegate_facts",
        "run_once",
        "changed_when",
        "failed_when",
        "check_mode",
        "diff",
        "no_log",
        "throttle",
    ),
    *(
        "environment",
        "args",
        "async",
        "poll",
        "any_errors_fatal",
        "ignore_errors",
        "ignore_unreachable",
        "timeout",
        "with_fileglob",
        *INNER,
    ),
}
"""What a task says beside its module."""
EXPRESSIONS = ("when", "until", "changed_when", "failed_when", "that")
"""Keys whose text is an expression without braces."""


class Twice(yaml.YAMLError):  # type: ignore[misc]
    """A mapping has a key twice; YAML's reader would keep the last one and say nothing."""


class _Strict(yaml.SafeLoader):  # type: ignore[misc]
    """Each key once; Ansible's own tags are text."""


def _mapping(loader: Any, node: Any) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise Twice(f"{key} is there twice, {node.start_mark}")
    return dict(zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value), strict=True))


_Strict.add_constructor("tag:yaml.org,2002:map", _mapping)
for _tag in ("!vault", "!unsafe"):
    _Strict.add_constructor(_tag, lambda loader, node: loader.construct_scalar(node))


@cache
def read(file: Path) -> Any:
    """What a file says. Raises ``Twice`` and the other errors of YAML."""
    return parsed(file.read_text(encoding="utf-8"))


def parsed(text: str) -> Any:
    """What a text says, as ``read`` has it."""
    return yaml.load(text, Loader=_Strict)  # noqa: S506 - safe: it only adds a check to SafeLoader


def files() -> list[Path]:
    """All YAML of collection and inventory, with the examples of vaults and the rules of the linters."""
    found = [path for top in (COLLECTION, INVENTORY) for path in top.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.suffix == ".yml" or path.name.endswith(".yml.example") or path.name in RULES)


RULES = (".ansible-lint", ".yamllint")


@dataclass(frozen=True)
class Task:
    """One task, block or handler, and where it stands."""

    file: Path
    said: Mapping[str, Any]
    play: Mapping[str, Any]
    """Of a task in a playbook; {} in a role."""
    outer: Mapping[str, Any]
    """Keys of the blocks around it, the innermost wins; their variables are all there."""

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.file.relative_to(COLLECTION)}: {self.said.get('name', self.said)}"

    @property
    def module(self) -> str:
        """What it does; "" for a block."""
        return next((key for key in self.said if key not in KEYWORDS), "")

    @property
    def arguments(self) -> dict[str, Any]:
        """Of its module; a text is the command itself."""
        given = self.said.get(self.module) or {}
        return {**(given if isinstance(given, dict) else {"cmd": given}), **(self.said.get("args") or {})}

    @property
    def role(self) -> str:
        """Of whose tasks it is; "" in a playbook."""
        parts = self.file.relative_to(COLLECTION).parts
        return parts[1] if parts[0] == "roles" else ""


def _within(file: Path, listed: Any, play: Mapping[str, Any], outer: Mapping[str, Any]) -> Iterator[Task]:
    for said in listed or []:
        yield Task(file, said, play, outer)
        inherited = {key: value for key, value in said.items() if key not in INNER}
        inner = {**outer, **inherited, "vars": {**outer.get("vars", {}), **said.get("vars", {})}}
        for key in INNER:
            yield from _within(file, said.get(key), play, inner)


def plays(file: Path) -> list[dict[str, Any]]:
    """Those of a playbook."""
    found: list[dict[str, Any]] = read(file)
    return found


@cache
def tasks() -> list[Task]:
    """All of roles and playbooks, with blocks and handlers."""
    found: list[Task] = []
    for role in ROLES.values():
        for folder in ("tasks", "handlers"):
            for file in sorted((role / folder).rglob("*.yml")):
                found += _within(file, read(file), {}, {})
    for file in sorted(PLAYBOOKS.glob("*.yml")):
        for play in plays(file):
            for key in LISTS:
                found += _within(file, play.get(key), play, {})
    for file in sorted((PLAYBOOKS / "tasks").glob("*.yml")):
        found += _within(file, read(file), {}, {})
    return found


# Variables ----------------------------------------------------------------------------------------------------------------------------


_FILTERS = """
b64decode b64encode basename bool checksum combine comment dict2items difference dirname expanduser extract flatten from_json from_yaml hash
intersect items2dict mandatory password_hash path_join product quote realpath regex_escape regex_findall regex_replace regex_search relpath
split splitext subelements symmetric_difference ternary to_json to_nice_json to_yaml type_debug union unique urlsplit zip
"""
"""Those of ansible-core 2.14 that are not Jinja's own."""
_TESTS = """
abs all any changed contains directory exists failed file finished link match regex search skipped subset succeeded truthy version
"""


@cache
def own_modules() -> dict[str, Any]:
    """Files of the collection's own filters by their names, as Ansible loads them."""
    found: dict[str, Any] = {}
    for path in sorted((COLLECTION / "plugins" / "filter").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[path.stem] = module
    return found


def own_filters() -> dict[str, Any]:
    """The collection's own, by the names that each file gives."""
    return {name: function for module in own_modules().values() for name, function in module.FilterModule().filters().items()}


def _no_test(value: object) -> bool:
    """Stands for each of Ansible's tests: nothing is rendered here."""
    return bool(value)


@cache
def _environment() -> jinja2.Environment:
    """Knows what Ansible knows, and refuses the rest."""
    environment = jinja2.Environment(autoescape=True)
    environment.filters |= dict.fromkeys([*_FILTERS.split(), *(f"hotspot.hall.{name}" for name in own_filters())], str)
    environment.tests |= dict.fromkeys(_TESTS.split(), _no_test)
    return environment


def named(text: str) -> set[str]:
    """Variables of a template that it does not set itself. Raises ``jinja2.TemplateError``, also for a filter that Ansible has not."""
    return set(jinja2.meta.find_undeclared_variables(_environment().parse(text)))


def used(value: Any, key: str = "") -> set[str]:
    """Variables in a value of a task, however deep."""
    if isinstance(value, dict):
        return {name for inner, one in value.items() for name in used(one, inner) | named(str(inner))}
    if isinstance(value, list):
        return {name for one in value for name in used(one, key)}
    if not isinstance(value, str):
        return set()
    return named(f"{{{{ {value} }}}}" if key in EXPRESSIONS and "{{" not in value else value)


# The inventory ------------------------------------------------------------------------------------------------------------------------


def _groups(name: str, said: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    path = (*above, name)
    for host, more in ((said or {}).get("hosts") or {}).items():
        yield host, path, more or {}
    for child, inner in ((said or {}).get("children") or {}).items():
        yield from _groups(child, inner or {}, path)


@cache
def hosts() -> dict[str, dict[str, Any]]:
    """Name -> all variables, as Ansible lays them over each other: groups from above to below, then the host; ``groups`` has the names."""
    found: dict[str, dict[str, Any]] = {}
    for host, path, more in _groups("all", read(INVENTORY / "hosts.yml")["all"], ()):
        one = found.setdefault(host, {"groups": []})
        for group in path:
            one["groups"] += [] if group in one["groups"] else [group]
            one |= _said(INVENTORY / "group_vars", group)
        one |= _said(INVENTORY / "host_vars", host) | more
    return found


def _said(folder: Path, name: str) -> dict[str, Any]:
    """Variables of a group or a host: a file, or a folder of files."""
    said: dict[str, Any] = {}
    for path in (folder / f"{name}.yml", *sorted((folder / name).glob("*.yml"))):
        said |= read(path) if path.exists() else {}
    return said


def in_group(group: str) -> list[str]:
    """Hosts of the example."""
    return [host for host, said in hosts().items() if group in said["groups"]]


FACTS = {"distribution_major_version": "12", "architecture": "x86_64"}


def resolved(host: str) -> dict[str, Any]:
    """Variables of a host without templates in them."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - settings, no pages
    environment.filters["to_json"] = json.dumps
    said = {**hosts()[host], "inventory_hostname": host, "inventory_dir": str(INVENTORY), "ansible_facts": FACTS}

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: written(one) for key, one in value.items()}
        if isinstance(value, list):
            return [written(one) for one in value]
        while isinstance(value, str) and "{{" in value:
            value = environment.from_string(value).render(said)
        return value

    return {key: written(value) for key, value in said.items()}


# Arguments ----------------------------------------------------------------------------------------------------------------------------

TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "float": (int, float),
    "raw": (object,),
}


def options(role: str) -> dict[str, Any]:
    """Arguments of a role, as its meta/argument_specs.yml has them."""
    found: dict[str, Any] = read(ROLES[role] / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    return found


def refused(specs: Mapping[str, Any], given: Mapping[str, Any], path: str = "") -> list[str]:
    """What Ansible's validation of arguments would say; ``given`` may have more at the top, where other roles have theirs."""
    said = []
    for name in [name for name in given if path and name not in specs]:
        said.append(f"{path}{name}: not among {', '.join(specs)}")
    for name, spec in specs.items():
        place = f"{path}{name}"
        if name not in given:
            said += [f"{place}: required"] if spec.get("required") else []
            continue
        value = given[name]
        kind = spec.get("type", "str")
        if not isinstance(value, TYPES[kind]) or (kind == "int" and isinstance(value, bool)):
            said.append(f"{place}: {value!r} is no {kind}")
        elif "choices" in spec and value not in spec["choices"]:
            said.append(f"{place}: {value!r} is none of {spec['choices']}")
        elif isinstance(value, dict) and "options" in spec:
            said += refused(spec["options"], value, f"{place}.") if value else []
        elif isinstance(value, list):
            said += _elements(spec, value, place)
    return said


def _elements(spec: Mapping[str, Any], value: list[Any], place: str) -> list[str]:
    said = []
    for index, one in enumerate(value):
        if not isinstance(one, TYPES[spec.get("elements", "raw")]):
            said.append(f"{place}[{index}]: {one!r} is no {spec['elements']}")
        elif isinstance(one, dict) and "options" in spec:
            said += refused(spec["options"], one, f"{place}[{index}].")
    return said
