"""Settings that the role writes, as text."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jinja2
import pytest

from firewall import ruleset, settings
from hotspot.lab import layout as at
from hotspot.looks import authority
from tests.deploy.expressions import read_yaml
from tests.deploy.machines import rendered, town
from tests.deploy.machines.fleet.hardening import BARS

LINE = settings.Zone("guests", "wan0", ("198.18.0.1/20",), 1_000_000, 1_000_000)
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


def test_a_key_is_the_portals_alone() -> None:
    """Not its group's, of which the LAN guard is, who hears what strangers send."""
    tasks = read_yaml(rendered.ROLE / "tasks" / "configure.yml")
    (copied,) = (task["ansible.builtin.copy"] for task in tasks if task["name"] == "Key of the portal")
    assert (copied["owner"], copied["mode"], copied["src"]) == ("hotspot-portal", "0400", "{{ gateway_key }}")


@pytest.mark.parametrize("name", ["Rathaus Kleinheim", 'Haus "Zum Löwen"', "C:\\Rathaus", "Bücherei 📚"])
def test_a_hall_is_called_what_the_inventory_says(name: str) -> None:
    """Quotes, umlauts, and letters that JSON would write as two halves, which TOML refuses."""
    hall = tomllib.loads(written("portal.toml.j2", gateway_hall_name=name, gateway_town=name))["hall"]
    assert (hall["name"], hall["town"]) == (name, name)


def test_time_for_visitors_and_for_nobody_else() -> None:
    """One zone: chronyd is bound to its bridge, and so may answer whatever prefix the line has delegated. Several: only what is known."""
    (zone,) = town.settings(1)["gateway_zones"]
    delegated = {**zone, "ipv6": "delegated", "address6": ""}
    fixed = written("chrony.conf.j2").splitlines()
    assert {f"allow {zone['address']}", f"allow {zone['address6']}", "binddevice guests"} <= set(fixed)
    assert "allow ::/0" not in fixed
    assert {"binddevice guests", "allow ::/0"} <= set(written("chrony.conf.j2", gateway_zones=[delegated]).splitlines())
    several = written("chrony.conf.j2", gateway_zones=[delegated, {**zone, "bridge": "council"}]).splitlines()
    assert [line for line in several if line.startswith("binddevice")] == []
    assert "allow ::/0" in several
    assert "udp . 123" not in ruleset.guard({"public": LINE}, ())  # not open, so nobody on the line asks the clock that hears all of them


def lines_of(template: str, more: dict[str, Any], **item: Any) -> list[str]:
    """Without comments and blank lines."""
    values = rendered.variables(town.settings(1, **more))
    text = rendered.text(template, values, **{"item": values["gateway_zones"][0], "__gateway_index": 0, **item})
    return [line for line in text.splitlines() if line and not line.startswith(("#", "//"))]


DHCP = {"interface": "wan0", "dhcp": True}


def ipv6(kind: str) -> dict[str, Any]:
    """Settings of a hall whose only network has this kind of IPv6."""
    address = {"fixed": "2001:db8:1::1/64", "translated": "fd12:3456:789a:1::1/64"}.get(kind, "")
    (zone,) = town.settings(1)["gateway_zones"]
    return {"gateway_zones": [{**zone, "ipv6": kind, "address6": address}], "gateway_wan": DHCP}


