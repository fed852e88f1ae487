"""The example inventory: what the roles take, nobody real, and what is left to you is asked for."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from firewall.settings import parse as parse_firewall
from hotspot.portal.settings import load as load_portal
from tests.deploy import collection as at
from tests.deploy.collection import INVENTORY, PLAYBOOKS, ROLES, read
from tests.deploy.expressions import DEPLOY
from tests.deploy.machines import rendered

HALLS = at.in_group("gateways")


@pytest.mark.parametrize("role", ROLES)
def test_the_example_is_what_the_role_takes(role: str) -> None:
    """Every host of its group has what the role's arguments ask for, and no setting that the role does not know."""
    group = {"gateway": "gateways"}.get(role, role)
    assert at.in_group(group) != []
    for host in at.in_group(group):
        given = at.resolved(host)
        assert at.refused(at.options(role), given) == []
        assert [name for name in given if name.startswith(f"{role}_") and name not in at.options(role)] == []


def test_arguments_that_do_not_fit_are_found() -> None:
    """Missing, of another type, none of the choices, unknown deep inside."""
    specs = {"a": {"required": True}, "b": {"type": "int"}, "c": {"type": "list", "elements": "dict", "options": {"d": {"choices": ["x"]}}}}
    given = {"b": True, "c": [{"d": "y"}, {"e": 1}, 2], "other": 1}
    said = ["a: required", "b: True is no int", "c[0].d: 'y' is none of ['x']", "c[1].e: not among d", "c[2]: 2 is no dict"]
    assert at.refused(specs, given) == said


def test_the_example_shows_what_there_is() -> None:
    """One city, its own hall as canary, three towns; two networks, each kind of IPv6, an access point, a VLAN, each kind of certificate."""
    halls = {host: at.resolved(host) for host in at.in_group("gateways")}
    towns = {group for said in halls.values() for group in said["groups"] if group.startswith("partner_")}
    assert (len(towns), at.in_group("canary"), len(at.in_group("hub"))) == (4, ["grossstadt-stadthaus"], 1)
    zones = [zone for said in halls.values() for zone in said["gateway_zones"]]
    assert {zone.get("ipv6", "off") for zone in zones} == {"off", "fixed", "delegated", "translated"}
    assert max(len(said["gateway_zones"]) for said in halls.values()) == 2
    assert any(zone.get("wifi") for zone in zones)
    assert any("." in member for zone in zones for member in zone["members"])
    assert {("gateway_certificate" in said, said.get("gateway_certificate_from_hub", False)) for said in halls.values()} == {
        (True, False),
        (False, True),
        (False, False),
    }


