"""A real Prometheus at the office: it scrapes hub and halls as docs/monitoring.md says, by our rules and by the same made shorter."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml  # type: ignore[import-untyped]
from msgspec import Struct

from hotspot.lab.prometheus import program
from tests.deploy.expressions import RULES, read_yaml
from tests.deploy.machines import hub as city
from tests.deploy.machines import town
from tests.deploy.machines.fleet.fleet import PARTNERS, PORT, Fleet, management, until
from tests.deploy.machines.machine import host

ADDRESS = "127.0.0.1:9090"
SHORT = "short"
"""Label of the rules that wait for seconds instead of minutes."""
SILENT = 10
"""Seconds of silence that are too long for those; a hall reports each second here."""


def shortened(rules: Any) -> Any:
    """Our rules, each with three seconds where it waits, and a hall silent after ``SILENT`` seconds."""
    groups = []
    for group in rules["groups"]:
        made = []
        for rule in group["rules"]:
            expression = re.sub(r"(?<=> )300$", str(SILENT), rule["expr"])
            made.append(
                {**rule, "expr": expression, "labels": {**rule["labels"], SHORT: "yes"}, **({"for": "3s"} if "for" in rule else {})}
            )
        groups.append({"name": group["name"], "rules": made})
    return {"groups": groups}


class Asked(Struct, frozen=True):
    """It runs."""

    office: str

    def ask(self, path: str) -> Any:
        """``data`` of an answer of its API."""
        said = json.loads(host("ip", "netns", "exec", self.office, "curl", "--silent", f"http://{ADDRESS}/api/v1/{path}"))
        assert said["status"] == "success", said
        return said["data"]

    def query(self, expression: str) -> dict[str, float]:
        """Value by hall, or by instance where a series has no hall."""
        found = self.ask(f"query?query={quote(expression)}")["result"]
        return {each["metric"].get("hall") or each["metric"].get("instance", ""): float(each["value"][1]) for each in found}

    def alerts(self) -> set[tuple[str, str, str, bool]]:
        """Name, hall or instance, state, and whether it is of the shortened rules."""
        return {
            (
                each["labels"]["alertname"],
                each["labels"].get("hall") or each["labels"].get("instance", ""),
                each["state"],
                SHORT in each["labels"],
            )
            for each in self.ask("alerts")["alerts"]
        }

    def health(self) -> set[str]:
        """Of all rules."""
        return {rule["health"] for group in self.ask("rules")["groups"] for rule in group["rules"]}


@contextlib.contextmanager
def prometheus(fleet: Fleet, folder: Path) -> Iterator[Asked]:
    """Begins when each target was scraped ten times, and all rules were looked at."""
    fleet.said("user", "create", "prometheus", "--role", "host-operator")
    token = fleet.said("token", "create", "scrape", "--user", "prometheus", "--permission", "metrics", "--days", "365")["token"]
    (folder / "token").write_text(token, encoding="utf-8")
    (folder / "authority.pem").write_text(fleet.hub.run("cat", "/srv/authority.pem"), encoding="utf-8")
    (folder / "short.yml").write_text(yaml.safe_dump(shortened(read_yaml(RULES))), encoding="utf-8")
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES), str(folder / "short.yml")],
        "scrape_configs": [
            {
                "job_name": "hotspot-hub",
                "scheme": "https",
                "tls_config": {"ca_file": str(folder / "authority.pem")},
                "authorization": {"credentials_file": str(folder / "token")},
                "static_configs": [{"targets": [city.URL.removeprefix("https://")]}],
            },
            {
                "job_name": "hotspot-gateway",
                "static_configs": [{"targets": [f"{management(partner)}:{PORT}" for partner in PARTNERS]}],
            },
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    words = (f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={ADDRESS}")
    with town.running(fleet.office, program("prometheus"), *words, until="Server is ready to receive web requests"):
        asked = Asked(fleet.office)
        scraped = until(
            lambda: asked.query("min by (instance) (count_over_time(up[1m]))"), lambda seen: min(seen.values(), default=0) >= 10
        )
        assert len(scraped) == 1 + len(PARTNERS), scraped
        yield asked
