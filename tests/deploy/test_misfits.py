"""What cannot be used of a gateway's settings is said before anything is touched: key, value, expectation."""

import tomllib
from typing import Any

import pytest

from hotspot.portal import settings as portal_settings
from tests.deploy.expressions import read_yaml
from tests.deploy.machines import town
from tests.deploy.machines.rendered import ROLE, plugin

RADIO = {"interface": "wlan0", "country": "DE", "band": "5", "channel": 36, "ssid": "WLAN Rathaus", "mode": "owe-transition"}
HUB = {"gateway_hub_url": "https://hub.city.example:8700", "gateway_hub_authority": "authority.pem"}


def given(**more: Any) -> dict[str, Any]:
    """All settings of a hall that is well."""
    defaults = read_yaml(ROLE / "defaults" / "main.yml")
    hall = {"gateway_hall": "kleinheim-rathaus", "gateway_package": "/srv/hotspot-gateway_1~deb12_amd64.deb"}
    return {**defaults, **town.settings(1), **hall, **more}


def zone(**more: Any) -> dict[str, Any]:
    """The hall's only network, with something else."""
    return {"gateway_zones": [{**town.settings(1)["gateway_zones"][0], **more}]}


def said(**more: Any) -> list[str]:
    """What the filter says."""
    found: list[str] = plugin("misfits")["misfits"](given(**more))
    return found


LINE6 = town.line6(1).partition("/")[0]
"""An address of the box on its line."""