def test_the_example_names_nobody_real() -> None:
    """Addresses that are kept for documents (RFC 5737, RFC 3849) or private ones (RFC 1918 for visitors, RFC 4193), and names that end with
    .example."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(INVENTORY.rglob("*")) if path.is_file())
    four = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text))
    assert {one for one in four if not one.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "10.20."))} == set()
    six = set(re.findall(r"\b[0-9a-f]{4}:[0-9a-f:]+", text))
    assert {one for one in six if not one.startswith(("2001:db8:", "fd12:3456:789a:"))} == set()
    assert re.findall(r"\b[a-z-]+\.(?:de|com|org|net|eu)\b(?! =)", text) == []


@pytest.mark.parametrize("host", HALLS)
def test_the_halls_contradict_nothing(host: str) -> None:
    """Neither themselves nor each other's names: the role's own preflight says nothing."""
    said = at.resolved(host)
    contradictions = at.own_filters()["contradictions"]
    assert contradictions(said["gateway_zones"], said["gateway_wan"], said.get("gateway_management", {})) == []
    given = {**read(ROLES["gateway"] / "defaults" / "main.yml"), **{key: said[key] for key in said if key.startswith("gateway_")}}
    assert at.own_filters()["misfits"]({**given, "gateway_hall": host}) == []
    names = [at.resolved(each)["gateway_portal_name"] for each in HALLS]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def made_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's folder, with certificates as `make authority` makes them."""
    folder = tmp_path_factory.mktemp("control") / "wlan"
    for word in ("new", "authority"):
        subprocess.run((str(DEPLOY.parent / "scripts" / "control"), word, str(folder)), check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("host", HALLS)
def test_the_services_take_what_comes_of_it(host: str, tmp_path: Path, made_here: Path) -> None:
    """Firewall and portal read what the role writes for each hall of the example, with all that is in its vault-free settings."""
    values = rendered.variables({**at.resolved(host), "gateway_hall": host, "_gateway_settings": str(tmp_path)})
    firewall = parse_firewall(rendered.text("firewall.toml.j2", values), host)
    assert [zone.lan for zone in firewall.zones.values()] == [zone["bridge"] for zone in values["gateway_zones"]]
    (tmp_path / "visitor.key").write_text("00" * 32, encoding="ascii")
    for name, made in (("hub-authority.pem", "authority.pem"), ("portal.pem", "hub.pem"), ("portal.key", "hub.key")):
        shutil.copyfile(made_here / "files" / made, tmp_path / name)
    (tmp_path / "portal.toml").write_text(rendered.text("portal.toml.j2", values), encoding="utf-8")
    portal = load_portal(tmp_path / "portal.toml")
    assert portal.hub is not None
    assert (list(portal.zones), portal.hub.url) == ([zone["name"] for zone in values["gateway_zones"]], "https://hub.grossstadt.example")


PLACEHOLDERS = PLAYBOOKS / "tasks" / "placeholders.yml"


def leftovers(host: dict[str, Any]) -> list[str]:
    """What the playbooks refuse of a host."""
    found: list[str] = at.own_filters()["leftovers"](host)
    return found


class Encrypted:
    """A value that a vault encrypts by itself (``!vault``), as ansible-core 2.14 hands it over: no text, until it is made one."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "replace-this"


def test_what_the_example_leaves_to_you_is_asked_for() -> None:
    """The version as it stands, each secret of the vaults' examples, and each name and name server of the example are refused by the name
    of the setting; a value is not repeated, but for what is the example's."""
    said = leftovers(at.resolved("grossstadt-stadthaus"))
    assert said == [
        "gateway_hub_url still has hub.grossstadt.example of the example; expected your own",
        "gateway_name_servers still has 192.0.2.53, 2001:db8:53::53 of the example; expected your own",
        "gateway_package still says replace-this; expected a value of your own",
        "gateway_portal_name still has wlan.stadthaus.grossstadt.example of the example; expected your own",
        "gateway_portal_settings still has 192.0.2.53 of the example; expected your own",
        "gateway_time_servers still has ntp1.grossstadt.example, ntp2.grossstadt.example of the example; expected your own",
    ]
    own = {
        "gateway_name_servers": ["192.0.2.54", "10.192.0.2"],
        "gateway_portal_name": "wlan.bergdorf.example.org",
        "gateway_max_clients": 9,
    }
    assert leftovers({**own, "hotspot_hub": "hub.grossstadt.example", "hub_reboot_at": None}) == []
    assert leftovers({"hub_mail": {"server": "mail.grossstadt.example", "password": "geheim"}}) == [
        "hub_mail still has mail.grossstadt.example of the example; expected your own"
    ]
    assert leftovers({"hub_mail_password": Encrypted()}) == ["hub_mail_password still says replace-this; expected a value of your own"]
    vaults = sorted(INVENTORY.rglob("vault.yml.example"))
    for file in vaults:
        assert leftovers(read(file)) == [f"{key} still says replace-this; expected a value of your own" for key in sorted(read(file))]
        assert set(read(file)) <= set(at.options(file.parent.name)), "a secret that no role takes"
    assert [line for host in ("bergdorf-rathaus", "waldheim-rathaus") for line in leftovers(at.resolved(host)) if "portal_name" in line]


def test_every_play_that_changes_a_machine_asks_for_it() -> None:
    """Before its roles, by the same task, of the host that is played."""
    (task,) = read(PLACEHOLDERS)
    # The filter gets them as they are, and takes its own: no other variable of the host is worked out.
    assert task["vars"]["__placeholders"] == "{{ hostvars[inventory_hostname] | hotspot.hall.leftovers }}"
    runs = [file for file in PLAYBOOKS.glob("*.yml") if any(play.get("roles") for play in at.plays(file))]
    assert {file.stem for file in runs} == {"hub", "monitoring", "gateways", "replace"}
    for file in runs:
        assert "tasks/placeholders.yml" in file.read_text(encoding="utf-8")
