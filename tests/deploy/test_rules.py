"""Alert rules: Prometheus takes them, and each is tried with what fires it and what does not."""

import subprocess

from hotspot.lab.prometheus import program
from tests.deploy.expressions import DEPLOY, RULES, read_yaml, rules

TESTS = DEPLOY / "prometheus" / "rules_test.yml"


def promtool(*words: str) -> tuple[int, str]:
    """Status and words of Prometheus's own tool."""
    done = subprocess.run([program("promtool"), *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    """``promtool check rules``."""
    status, said = promtool("check", "rules", str(RULES))
    assert (status, f"SUCCESS: {len(rules())} rules found" in said) == (0, True), said


def test_each_rule_fires_and_does_not_fire() -> None:
    """``promtool test rules`` passes, and its file tries every alert both ways."""
    status, said = promtool("test", "rules", str(TESTS))
    assert (status, "SUCCESS" in said) == (0, True), said
    tried: dict[str, list[bool]] = {rule["alert"]: [] for rule in rules()}
    good: dict[str, bool] = {}
    for test in read_yaml(TESTS)["tests"]:
        series = " ".join(each["series"] for each in test["input_series"])
        for one in test["alert_rule_test"]:
            expected = one.get("exp_alerts", [])
            tried[one["alertname"]].append(bool(expected))
            assert all("good" not in "".join(each["exp_labels"].values()) for each in expected)
            good[one["alertname"]] = '"good' in series
    assert [alert for alert, fired in tried.items() if True not in fired] == []
    assert [alert for alert, there in good.items() if not there] == []


def test_what_a_rule_says() -> None:
    """Every alert has a severity that people can route by, and a summary; names are given once."""
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    assert {rule["labels"]["severity"] for rule in found} == {"critical", "warning"}
    assert all(rule["annotations"]["summary"] for rule in found)


def test_the_alerts_that_a_city_asked_for_are_there() -> None:
    """Hall silent, line down, accept errors, pool, certificate, disk, drift, clone and backlog, from the hub and from the gateways."""
    names = {rule["alert"] for rule in rules()}
    wanted = ("InternetDown", "AcceptErrors", "PoolNearlyFull", "CertificateEnds", "DiskNearlyFull", "Drift", "Clone", "ReportBacklog")
    assert {f"{who}{what}" for who in ("Hall", "Gateway") for what in wanted} | {"HallSilent", "GatewayAway"} <= names