@pytest.mark.parametrize(
    "well",
    [
        {},
        HUB,
        {**HUB, "gateway_certificate_from_hub": True, "gateway_replaces": "kleinheim-rathaus-1"},
        {"gateway_certificate_from_hub": "false"},
        {"gateway_certificate": "/srv/portal.pem", "gateway_key": "/srv/portal.key"},
        {"gateway_certificate": "/srv/portal.pem", "gateway_key": "/srv/portal.key", "gateway_portal_authority": "/srv/town.pem"},
        {**HUB, "gateway_certificate_from_hub": True, "gateway_portal_authority": "/srv/town.pem"},
        {"gateway_visitor_options": "--forbidden 10.20.0.5:443 --no-rates --patience=2"},
        {"gateway_reboot_at": ""},
        {"gateway_reboot_at": "22:00"},
        {"gateway_management_listen": "[::1]:9464"},
        {"gateway_management_listen": "10.20.1.2:9464"},
        {"gateway_management_listen": f"[{LINE6}]:9464", "gateway_line_ports": ["tcp/9464"]},
        {"gateway_management_listen": "192.0.2.7:9464", "gateway_wan": {"interface": "wan0", "dhcp": True}},
        {"gateway_line_ports": ["tcp/9464", "udp/51820"]},
        {"gateway_total_down": 95_000_000},
        {"gateway_max_clients": "800"},
        zone(wifi=[RADIO]),
        zone(wifi=[{**RADIO, "band": "2.4", "channel": "11", "mode": "open"}]),
        {**HUB, **zone(plans=["of_the_hub"])},
    ],
)
def test_settings_that_can_be_used(well: dict[str, Any]) -> None:
    """Nothing is said."""
    assert said(**well) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"gateway_hall": "Rathaus Kleinheim"}, "gateway_hall is 'Rathaus Kleinheim'; expected the hall's short name at the hub"),
        ({"gateway_hall_name": " "}, "gateway_hall_name is ' '; expected the hall as visitors read it"),
        ({"gateway_time_zone": "Europe/Kleinheim"}, "gateway_time_zone is 'Europe/Kleinheim'; expected a zone of the tz database"),
        ({"gateway_time_zone": "../../etc/passwd"}, "gateway_time_zone is '../../etc/passwd'; expected a zone of the tz database"),
        ({"gateway_package": ""}, "gateway_package is ''; expected the file hotspot-gateway_….deb that `make package` makes"),
        ({"gateway_name_servers": []}, "gateway_name_servers is []; expected addresses of the name servers"),
        ({"gateway_name_servers": ["dns.example"]}, "gateway_name_servers is 'dns.example'; expected an address, such as 192.0.2.53"),
        ({"gateway_time_servers": ["a b"]}, "gateway_time_servers is 'a b'; expected a name or an address"),
        ({"gateway_management_listen": "9464"}, "gateway_management_listen is '9464'; expected an address and a port"),
        ({"gateway_management_listen": "0.0.0.0:9464"}, "gateway_management_listen is '0.0.0.0:9464'; expected one address; this is all"),
        (
            {"gateway_management_listen": "198.18.0.1:9464"},
            "gateway_management_listen is '198.18.0.1:9464'; expected an address that is in no",
        ),
        (
            {"gateway_management_listen": "10.20.1.9:9464"},
            "gateway_management_listen is '10.20.1.9:9464'; expected an address of this box: ",
        ),
        (
            {"gateway_management_listen": f"[{LINE6}]:9464", "gateway_line_ports": ["tcp/9100"]},
            f"gateway_management_listen is '[{LINE6}]:9464'; expected tcp/9464 in gateway_line_ports, too",
        ),
        ({"gateway_line_ports": ["22"]}, "gateway_line_ports is '22'; expected ports such as tcp/9464"),
        ({"gateway_line_ports": ["tcp/0"]}, "gateway_line_ports is 'tcp/0'; expected ports such as tcp/9464"),
        ({"gateway_portal_name": ""}, "gateway_portal_name is ''; expected the name that visitors see and the certificate has"),
        ({"gateway_portal_name": "192.0.2.1"}, "gateway_portal_name is '192.0.2.1'; expected the name that visitors see"),
        (
            {"gateway_certificate": "/srv/portal.pem"},
            "gateway_certificate is '/srv/portal.pem'; expected both files or neither: gateway_key",
        ),
        ({"gateway_visitor": "y"}, "gateway_visitor is 'y'; expected true or false"),
        ({"gateway_doctor": None}, "gateway_doctor has no value; expected one, or no such line"),
        ({"gateway_line_ports": None}, "gateway_line_ports has no value; expected one, or no such line"),
        ({"gateway_certificate_from_hub": True}, "gateway_certificate_from_hub is True; expected a gateway_hub_url, which is empty"),
        (
            {**HUB, "gateway_certificate_from_hub": True, "gateway_certificate": "/a", "gateway_key": "/b"},
            "gateway_certificate_from_hub is True; expected no gateway_certificate beside it, which is '/a'",
        ),
        ({"gateway_portal_settings": "[terms"}, "gateway_portal_settings cannot be read: Expected ']' at the end of a table declaration"),
        ({"gateway_portal_settings": town.PORTAL + "[hall]\n"}, "gateway_portal_settings has [hall]; expected none of hall, hub, visitor"),
        (
            {"gateway_portal_settings": "retention = 1\n" + town.PORTAL},
            "gateway_portal_settings has retention outside of a table; expected",
        ),
        (zone(plans=["guest"]), "gateway_zones, public: plan 'guest' is not in gateway_portal_settings; expected one of ['free']"),
        (
            {"gateway_total_down": "8 Mbit/s"},
            "gateway_zones, public: plan 'free' gives 10 Mbit/s down to one visitor and total_down is 8 Mbit/s",
        ),
        (zone(total_up="1 Mbit/s"), "gateway_zones, public: plan 'free' gives 2 Mbit/s up to one visitor and total_up is 1 Mbit/s for all"),
        ({**HUB, "gateway_hub_url": "http://hub.city.example"}, "gateway_hub_url is 'http://hub.city.example'; expected an https address"),
        (
            {**HUB, "gateway_hub_url": "https://hub.city.example/hub"},
            "gateway_hub_url is 'https://hub.city.example/hub'; expected an https",
        ),
        ({**HUB, "gateway_hub_url": "https://hub:port"}, "gateway_hub_url is 'https://hub:port'; expected an https address without a path"),
        ({**HUB, "gateway_hub_authority": ""}, "gateway_hub_authority is ''; expected the file of who signed the hub's certificate"),
        ({**HUB, "gateway_hub_report_every": "often"}, "gateway_hub_report_every is 'often'; expected a time, such as 1 min"),
        (
            {"gateway_portal_authority": "/srv/town.pem"},
            "gateway_portal_authority is '/srv/town.pem'; expected a gateway_certificate that it signed, or one from the hub",
        ),
        ({"gateway_replaces": "kleinheim-1"}, "gateway_replaces is 'kleinheim-1'; expected a gateway_hub_url, which is empty"),
        ({"gateway_total_down": "95 MBit"}, "gateway_total_down is '95 MBit'; expected a rate of at least 64 kbit/s, such as 95 Mbit/s"),
        ({"gateway_total_up": "1 kbit/s"}, "gateway_total_up is '1 kbit/s'; expected a rate of at least 64 kbit/s"),
        (zone(total_down="fast"), "gateway_zones, public: total_down is 'fast'; expected a rate of at least 64 kbit/s"),
        ({"gateway_max_clients": 0}, "gateway_max_clients is 0; expected a number from 1 to 16000"),
        ({"gateway_visitor_options": "--forbidden"}, "gateway_visitor_options is '--forbidden'; expected a value after --forbidden"),
        ({"gateway_visitor_options": "--no-rates=1"}, "gateway_visitor_options is '--no-rates=1'; expected no value after --no-rates"),
        ({"gateway_visitor_options": "--zone --no-ipv6"}, "gateway_visitor_options is '--zone --no-ipv6'; expected a value after --zone"),
        (
            {"gateway_visitor_options": "--json"},
            "gateway_visitor_options is '--json'; expected options of `hotspot visit`; '--json' is not",
        ),
        ({"gateway_visitor_options": "--zone 'public'"}, "gateway_visitor_options is '--zone 'public''; expected options without quotes"),
        ({"gateway_reboot_at": "25:00"}, "gateway_reboot_at is '25:00'; expected a time such as 03:40, or nothing"),
        ({"gateway_reboot_at": "12:30"}, "gateway_reboot_at is '12:30'; expected a time between 22:00 and 06:00"),
        ({"gateway_log_days": 365}, "gateway_log_days is 365; expected a number of days from 1 to 90"),
        (zone(lease="one hour"), "gateway_zones, public: lease is 'one hour'; expected a time as dnsmasq writes it, such as 1h"),
        (
            zone(wifi=[{**RADIO, "country": "Germany"}]),
            "gateway_zones, public, wifi wlan0: country is 'Germany'; expected the country whose",
        ),
        (zone(wifi=[{**RADIO, "band": "6"}]), "gateway_zones, public, wifi wlan0: band is '6'; expected one of 2.4, 5"),
        (zone(wifi=[{**RADIO, "channel": 6}]), "gateway_zones, public, wifi wlan0: channel is 6; expected one of 36, 40, 44"),
        (
            zone(wifi=[{**RADIO, "mode": "wep"}]),
            "gateway_zones, public, wifi wlan0: mode is 'wep'; expected one of open, owe, owe-transition",
        ),
        (zone(wifi=[{**RADIO, "ssid": "ä" * 15}]), f"gateway_zones, public, wifi wlan0: ssid is '{'ä' * 15}'; expected 1 to 28 bytes"),
        (zone(wifi=[{**RADIO, "ssid": "a\nwpa=0"}]), "gateway_zones, public, wifi wlan0: ssid is 'a\nwpa=0'; expected 1 to 28 bytes that"),
        (
            zone(wifi=[{**RADIO, "interface": "wlx001122334"}]),
            "gateway_zones, public, wifi wlx001122334: interface is 'wlx001122334'; expected",
        ),
    ],
)
def test_one_thing_that_cannot_be_used(change: dict[str, Any], sentence: str) -> None:
    """One sentence, which names the key, the value and what was expected."""
    assert [each[: len(sentence)] for each in said(**change)] == [sentence]


