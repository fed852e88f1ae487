"""Role monitoring: one source of rules and dashboards, settings that Prometheus takes, and nobody's address in a label."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from hotspot.lab.prometheus import program
from tests.deploy.expressions import DASHBOARDS, DEPLOY, RULES, read_yaml
from tests.deploy.roles import ROLES, Role

MONITORING = ROLES / "monitoring"
COLLECTION = ROLES.parent
INVENTORY: dict[str, Any] = {
    "groups": {"hub": ["cityhub"], "gateways": ["kleinheim-rathaus", "bergdorf-bad", "waldheim-rathaus"]},
    "hostvars": {
        "cityhub": {"hub_url": "https://hub.stadt.example:8443", "hub_authority": __file__},
        "kleinheim-rathaus": {"gateway_management_listen": "10.20.1.1:9464", "group_names": ["gateways", "partner_kleinheim"]},
        "bergdorf-bad": {
            "gateway_management_listen": "[fd00::2]:9464",
            "gateway_hall": "bad",
            "group_names": ["canary", "gateways", "partner_bad_berg"],
        },
        "waldheim-rathaus": {"group_names": ["gateways", "partner_waldheim"]},
    },
}
TOLD = {
    "monitoring_mail_to": ["wlan@stadt.example"],
    "monitoring_mail": {"server": "mail.stadt.example", "sender": "prometheus@stadt.example", "user": "prometheus"},
    "monitoring_mail_password": "geheim",
    "monitoring_webhooks": ["https://tickets.stadt.example/alarm?key=geheim"],
}


class Encrypted:
    """A value that a vault encrypts by itself (``!vault``), as ansible-core 2.14 hands it over: no text, until it is made one."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __str__(self) -> str:
        return self._value


def prometheus_yml(**more: Any) -> Any:
    """What is scraped, as Prometheus reads it."""
    return yaml.safe_load(Role("monitoring", {**INVENTORY, **more}).text("prometheus.yml.j2"))