@pytest.mark.parametrize("kind", ["fixed", "delegated", "translated", "off"])
def test_ipv6_is_the_same_in_all_files(kind: str) -> None:
    """Firewall, bridge, line, name servers, router advertisements and clock of a network, for each kind of IPv6 that there is."""
    more = ipv6(kind)
    own = more["gateway_zones"][0]["address6"]
    firewall = settings.parse("\n".join(lines_of("firewall.toml.j2", more)), "firewall.toml").zones["public"]
    assert firewall.prefix6 == (kind if kind in ("delegated", "translated") else "fixed")
    assert firewall.addresses == ("198.18.0.1/20", *([own] if own else []))
    zone = lines_of("zone.network.j2", more)
    assert ("LinkLocalAddressing=no" in zone, "LinkLocalAddressing=ipv6" in zone) == (kind == "off", kind != "off")
    wanted = {"delegated": ["Address=198.18.0.1/20", "Address=fe80::1/64"], "off": ["Address=198.18.0.1/20"]}
    assert [line for line in zone if line.startswith("Address=")] == wanted.get(kind, ["Address=198.18.0.1/20", f"Address={own}"])
    assert ("DHCPPrefixDelegation=yes" in zone) is (kind == "delegated")
    line = lines_of("wan.network.j2", more)
    assert (f"DHCP={'yes' if kind == 'delegated' else 'ipv4'}" in line, "[DHCPv6]" in line) == (True, kind == "delegated")
    advertised = lines_of("radvd.conf.j2", more)
    server = {"fixed": "2001:db8:1::1", "translated": "fd12:3456:789a:1::1", "delegated": "fe80::1"}
    assert [each.split()[1] for each in advertised if "RDNSS" in each] == ([server[kind]] if kind in server else [])
    assert (advertised == []) is (kind == "off")
    names = [each for each in lines_of("dnsmasq.conf.j2", more) if each.startswith("host-record=")]
    assert names == [f"host-record={at.PORTAL_NAME},198.18.0.1{',' + own.partition('/')[0] if own else ''}"]
    clock = [each for each in lines_of("chrony.conf.j2", more) if each.startswith("allow ")]
    assert clock == ["allow 198.18.0.1/20", *([f"allow {own}"] if own else []), *(["allow ::/0"] if kind == "delegated" else [])]


def test_nothing_is_advertised_where_there_is_no_ipv6() -> None:
    """radvd is stopped and stays so, and no handler starts it."""
    own = read_yaml(rendered.ROLE / "vars" / "main.yml")
    assert own["_gateway_optional"]["radvd.service"] == "{{ _gateway_ipv6 | bool }}"
    for kind in ("off", "fixed", "delegated", "translated"):
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no page
        assert environment.from_string(own["_gateway_ipv6"]).render(**ipv6(kind)) == str(kind != "off")
    handlers = [one for one in read_yaml(rendered.ROLE / "handlers" / "main.yml") if "radvd.service" in str(one)]
    assert handlers
    assert all(handler["when"].startswith("_gateway_ipv6 | bool and ") for handler in handlers)


def test_who_reaches_the_box_by_the_line() -> None:
    """The IT staff by SSH where they have no network of their own, at the port of the inventory too; whoever is named besides."""
    for more, wanted in (
        ({}, ()),
        ({"gateway_management": {}}, ("tcp/22",)),
        ({"gateway_management": {}, "ansible_port": 2222}, ("tcp/22", "tcp/2222")),
        ({"gateway_line_ports": ["tcp/9464"]}, ("tcp/9464",)),
    ):
        assert settings.parse("\n".join(lines_of("firewall.toml.j2", more)), "firewall.toml").line_ports == wanted


def test_several_networks_on_one_box() -> None:
    """Ports of their own, as the portal has them; and no name server takes the loopback, where there is room for one."""
    (zone,) = town.settings(1)["gateway_zones"]
    second = {**zone, "name": "council", "bridge": "council", "members": ["lan3"], "address": "10.9.0.1/24", "first": "10.9.0.2"}
    more = {"gateway_zones": [zone, {**second, "last": "10.9.0.9", "pool": None, "ipv6": "off", "address6": ""}]}
    firewall = settings.parse("\n".join(lines_of("firewall.toml.j2", more)), "firewall.toml").zones
    portal = tomllib.loads("\n".join(lines_of("portal.toml.j2", more)))["zones"]
    for name, ports in (("public", (8080, 8081, 8443, 5300)), ("council", (8090, 8091, 8453, 5301))):
        one = firewall[name]
        assert (one.capture_port, one.portal_port, one.portal_tls_port, one.captive_dns_port) == ports
        assert (portal[name]["capture_port"], portal[name]["portal_port"], portal[name]["portal_tls_port"]) == ports[:3]
    assert (firewall["council"].pool, firewall["public"].pool) == (8, 3_583)
    for template in ("dnsmasq.conf.j2", "dnsmasq-captive.conf.j2"):
        assert "except-interface=lo" in lines_of(template, more)


