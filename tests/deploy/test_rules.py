"""Alert rules: Prometheus takes them, and each is tried with what fires it and what does not."""

import re
import subprocess
from pathlib import Path

from hotspot.lab.prometheus import program
from tests.deploy.expressions import DEPLOY, RULES, read_yaml, rules

TESTS = tuple(DEPLOY / "prometheus" / name for name in ("rules_test.yml", "rules_slow_test.yml"))
DOCS = DEPLOY.parent / "docs"


def promtool(*words: str) -> tuple[int, str]:
    """Status and words of Prometheus's own tool."""
    done = subprocess.run([program("promtool"), *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    """``promtool check rules``."""
    status, said = promtool("check", "rules", str(RULES))
    assert (status, f"SUCCESS: {len(rules())} rules found" in said) == (0, True), said


def test_each_rule_fires_and_does_not_fire() -> None:
    """``promtool test rules`` passes, and its files try every alert both ways."""
    status, said = promtool("test", "rules", *map(str, TESTS))
    assert (status, "SUCCESS" in said) == (0, True), said
    tried: dict[str, list[bool]] = {rule["alert"]: [] for rule in rules()}
    good: dict[str, bool] = {}
    for test in (each for file in TESTS for each in read_yaml(file)["tests"]):
        series = " ".join(each["series"] for each in test["input_series"])
        for one in test["alert_rule_test"]:
            expected = one.get("exp_alerts", [])
            tried[one["alertname"]].append(bool(expected))
            assert all("good" not in "".join(each["exp_labels"].values()) for each in expected)
            good[one["alertname"]] = '"good' in series
    assert [alert for alert, fired in tried.items() if True not in fired] == []
    assert [alert for alert, there in good.items() if not there] == []


def test_what_a_rule_says() -> None:
    """Every alert has a severity that people can route by, a summary, what it means and what to do; names are given once."""
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    assert {rule["labels"]["severity"] for rule in found} == {"critical", "warning"}
    assert {tuple(rule["annotations"]) for rule in found} == {("summary", "description", "see")}
    assert all(rule["annotations"]["summary"] and len(rule["annotations"]["description"].split()) >= 5 for rule in found)


def places(paper: Path) -> set[str]:
    """What a link to a paper may name: its headings, as forges write them, and anchors."""
    text = paper.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)
    plain = (re.sub(r"<[^>]*>|[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain} | set(re.findall(r'<a id="([^"]+)"', text))


def test_an_alert_leads_to_its_place_in_the_papers() -> None:
    """Which is there."""
    there = {f"docs/{name}": places(DOCS / name) for name in ("operations.md", "troubleshooting.md")}
    links = {rule["annotations"]["see"] for rule in rules()}
    assert [link for link in links if link.partition("#")[2] not in there.get(link.partition("#")[0], set())] == []


def test_nobody_is_told_the_same_twice() -> None:
    """A certificate, or a disk, is in one state: one that is worse takes the place of the one before."""
    bounds = {rule["alert"]: re.findall(r"[<>]=? \d+(?: \* 86400)?", rule["expr"]) for rule in rules()}
    for who in ("Hall", "Gateway", "Hub"):
        assert bounds[f"{who}CertificateEnds"] == ["< 14 * 86400", ">= 3 * 86400"]
        assert bounds[f"{who}CertificateEndsInDays"] == ["< 3 * 86400", "> 0"]
        assert bounds[f"{who}CertificateEnded"] == [">= 0"]
        assert (bounds[f"{who}DiskNearlyFull"], bounds[f"{who}DiskFull"]) == (["< 10", ">= 3"], ["< 3"])


def test_the_alerts_that_a_city_asked_for_are_there() -> None:
    """Hall silent, line down, accept errors, pool, certificate, disk, drift, clone and backlog, from the hub and from the gateways."""
    names = {rule["alert"] for rule in rules()}
    wanted = ("InternetDown", "AcceptErrors", "PoolNearlyFull", "CertificateEnds", "DiskNearlyFull", "Drift", "Clone", "ReportBacklog")
    assert {f"{who}{what}" for who in ("Hall", "Gateway") for what in wanted} | {"HallSilent", "GatewayAway"} <= names
    machine = ("CertificateEnds", "CertificateEndsInDays", "CertificateEnded", "DiskFillsUp", "DiskFull", "UpdatesLate", "RestartWanted")
    assert {f"{who}{what}" for who in ("Hall", "Gateway", "Hub") for what in machine} <= names
    assert {"HubDoesNotAnswer", "HubRestarts", "HubBackupFailed", "HubBackupOld", "HubBackupNever", "HallVersionOld"} <= names
