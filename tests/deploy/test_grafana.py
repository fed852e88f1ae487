"""Dashboards are code: what is checked in is what the code makes."""

import re
import subprocess
import sys

import pytest

from tests.deploy.expressions import DASHBOARDS, DEPLOY, dashboard


def test_the_files_are_current() -> None:
    """``deploy/grafana/build.py`` would write nothing else."""
    build = [sys.executable, "-P", str(DEPLOY / "grafana" / "build.py"), "--check"]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_holds_together(name: str) -> None:
    """Panels are numbered, do not lie upon each other, ask the chosen Prometheus, and use only variables that there are."""
    read = dashboard(name)
    assert (read["uid"], read["tags"]) == (f"hotspot-{name}", ["hotspot"])
    assert [panel["id"] for panel in read["panels"]] == list(range(1, len(read["panels"]) + 1))
    cells: set[tuple[int, int]] = set()
    for panel in read["panels"]:
        place = panel["gridPos"]
        own = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not own & cells
        assert max(x for x, _ in own) < 24
        cells |= own
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${source}"}
    used = {variable for panel in read["panels"] for target in panel["targets"] for variable in re.findall(r"\$(\w+)", target["expr"])}
    assert used <= {variable["name"] for variable in read["templating"]["list"]}
