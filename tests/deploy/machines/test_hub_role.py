"""A booted hub with the files of the roles hub and monitoring: behind nginx, watched by Prometheus, saved when it is said to be."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hotspot.lab.prometheus import program
from tests.deploy.machines import hub as city
from tests.deploy.machines import root
from tests.deploy.machines.debs import leaders
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Running
from tests.deploy.roles import Role

pytestmark = pytest.mark.skipif(not Path("/usr/sbin/nginx").exists(), reason="nginx is not installed")

URL = f"https://{city.ADDRESS}"
OWN = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub")
CURL = ("curl", "--silent", "--show-error", "--cacert", "/srv/authority.pem")
DROPPED = "/etc/systemd/system/{}.d/hotspot.conf"


@pytest.fixture(scope="module")
def hub(net: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The city's server, which spoke TLS itself so far, as the role sets it up behind nginx: the same files, in the same order."""
    role = Role("hub", {"hub_url": URL, "hub_certificate": "hub.pem", "hub_key": "hub.key", "hub_backup_at": "03:33", "hub_backup_days": 5})
    with city.hub("deploy-fronted", net, root.disk("hub"), Path(tmp_path_factory.mktemp("hub"))) as machine:
        machine.run("install", "-m", "0640", "/srv/hub.key", "/etc/hotspot/")
        machine.run("install", "-m", "0640", "-g", "hotspot-hub", "/srv/hub.pem", "/etc/hotspot/")
        machine.put("/etc/hotspot/hub.toml", role.text("hub.toml.j2"), 0o640, "hotspot-hub")
        machine.run("hotspot", "hub", "serve", "--config", "/etc/hotspot/hub.toml", "--check-config")
        machine.put(DROPPED.format("hotspot-hub-backup.service"), role.text("backup.service.conf.j2"))
        machine.put(DROPPED.format("hotspot-hub-backup.timer"), role.text("backup.timer.conf.j2"))
        machine.put("/etc/systemd/journald.conf.d/hotspot.conf", role.text("journald.conf.j2"))
        machine.put("/etc/nginx/nginx.conf", role.text("nginx.conf.j2"))
        machine.put(DROPPED.format("nginx.service"), role.text("nginx.service.conf.j2"))
        assert machine.run("nginx", "-t", "-q", "-c", "/etc/nginx/nginx.conf") == ""
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "systemd-journald", "hotspot-hub", "hotspot-hub-backup.timer")
        machine.run("systemctl", "enable", "--now", "--quiet", "nginx")
        yield machine


def test_it_answers_by_its_address(hub: Machine) -> None:
    """Over TLS on 443, and on 80 with the way there; nothing else is reached from outside, and nothing has failed."""
    assert json.loads(hub.run(*CURL, f"{URL}/healthz")) == {"status": "ok"}
    led = hub.run(*CURL, "--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}", f"http://{city.ADDRESS}/halls")
    assert led == f"301 {URL}/halls"
    listening = {line.split()[3] for line in hub.run("ss", "-tlnH").splitlines()}
    outside = {each for each in listening if not each.startswith(("127.0.0.1:", "[::1]:"))}
    assert outside == {"0.0.0.0:80", "0.0.0.0:443", "[::]:80", "[::]:443"}
    assert hub.run("systemctl", "--failed", "--no-legend") == ""


def test_who_may_read_the_key(hub: Machine) -> None:
    """Root, who starts nginx; its workers and the hub are nobody who could. The journal, where it writes to, names nobody who asked."""
    modes = hub.run("stat", "--format", "%n %a %U %G", "/etc/hotspot/hub.key", "/etc/hotspot/hub.toml").splitlines()
    assert modes == ["/etc/hotspot/hub.key 640 root root", "/etc/hotspot/hub.toml 640 root hotspot-hub"]
    (main,) = leaders(hub, "nginx.service")
    workers = hub.run("pgrep", "--parent", main).split()
    users = set(hub.run("ps", "-o", "user=", "-p", ",".join(workers)).split())
    assert users == {"www-data"}
    hub.run(*CURL, "--output", "/dev/null", f"{URL}/halls/kleinheim-rathaus?next=anna")
    hub.run("journalctl", "--sync")
    said = hub.run("journalctl", "--no-pager", "--output=cat", "--identifier=nginx")
    assert "GET - 303" in said
    assert not any(word in said for word in (city.ADDRESS, "kleinheim", "anna"))


