"""Settings that the role writes, as text: certificates that the hub gets, and the time for visitors."""

import tomllib
from typing import Any

from tests.deploy.expressions import read_yaml
from tests.deploy.machines import rendered, town

HUB: dict[str, Any] = {"gateway_hub_url": "https://hub.city.example"}


def written(template: str, **more: Any) -> str:
    """For the first hall."""
    values = rendered.variables(town.settings(1, **more))
    return rendered.text(template, values, item=values["gateway_zones"][0])


def test_a_certificate_from_the_hub() -> None:
    """The portal asks for it and has an address with TLS, and DHCP and router advertisements tell phones of its API. Not without."""
    for wanted in (True, False):
        more = {**HUB, "gateway_certificate_from_hub": wanted, "ansible_facts": {"distribution_major_version": "13"}}
        portal = tomllib.loads(written("portal.toml.j2", **more))
        assert portal["hub"].get("certificate", False) is wanted
        assert portal["zones"]["public"]["portal_url"].startswith("https://" if wanted else "http://")
        assert "certificate" not in portal
        api = f"https://{town.settings(1)['gateway_portal_name']}/api/captive"
        assert (f"dhcp-option=114,{api}\n" in written("dnsmasq.conf.j2", **more)) is wanted
        assert (f'AdvCaptivePortalAPI "{api}";' in written("radvd.conf.j2", **more)) is wanted


def test_every_setting_is_said_to_be_one() -> None:
    """What has a default is in the list of arguments, with the same."""
    options = read_yaml(rendered.ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = read_yaml(rendered.ROLE / "defaults" / "main.yml")
    assert options["gateway_certificate_from_hub"]["default"] is defaults["gateway_certificate_from_hub"] is False
    assert [name for name in defaults if name not in options] == []


def test_time_for_visitors_and_for_nobody_else() -> None:
    """One zone: chronyd is bound to its bridge, and so may answer whatever prefix the line has delegated. Several: only what is known."""
    (zone,) = town.settings(1)["gateway_zones"]
    delegated = {**zone, "ipv6": "delegated", "address6": ""}
    fixed = written("chrony.conf.j2").splitlines()
    assert {f"allow {zone['address']}", f"allow {zone['address6']}", "binddevice guests"} <= set(fixed)
    assert "allow ::/0" not in fixed
    assert {"binddevice guests", "allow ::/0"} <= set(written("chrony.conf.j2", gateway_zones=[delegated]).splitlines())
    several = written("chrony.conf.j2", gateway_zones=[delegated, {**zone, "bridge": "council"}])
    assert "binddevice" not in several.replace("# ", "")
    assert "allow ::/0" not in several