def test_every_variable_is_said_to_be_one() -> None:
    """The list of arguments has each default, the same, and nothing else."""
    options = read_yaml(MONITORING / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = read_yaml(MONITORING / "defaults" / "main.yml")
    assert {name: option["default"] for name, option in options.items()} == defaults


def test_rules_and_dashboards_have_one_source() -> None:
    """The role's files are links to those of the product. ``ansible-galaxy collection build`` packs what a link to a file outside of the
    collection leads to (a link within stays one, one to a folder is left out), so what is installed has the same bytes."""
    links = sorted((MONITORING / "files").iterdir())
    sources = {"rules.yml": RULES, **{f"{name}.json": DEPLOY / "grafana" / f"{name}.json" for name in DASHBOARDS}}
    assert {path.name: path.resolve() for path in links} == sources
    assert all(path.is_symlink() and path.is_file() and not path.resolve().is_relative_to(COLLECTION) for path in links)
    assert {path.name: path.read_bytes() for path in links} == {name: source.read_bytes() for name, source in sources.items()}
    ignored = read_yaml(COLLECTION / "galaxy.yml").get("build_ignore", [])
    assert not any(path.match(pattern) for path in links for pattern in ignored)


def test_what_is_scraped() -> None:
    """The hub with its authority and token, each gateway that answers others, by the names of halls and partners."""
    hub, gateways = prometheus_yml()["scrape_configs"]
    assert (hub["job_name"], hub["scheme"]) == ("hotspot-hub", "https")
    assert hub["static_configs"] == [{"targets": ["hub.stadt.example:8443"]}]
    assert hub["authorization"] == {"credentials_file": "/etc/prometheus/hotspot-token"}
    assert hub["tls_config"] == {"ca_file": "/etc/prometheus/hotspot/hub-authority.pem"}
    assert gateways["job_name"] == "hotspot-gateway"
    assert gateways["static_configs"] == [
        {"targets": ["[fd00::2]:9464"], "labels": {"instance": "bad", "hall": "bad", "partner": "bad-berg"}},
        {
            "targets": ["10.20.1.1:9464"],
            "labels": {"instance": "kleinheim-rathaus", "hall": "kleinheim-rathaus", "partner": "kleinheim"},
        },
    ]


def test_gateways_that_are_named() -> None:
    """Take the place of those of the inventory; without any there is an empty list."""
    (_, named) = prometheus_yml(monitoring_gateways=[{"target": "10.9.9.9:9464", "hall": "rathaus", "partner": "kleinheim"}])[
        "scrape_configs"
    ]
    assert [each["targets"] for each in named["static_configs"]] == [["10.9.9.9:9464"]]
    groups = {"groups": {"hub": ["cityhub"], "gateways": ["waldheim-rathaus"]}}
    (_, none) = prometheus_yml(**groups)["scrape_configs"]
    assert none["static_configs"] == []


@pytest.mark.parametrize("more", [{}, TOLD, {"monitoring_external_labels": {"city": "Großstadt"}, "monitoring_scrape_every": "15s"}])
def test_prometheus_takes_its_settings(tmp_path: Path, more: dict[str, Any]) -> None:
    """``promtool check config``, with rules, token and authority where they are said to be."""
    (tmp_path / "token").write_text("x\n")
    shutil.copy(MONITORING / "files" / "rules.yml", tmp_path / "rules.yml")
    (tmp_path / "authority.pem").write_text("")
    own = {"_monitoring_scrape_file": str(tmp_path / "token"), "_monitoring_rules": str(tmp_path / "rules.yml")}
    own |= {"_monitoring_authority": str(tmp_path / "authority.pem")}
    role = Role("monitoring", {**INVENTORY, **more, **own})
    assert role.refusals() == []
    (tmp_path / "prometheus.yml").write_text(role.text("prometheus.yml.j2"))
    words = [program("promtool"), "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr
    assert ("alerting" in prometheus_yml(**more)) is (more is TOLD)


def test_options_that_prometheus_knows(tmp_path: Path) -> None:
    """Loopback and time of keeping, as Debian's unit hands them over."""
    role = Role("monitoring", {**INVENTORY, "monitoring_retention": "90d"})
    (line,) = [line for line in role.text("prometheus.default.j2").splitlines() if not line.startswith("#")]
    options = line.removeprefix("ARGS=").strip('"').split()
    assert options == ["--web.listen-address=127.0.0.1:9090", "--storage.tsdb.retention.time=90d"]
    words = [program("prometheus"), *options, f"--storage.tsdb.path={tmp_path}", f"--config.file={tmp_path}/away.yml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ("away.yml" in done.stderr, "unknown" in done.stderr) == (True, False), done.stderr


def alertmanager_yml() -> Any:
    """Who is told, as Alertmanager reads it."""
    return yaml.safe_load(Role("monitoring", {**INVENTORY, **TOLD}).text("alertmanager.yml.j2"))


def test_who_is_told() -> None:
    """By mail and webhook; what is critical sooner and more often; the password stands in a file of its own."""
    told = alertmanager_yml()
    assert told["global"] == {
        "smtp_smarthost": "mail.stadt.example:587",
        "smtp_from": "prometheus@stadt.example",
        "smtp_require_tls": True,
        "smtp_auth_username": "prometheus",
        "smtp_auth_password_file": "/etc/prometheus/hotspot-mail-password",
    }
    (staff,) = told["receivers"]
    assert [one["to"] for one in staff["email_configs"]] == ["wlan@stadt.example"]
    assert [one["url"] for one in staff["webhook_configs"]] == TOLD["monitoring_webhooks"]
    assert told["route"]["receiver"] == staff["name"]
    severities = {rule["labels"]["severity"] for group in read_yaml(RULES)["groups"] for rule in group["rules"]}
    assert severities == {"critical", "warning"}
    assert told["route"]["routes"][0]["matchers"] == ['severity="warning"']
    names = {rule["alert"] for group in read_yaml(RULES)["groups"] for rule in group["rules"]}
    quieted = {
        each["source_matchers"][0].removeprefix('alertname="').removesuffix('"'): each["target_matchers"][0]
        for each in told["inhibit_rules"]
    }
    assert quieted == {"HallSilent": 'alertname=~"Hall.*"', "HubDoesNotAnswer": 'alertname="HubAway"'}
    assert {*quieted, "HubAway"} <= names


@pytest.mark.skipif(shutil.which("amtool") is None, reason="amtool is not installed: Debian's package prometheus-alertmanager")
def test_alertmanager_takes_its_settings(tmp_path: Path) -> None:
    """``amtool check-config``."""
    (tmp_path / "alertmanager.yml").write_text(Role("monitoring", {**INVENTORY, **TOLD}).text("alertmanager.yml.j2"))
    words = ["amtool", "check-config", str(tmp_path / "alertmanager.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_debian_is_kept_alike_on_all_machines(tmp_path: Path) -> None:
    """Gateway, hub and a host of monitoring alone have one text, as apt reads it; only when each restarts differs."""
    texts = {}
    for name in ("gateway", "hub", "monitoring"):
        lines = (ROLES / name / "templates" / "unattended.j2").read_text(encoding="utf-8").splitlines()
        own = [f"{{% set wanted = {name}_unattended_upgrades | bool %}}", f"{{% set reboot_at = {name}_reboot_at %}}"]
        assert lines[1:3] == own
        texts[name] = [lines[0], *lines[3:]]
    assert texts["gateway"] == texts["hub"] == texts["monitoring"]
    (tmp_path / "60hotspot").write_text(Role("monitoring", INVENTORY).text("unattended.j2"))
    asked = ["apt-config", "dump"]
    environment = {"APT_CONFIG": str(tmp_path / "60hotspot"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    wanted = {
        'APT::Periodic::Unattended-Upgrade "1";',
        'APT::Update::Post-Invoke-Success:: "touch /var/lib/apt/periodic/update-success-stamp || true";',
        'Dpkg::Options:: "--force-confold";',
        'Unattended-Upgrade::Package-Blacklist:: "^hotspot-";',
        'Unattended-Upgrade::Automatic-Reboot-Time "04:40";',
    }
    assert {line.lower() for line in wanted} <= {line.lower() for line in done.stdout.splitlines()}


def test_debian_is_kept_by_one_role_of_a_machine() -> None:
    """Where the hub or a gateway is too, that role's word holds: two that write one file would never come to rest."""
    packages = {
        host: "unattended-upgrades" in Role("monitoring", {**INVENTORY, "inventory_hostname": host}).values["_monitoring_packages"]
        for host in ("cityhub", "waldheim-rathaus", "watcher")
    }
    assert packages == {"cityhub": False, "waldheim-rathaus": False, "watcher": True}
    by_people = Role("monitoring", {**INVENTORY, "monitoring_unattended_upgrades": False})
    assert "unattended-upgrades" not in by_people.values["_monitoring_packages"]
    assert 'APT::Periodic::Unattended-Upgrade "0";' in by_people.text("unattended.j2")
    (upkeep,) = [task for task in read_yaml(MONITORING / "tasks" / "main.yml") if task["name"] == "Upkeep"]
    assert upkeep["when"] == "_monitoring_alone | bool"


def test_what_grafana_is_given() -> None:
    """A source and a folder, and each dashboard of the product."""
    role = Role("monitoring", {**INVENTORY, "monitoring_grafana_provisioning": "/etc/grafana/provisioning"})
    assert role.refusals() == []
    (source,) = yaml.safe_load(role.text("datasource.yml.j2"))["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    (folder,) = yaml.safe_load(role.text("dashboards.yml.j2"))["providers"]
    assert folder["options"]["path"] == "/var/lib/grafana/dashboards/hotspot"
    assert sorted(role.values["_monitoring_dashboards"]) == sorted(f"{name}.json" for name in DASHBOARDS)


def test_an_address_that_is_encrypted_by_itself_is_written_as_it_is() -> None:
    """Those of webhooks are secrets: an inventory has them as ``!vault`` in its list."""
    role = Role("monitoring", {**INVENTORY, **TOLD})
    told = role.text("alertmanager.yml.j2", monitoring_webhooks=[Encrypted(url) for url in TOLD["monitoring_webhooks"]])
    assert told == role.text("alertmanager.yml.j2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"monitoring_unattended_upgrades": "y"}, 'monitoring_unattended_upgrades is "y"; expected true or false'),
        ({"groups": {}}, 'monitoring_hub_url is "" and hub_url of group hub ""; expected one of them, as https://'),
        ({"monitoring_hub_url": "hub.stadt.example"}, 'monitoring_hub_url is "hub.stadt.example" and hub_url of group hub'),
        ({"monitoring_hub_token_days": 3}, "monitoring_hub_token is empty, monitoring_hub_token_days 3, group hub"),
        ({"monitoring_listen": "9090"}, 'monitoring_listen is "9090", monitoring_alertmanager_listen'),
        ({"monitoring_retention": "forever"}, 'monitoring_listen is "127.0.0.1:9090"'),
        ({"monitoring_mail_to": ["wlan@stadt.example"]}, 'monitoring_mail_to is ["wlan@stadt.example"], monitoring_mail {}'),
        ({"monitoring_mail_password": "geheim"}, "monitoring_mail_to is [], monitoring_mail {}, monitoring_mail_password given"),
        ({"monitoring_hub_authority": "README.md"}, 'monitoring_hub_authority is "README.md" and hub_authority of group hub'),
        ({"monitoring_webhooks": ["tickets"]}, "monitoring_mail_to is [], monitoring_mail {}, monitoring_mail_password empty"),
        ({"monitoring_reboot_at": "4:40"}, 'monitoring_reboot_at is "4:40"; expected a time such as 04:40, or nothing'),
        ({"monitoring_gateways": [{"target": "10.1.1.1", "hall": "x"}]}, 'monitoring_gateways is [{"target": "10.1.1.1", "hall": "x"}];'),
    ],
)
def test_what_cannot_be_is_refused_first(change: dict[str, Any], said: str) -> None:
    """By one sentence that names keys, values and what was expected, and no secret."""
    found = Role("monitoring", {**INVENTORY, "monitoring_hub_token": "geheim" if change == {"groups": {}} else "", **change}).refusals()
    assert [one[: len(said)] for one in found] == [said]
    assert "geheim" not in "".join(found)


def test_nobody_hears_it_before_it_has_our_settings() -> None:
    """Where both listen is said as soon as they are installed: a play that ends after that leaves nothing open."""
    tasks = [inner for task in read_yaml(ROLES / "monitoring" / "tasks" / "install.yml") for inner in task.get("block", [task])]
    said = [task.get("ansible.builtin.template", {}).get("src") for task in tasks]
    installed = [task.get("ansible.builtin.apt", {}).get("policy_rc_d") for task in tasks].index(101)
    assert said[installed + 1 : installed + 3] == ["prometheus.default.j2", "alertmanager.default.j2"]
    assert [task.get("ansible.builtin.meta") for task in tasks][-1] == "flush_handlers"
