"""The expressions of dashboards and alert rules, read from the files as they are checked in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml  # type: ignore[import-untyped]

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARDS = ("fleet", "hall", "gateway")
_METRIC = re.compile(r"\b(?:hotspot_[a-z_]+|process_[a-z_]+|up)\b(?!\s*[=!]~?\")")


def read_yaml(file: Path) -> Any:
    """What a file of Prometheus says."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    """All alert rules, with the name of their group."""
    read = read_yaml(RULES)
    return [{**rule, "group": group["name"]} for group in read["groups"] for rule in group["rules"]]


def dashboard(name: str) -> Any:
    """One dashboard."""
    return msgspec.json.decode((DEPLOY / "grafana" / f"{name}.json").read_bytes())


def of_dashboard(name: str) -> Iterator[tuple[str, str]]:
    """Panel and expression of each query of a dashboard, and those of its variables."""
    read = dashboard(name)
    for panel in read["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in read["templating"]["list"]:
        if found := re.match(r"label_values\((.*), \w+\)$", str(variable["query"])):
            yield f"${variable['name']}", found[1]


def metrics(expression: str) -> set[str]:
    """Names of the metrics in an expression."""
    return set(_METRIC.findall(re.sub(r'"[^"]*"|\b(?:by|without|on) \([^)]*\)', '""', expression)))