def test_more_networks_than_the_kernel_has_classes_for() -> None:
    """Thirteen of them, and clients of several together."""
    (one,) = town.settings(1)["gateway_zones"]
    many = {"gateway_zones": [{**one, "name": f"z{number}"} for number in range(13)]}
    assert "gateway_zones has 13 networks; expected at most 12 on one gateway" in said(**many)
    few = {"gateway_zones": many["gateway_zones"][:3], "gateway_max_clients": 12_000}
    assert said(**few) == ["gateway_max_clients is 12000; expected at most 10000 with 3 networks: 30000 on one gateway"]


def test_tables_of_the_role_are_those_that_it_writes() -> None:
    """Else two would be in one file, or none."""
    own = plugin("misfits")["misfits"].__globals__["OWN_TABLES"]
    template = (ROLE / "templates" / "portal.toml.j2").read_text(encoding="utf-8")
    assert {line.strip("[]").partition(".")[0] for line in template.splitlines() if line.startswith("[")} == set(own)
    assert set(tomllib.loads(town.PORTAL)).isdisjoint(own)
    assert hasattr(portal_settings.Settings, "zones")


def test_every_truth_is_looked_at() -> None:
    """`y` is false for Ansible's filter, and a key without a value is neither: 2.19 refuses it as a condition, in the middle of a play."""
    options = read_yaml(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    told: dict[str, Any] = plugin("misfits")["misfits"].__globals__
    assert sorted(told["TRUTHS"]) == sorted(name for name, option in options.items() if option["type"] == "bool")
    assert [said(gateway_doctor=value) for value in (True, False, "Yes", "no", 1, "0", "off")] == [[]] * 7