def test_vlans_are_made_on_the_interface_that_carries_them() -> None:
    """Named by the file of their parent: that of the line, of the IT staff, or one of its own that takes nothing without a tag."""
    (zone,) = town.settings(1)["gateway_zones"]
    more = {
        "gateway_wan": {"interface": "eth0.7", "dhcp": True},
        "gateway_management": {"interface": "eth1", "addresses": ["10.20.0.2/24"]},
        "gateway_zones": [{**zone, "members": ["eth1.30", "eth0.31"]}],
    }
    vlans = rendered.plugin("links")["vlans"](more["gateway_zones"], more["gateway_wan"], more["gateway_management"])
    assert lines_of("vlan.netdev.j2", more, item=vlans[1]) == ["[NetDev]", "Name=eth1.30", "Kind=vlan", "[VLAN]", "Id=30"]
    assert [line for line in lines_of("management.network.j2", more) if line.startswith("VLAN=")] == ["VLAN=eth1.30"]
    trunk = lines_of("trunk.network.j2", more, item="eth0")
    assert [line for line in trunk if line.startswith("VLAN=")] == ["VLAN=eth0.7", "VLAN=eth0.31"]
    assert {"Name=eth0", "LinkLocalAddressing=no", "IPv6AcceptRA=no", "RequiredForOnline=no"} <= set(trunk)
    line = lines_of("wan.network.j2", more)
    assert ("Name=eth0.7" in line, [each for each in line if each.startswith("VLAN=")]) == (True, [])
    assert {"Name=eth1.30", "Bridge=guests", "Isolated=yes"} <= set(lines_of("member.network.j2", more, item=(zone, "eth1.30")))


def test_a_key_without_a_value_is_as_none() -> None:
    """``lease:`` with nothing behind it is what is left out, as the preflight has it, and not the word None."""
    (zone,) = town.settings(1)["gateway_zones"]
    bare = {key: zone[key] for key in ("name", "bridge", "members", "address", "first", "last")}
    empty = {**bare, **dict.fromkeys(("pool", "lease", "address6", "plans", "total_down", "total_up", "wifi"))}
    for template in (
        "dnsmasq.conf.j2",
        "dnsmasq-captive.conf.j2",
        "portal.toml.j2",
        "firewall.toml.j2",
        "chrony.conf.j2",
        "zone.network.j2",
    ):
        assert lines_of(template, {"gateway_zones": [empty]}) == lines_of(template, {"gateway_zones": [bare]}), template
    line = lines_of("wan.network.j2", {**ipv6("delegated"), "gateway_wan": {**DHCP, "prefix_hint": None}})
    assert "PrefixDelegationHint=::/56" in line
    for file in ("network.yml", "links.yml"):
        assert "{{ gateway_zones | hotspot.hall.ports }}" in [task.get("loop") for task in read_yaml(rendered.ROLE / "tasks" / file)]
    links = rendered.plugin("links")
    assert links["ports"]([empty, {**bare, "members": None}, {**bare, "members": []}]) == [[empty, member] for member in zone["members"]]


def test_a_line_that_is_dead_holds_up_no_start() -> None:
    """Neither the way of the IT staff nor a network of visitors is waited for, and the line for seconds."""
    for template in ("management.network.j2", "zone.network.j2"):
        assert "RequiredForOnline=no" in lines_of(template, {})
    assert lines_of("wait-online.conf.j2", {}) == [
        "[Service]",
        "ExecStart=",
        "ExecStart=-/usr/lib/systemd/systemd-networkd-wait-online --timeout=20",
    ]