def test_a_command_on_the_hub_needs_no_login(hub: Machine) -> None:
    """As the hub's user, by the loopback, as a user of its own; root of another machine's settings is nobody."""
    assert json.loads(hub.run(*OWN, "--here", "whoami", "--json"))["user"] == "hub"
    hub.run(*OWN, "--here", "partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    hub.run(*OWN, "--here", "hall", "create", "kleinheim-rathaus", "--partner", "kleinheim", "--title", "Rathaus")
    assert json.loads(hub.run(*OWN, "--here", "enrolment", "create", "kleinheim-rathaus", "--json"))["token"]


def test_a_restart_refuses_nobody(hub: Machine) -> None:
    """Somebody asks through nginx all the time while the hub is restarted, and nginx takes its settings again."""
    words = (*CURL, "--output", "/dev/null", "--max-time", "30", "--write-out", "%{http_code} %{exitcode}\\n")
    asked = hub.beside("stdbuf", "--output=L", *words, "--header", "Connection: close", f"{URL}/healthz?[1-1000000]")
    before = leaders(hub, "hotspot-hub.service")
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        loads = Running(process)
        try:
            loads.wait(5)
            hub.run("systemctl", "restart", "hotspot-hub.service")
            loads.wait(len(loads.lines()) + 5)
            hub.run("systemctl", "reload", "nginx.service")
            loads.wait(len(loads.lines()) + 5)
        finally:
            loads.end()
    assert leaders(hub, "hotspot-hub.service") != before
    assert set(loads.lines()) == {"200 0"}


def test_it_is_saved_when_it_is_said_to_be(hub: Machine) -> None:
    """At that time, and for as long; the last good ones stay."""
    assert "03:33" in hub.run("systemctl", "show", "--value", "--property=TimersCalendar", "hotspot-hub-backup.timer")
    folder = "/var/lib/hotspot-hub-backup"
    for name, age in ("hub-old.dump", "7 days ago"), ("hub-young.dump", "3 days ago"):
        hub.run("touch", "--date", age, f"{folder}/{name}")
    hub.run("systemctl", "start", "hotspot-hub-backup.service")
    there = hub.run("ls", folder).split()
    assert ("hub-old.dump" in there, "hub-young.dump" in there, len(there) > 2) == (False, True, True)


@pytest.fixture(scope="module")
def prometheus(hub: Machine) -> str:
    """Its address: the program that is beside this Python, with Debian's unit and the files of the role."""
    role = Role("monitoring", {"monitoring_hub_url": URL, "monitoring_hub_authority": "authority.pem", "monitoring_scrape_every": "1s"})
    unit = Path(program("prometheus")).parents[2] / "lib" / "systemd" / "system" / "prometheus.service"
    for name in ("prometheus", "promtool"):
        with Path(program(name)).open("rb") as content:
            subprocess.run(hub.words("install", "-m", "0755", "/dev/stdin", f"/usr/bin/{name}"), stdin=content, check=True)
    hub.run("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/var/lib/prometheus", "prometheus")
    hub.run("install", "-d", "-o", "prometheus", "/var/lib/prometheus", "/var/lib/prometheus/metrics2")
    hub.put("/etc/systemd/system/prometheus.service", unit.read_text(encoding="utf-8"))
    hub.put("/etc/prometheus/hotspot/rules.yml", (role.folder / "files" / "rules.yml").read_text(encoding="utf-8"))
    hub.put("/etc/prometheus/hotspot/hub-authority.pem", hub.run("cat", "/srv/authority.pem"))
    hub.run(*OWN, "--here", "user", "create", "prometheus", "--role", "host-operator", "--full-name", "Prometheus")
    wanted = ("--user", "prometheus", "--permission", "metrics", "--days", "365", "--json")
    token = json.loads(hub.run(*OWN, "--here", "token", "create", "scrape-1", *wanted))["token"]
    hub.put("/etc/prometheus/hotspot-token", f"{token}\n", 0o640, "prometheus")
    hub.put("/etc/prometheus/prometheus.yml", role.text("prometheus.yml.j2"), 0o640, "prometheus")
    hub.put("/etc/default/prometheus", role.text("prometheus.default.j2"))
    assert "SUCCESS" in hub.run("promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    hub.run("systemctl", "daemon-reload")
    hub.run("systemctl", "enable", "--now", "--quiet", "prometheus.service")
    return "http://127.0.0.1:9090"


def asked(hub: Machine, url: str) -> Any:
    """What Prometheus answers; None while it does not."""
    said = hub.run("curl", "--silent", "--max-time", "5", url, check=False)
    return json.loads(said)["data"] if said.startswith("{") else None


def test_prometheus_sees_the_hub(hub: Machine, prometheus: str) -> None:
    """Through nginx, with a token that shows figures and nothing else; it has the rules, and listens to nobody outside."""
    until = time.monotonic() + 30
    while True:
        targets = asked(hub, f"{prometheus}/api/v1/targets")
        if targets and [each["health"] for each in targets["activeTargets"]] == ["up"]:
            break
        assert time.monotonic() < until, targets
        time.sleep(0.2)
    (target,) = targets["activeTargets"]
    assert target["labels"]["job"] == "hotspot-hub"
    assert target["scrapeUrl"] in (f"{URL}/metrics", f"{URL}:443/metrics")
    groups = asked(hub, f"{prometheus}/api/v1/rules")["groups"]
    assert {group["name"] for group in groups} == {"halls", "hub", "gateways"}
    assert "127.0.0.1:9090" in hub.run("ss", "-tlnH")
    token = hub.run("cat", "/etc/prometheus/hotspot-token").strip()
    words = (*CURL, "--header", "@-", "--output", "/dev/null", "--write-out", "%{http_code}", f"{URL}/api/v1/halls")
    refused = hub.run(*words, stdin=f"Authorization: Bearer {token}")
    assert refused == "403"


def test_prometheus_sees_how_the_hub_is_kept(hub: Machine, prometheus: str) -> None:
    """Its certificate, which nginx shows and the hub may read, its disks, its backups; one that is not carried away has failed, until the
    next."""

    def value(series: str) -> float | None:
        found = (asked(hub, f"{prometheus}/api/v1/query?query={quote(series)}") or {"result": []})["result"]
        return float(found[0]["value"][1]) if found else None

    def within(series: str, wanted: float) -> None:
        until = time.monotonic() + 30
        while value(series) != wanted:
            assert time.monotonic() < until, f"{series} is {value(series)}"
            time.sleep(0.2)

    within("hotspot_hub_backup_failed", 0)
    end = value("hotspot_hub_certificate_end_timestamp_seconds")
    assert end is not None
    assert 29 < (end - time.time()) / 86_400 < 31
    assert {disk: (value(f'hotspot_hub_disk_free_bytes{{disk="{disk}"}}') or 0) > 0 for disk in ("database", "backups")} == {
        "database": True,
        "backups": True,
    }
    more = "/etc/systemd/system/hotspot-hub-backup.service.d/zz-copy.conf"
    hub.put(more, "[Service]\nExecStartPost=/bin/false\n")
    hub.run("systemctl", "daemon-reload")
    hub.run("systemctl", "start", "hotspot-hub-backup.service", check=False)
    within("hotspot_hub_backup_failed", 1)
    hub.run("rm", more)
    hub.run("systemctl", "daemon-reload")
    hub.run("systemctl", "start", "hotspot-hub-backup.service")
    within("hotspot_hub_backup_failed", 0)
