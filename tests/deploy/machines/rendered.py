"""The role's own defaults and templates, written out without its tasks: what a machine gets, as text (pure but for reading the role)."""

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from tests.deploy.expressions import DEPLOY, read_yaml
from tests.deploy.release import debian
from tests.deploy.roles import truth

HALL = DEPLOY / "ansible_collections" / "hotspot" / "hall"
ROLE = HALL / "roles" / "gateway"


def plugin(name: str) -> dict[str, Callable[..., Any]]:
    """The filters of one file of the collection by their names, as Ansible loads it: from its file."""
    spec = importlib.util.spec_from_file_location(name, HALL / "plugins" / "filter" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.FilterModule().filters())


def variables(hall: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults, the role's own as far as they are values and not made of others, then the hall's."""
    own = {name: value for name, value in read_yaml(ROLE / "vars" / "main.yml").items() if "{{" not in str(value)}
    read = {**read_yaml(ROLE / "defaults" / "main.yml"), **own, **hall}
    read["_gateway_air"] = plugin("links")["radios"](read["gateway_zones"])
    return {"ansible_managed": "Ansible managed", "ansible_facts": {"distribution_major_version": debian()}, **read}


def text(template: str, values: Mapping[str, Any], **more: Any) -> str:
    """One template, with the settings of Jinja that Ansible has."""
    loader = jinja2.FileSystemLoader(Path(ROLE, "templates"))
    environment = jinja2.Environment(
        loader=loader,
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - settings, no pages
    )
    environment.filters |= {
        "to_json": json.dumps,
        "bool": truth,
        "unique": lambda values: list(dict.fromkeys(values)),
        "split": lambda value, mark: value.split(mark),
    }
    environment.filters |= {f"hotspot.hall.{name}": function for name, function in plugin("links").items()}
    return environment.get_template(template).render({**values, **more})