@pytest.mark.parametrize(
    ("given", "from_hub", "of_hub", "wanted"),
    [
        ("", False, "files/ca.pem", ""),
        ("", True, "files/ca.pem", "files/ca.pem"),
        ("", True, None, ""),
        ("files/town.pem", False, None, "files/town.pem"),
        ("files/town.pem", True, "files/ca.pem", "files/town.pem"),
    ],
)
def test_who_signed_the_portals_certificate(given: str, from_hub: bool, of_hub: str | None, wanted: str) -> None:
    """What the inventory says of the hall, else who signs what the hub asks for; the task has it in a file that visit and doctor read."""
    text = read_yaml(rendered.ROLE / "vars" / "main.yml")["_gateway_signed_by"]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no page
    environment.filters["bool"] = bool
    hub = {} if of_hub is None else {"hub_hall_certificates_authority": of_hub}
    more = {"gateway_portal_authority": given, "gateway_certificate_from_hub": from_hub, "hostvars": {"cityhub": hub}}
    assert environment.from_string(text).render(**more, _gateway_hub_host="cityhub") == wanted
    assert environment.from_string(text).render(**more, _gateway_hub_host="") == given
    tasks = {task["name"]: task for task in read_yaml(rendered.ROLE / "tasks" / "configure.yml")}
    copied = tasks["Authority of the portal's certificate"]["ansible.builtin.copy"]
    assert (
        copied["dest"] == "{{ _gateway_settings }}/" + authority.FILE == tasks["Public authorities alone"]["ansible.builtin.file"]["path"]
    )


