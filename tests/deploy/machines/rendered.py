"""The role's own defaults and templates, written out without its tasks: what a machine gets, as text (pure but for reading the role)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from tests.deploy.expressions import DEPLOY, read_yaml
from tests.deploy.release import debian

ROLE = DEPLOY / "ansible_collections" / "hotspot" / "hall" / "roles" / "gateway"


def variables(hall: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults, the role's own, then the hall's."""
    read = {**read_yaml(ROLE / "defaults" / "main.yml"), **read_yaml(ROLE / "vars" / "main.yml"), **hall}
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
    environment.filters |= {"to_json": json.dumps, "split": lambda value, mark: value.split(mark)}
    return environment.get_template(template).render({**values, **more})