@pytest.mark.parametrize("unit", ["dnsmasq-hotspot@.service", "radvd.service"])
def test_servers_of_debian_are_shut(unit: str, tmp_path: Path) -> None:
    """systemd gives name servers and router advertisements no more points than were accepted, with what the role writes; it finds nothing
    in that which it does not understand. On a booted hall: machines/fleet/test_hardening.py."""
    system, more = tmp_path / "usr/lib/systemd/system", tmp_path / "etc/systemd/system/radvd.service.d"
    shutil.copytree("/usr/lib/systemd/system", system, symlinks=True)
    more.mkdir(parents=True)
    (more / "hotspot.conf").write_text(written("radvd.service.conf.j2"))
    (system / "dnsmasq-hotspot@.service").write_text(written("dnsmasq-hotspot@.service.j2"))
    for program in ("usr/sbin/radvd", "usr/sbin/dnsmasq", "bin/kill"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    name = unit.replace("@", "@public-captive")
    judge = ["systemd-analyze", "security", "--offline=true", f"--root={tmp_path}", "--no-pager", f"--threshold={BARS[name]}"]
    done = subprocess.run([*judge, name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", "--recursive-errors=no", name]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_logged_is_gone_in_time() -> None:
    """The journal drops what is older, and has files of a day, so that it can; nothing is copied to files that nobody drops."""
    assert {"MaxRetentionSec=7day", "MaxFileSec=1day", "ForwardToSyslog=no"} <= set(lines_of("journald.conf.j2", {}))
    assert "MaxRetentionSec=3day" in written("journald.conf.j2", gateway_log_days=3)


def test_security_updates_alone_and_never_our_own_package() -> None:
    """Debian's own list is taken away before ours; a restart is at night, or by people; switched off, nothing is fetched."""
    told = lines_of("unattended.j2", {})
    text = written("unattended.j2")
    assert text.index("#clear Unattended-Upgrade::Origins-Pattern;") < text.index("Unattended-Upgrade::Origins-Pattern {")
    assert re.findall(r"Origins-Pattern \{(.*)\};", text) == [
        ' "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"; '
    ]
    (never,) = re.findall(r'Package-Blacklist \{ "(.*)"; \};', text)
    assert [name for name in ("hotspot-gateway", "hotspot-hub", "linux-image-amd64") if re.match(never, name)] == [
        "hotspot-gateway",
        "hotspot-hub",
    ]
    assert {'Unattended-Upgrade::Automatic-Reboot "true";', 'Unattended-Upgrade::Automatic-Reboot-Time "03:40";'} <= set(told)
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in written("unattended.j2", gateway_reboot_at="")
    assert 'APT::Periodic::Unattended-Upgrade "0";' in written("unattended.j2", gateway_unattended_upgrades=False)


RADIO = {"interface": "wlan0", "country": "DE", "band": "5", "channel": 36, "ssid": "WLAN Rathaus", "zone": "public", "bridge": "guests"}
FACTS = {"wlan0": {"macaddress": "00:11:22:33:44:55"}, "distribution_major_version": "13"}


def networks(mode: str, **more: Any) -> list[dict[str, str]]:
    """hostapd's settings of each network of a radio, key -> value; what is the radio's is in the first."""
    found: list[dict[str, str]] = [{}]
    for line in lines_of("hostapd.conf.j2", {"ansible_facts": FACTS}, item={**RADIO, "mode": mode, **more}):
        key, _, value = line.partition("=")
        if key == "bss":
            found.append({})
        assert key not in found[-1], "twice"
        found[-1][key] = value
    return found


def test_a_radio_with_owe_and_an_open_network_for_the_others() -> None:
    """Two networks that name each other; the encrypted one does not show itself, has an address of its own, and protects management frames
    (RFC 8110, OWE transition as hostapd.conf has it)."""
    first, second = networks("owe-transition")
    assert (first["interface"], first["ssid"], first["wpa"], first["owe_transition_ifname"]) == ("wlan0", "WLAN Rathaus", "0", "wlan0-owe")
    assert "ignore_broadcast_ssid" not in first
    assert {"wpa_key_mgmt", "rsn_pairwise", "ieee80211w"}.isdisjoint(first)
    encrypted = {"wpa": "2", "wpa_key_mgmt": "OWE", "rsn_pairwise": "CCMP", "ieee80211w": "2"}
    hidden = {"bss": "wlan0-owe", "bssid": "02:11:22:33:44:55", "ssid": "WLAN Rathaus-owe", "ignore_broadcast_ssid": "1"}
    assert {**encrypted, **hidden, "owe_transition_ifname": "wlan0"}.items() <= second.items()


def test_a_radio_with_owe_alone_or_open() -> None:
    """One network, which shows itself."""
    (alone,) = networks("owe")
    assert {"wpa": "2", "wpa_key_mgmt": "OWE", "ieee80211w": "2", "ssid": "WLAN Rathaus"}.items() <= alone.items()
    (plain,) = networks("open")
    assert (plain["wpa"], "wpa_key_mgmt" in plain) == ("0", False)
    for one in (alone, plain):
        assert {"ignore_broadcast_ssid", "owe_transition_ifname"}.isdisjoint(one)


@pytest.mark.parametrize("mode", ["open", "owe", "owe-transition"])
def test_phones_at_one_radio_are_apart_and_nobody_is_logged(mode: str) -> None:
    """In every network of it: isolated, in the bridge, without WPS; the radio's country and channel; no line about a station."""
    for one in networks(mode):
        assert {"ap_isolate": "1", "bridge": "guests", "wps_state": "0", "auth_algs": "1"}.items() <= one.items()
    radio = networks(mode)[0]
    assert {"country_code": "DE", "ieee80211d": "1", "ieee80211h": "1", "hw_mode": "a", "channel": "36"}.items() <= radio.items()
    assert {"logger_syslog": "0", "logger_stdout": "0"}.items() <= radio.items()
    slow = networks(mode, band="2.4", channel=11)[0]
    assert (slow["hw_mode"], slow["channel"], "ieee80211h" in slow, "ieee80211ac" in slow) == ("g", "11", False, False)
    unit = lines_of("hotspot-hostapd@.service.j2", {})
    assert {"StandardOutput=null", "Requires=hotspot-guard.service", "ExecStartPre=/usr/sbin/nft -f /etc/hostapd-hotspot/air.nft"} <= set(
        unit
    )


def test_frames_do_not_cross_from_radio_to_radio(tmp_path: Path) -> None:
    """The rules that a radio starts with drop what would be forwarded from or to one of its networks; nft takes them, twice too."""
    more = {"gateway_zones": [{**town.settings(1)["gateway_zones"][0], "wifi": [RADIO]}]}
    text = "\n".join(lines_of("air.nft.j2", more))
    for way in ("iifname", "oifname"):
        assert f'{way} {{ "wlan0", "wlan0-owe" }} counter drop' in text
    if os.geteuid() == 0 and shutil.which("nft"):
        (tmp_path / "air.nft").write_text(text + "\n" + text)
        subprocess.run(["unshare", "--net", "nft", "--file", tmp_path / "air.nft"], check=True)
