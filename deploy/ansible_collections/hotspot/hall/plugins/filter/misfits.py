"""What cannot be used of a gateway's settings, beside its networks (``contradictions``). Values in, words out; time zones are those of the
control host, and nothing else is looked at."""

from __future__ import annotations

import ipaddress
import re
import shlex
import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

try:
    import tomllib
except ImportError:  # a control host with Python 3.10 or older: the gateway's own look at the file says it then
    tomllib = None  # type: ignore[assignment]

DOCUMENTATION = """
name: misfits
author: Hotspot
short_description: What cannot be used of a gateway's settings
description:
  - Returns one sentence for each setting that cannot be used, and an empty list when there is none.
options:
  _input:
    description: All settings by name, but for the token.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: _gateway_given | hotspot.hall.misfits == []
"""

RETURN = """
_value:
  description: One sentence for each setting.
  type: list
  elements: str
"""

HALL = re.compile("[a-z0-9][a-z0-9-]{0,39}")
"""As the hub takes it."""
HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE)
SCALES = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
LEAST = 64_000
"""bit/s of a network: what the firewall leaves to each visitor."""
OWN_TABLES = ("hall", "hub", "visitor", "zones")
"""Tables of portal.toml that the role writes."""
VISIT = {
    **dict.fromkeys(
        ("--interface", "--zone", "--portal-url", "--phones", "--key", "--authority", "--download", "--upload", "--measured"), 1
    ),
    **dict.fromkeys(("--neighbour", "--forbidden", "--skip", "--patience", "--junit", "--timeout"), 1),
    **dict.fromkeys(("--no-rates", "--no-ipv6", "--german"), 0),
}
"""Options of ``hotspot visit`` that a timer may give, and how many values follow."""
TRUTHS = ("gateway_certificate_from_hub", "gateway_visitor", "gateway_lan_guard", "gateway_doctor", "gateway_unattended_upgrades")
YES, NO = ("1", "on", "true", "yes"), ("0", "off", "false", "no")
"""What Ansible's filter ``bool`` takes as it is meant; of `y` it makes false, of a key without a value something that is neither."""
MODES = ("open", "owe", "owe-transition")
CHANNELS = {"2.4": tuple(range(1, 14)), "5": (*range(36, 65, 4), *range(100, 145, 4))}
"""Of each band, where German law has them."""
COUNTRY = re.compile("[A-Z]{2}")
LEASE = re.compile("[1-9][0-9]*[smhd]?|infinite")


def misfits(given: Mapping[str, Any]) -> list[str]:
    """One sentence for each setting that cannot be used."""
    if bare := [key for key in given if given[key] is None]:
        return [f"{key} has no value; expected one, or no such line" for key in bare]
    parts = (_truths, _hall, _servers, _portal, _hub, _rates, _visits, _upkeep, _air, _leases)
    return [sentence for part in parts for sentence in part(given)]


def said(key: str, value: object, expected: str) -> str:
    """The sentence."""
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    return f"{key} is {shown}; expected {expected}"


def bits(rate: object) -> float | None:
    """``"10 Mbit/s"`` -> 10000000.0; None for what is no rate."""
    if isinstance(rate, int | float) and not isinstance(rate, bool):
        return float(rate)
    number, _, unit = str(rate).strip().partition(" ")
    try:
        return float(number) * SCALES[unit.strip()]
    except (KeyError, ValueError):
        return None


def _truths(given: Mapping[str, Any]) -> Iterator[str]:
    for key in TRUTHS:
        if str(given[key]).lower() not in YES + NO:
            yield said(key, given[key], "true or false")


def _hall(given: Mapping[str, Any]) -> Iterator[str]:
    if not HALL.fullmatch(str(given["gateway_hall"])):
        yield said("gateway_hall", given["gateway_hall"], "the hall's short name at the hub: small letters, digits and -, at most 40")
    if not str(given["gateway_hall_name"]).strip():
        yield said("gateway_hall_name", given["gateway_hall_name"], "the hall as visitors read it, such as Rathaus Kleinheim")
    zone = str(given["gateway_time_zone"])
    try:
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        yield said("gateway_time_zone", zone, "a zone of the tz database, such as Europe/Berlin")
    if not str(given["gateway_package"]).endswith(".deb"):
        yield said("gateway_package", given["gateway_package"], "the file hotspot-gateway_….deb that `make package` makes")


def _servers(given: Mapping[str, Any]) -> Iterator[str]:
    if not given["gateway_name_servers"]:
        yield said("gateway_name_servers", given["gateway_name_servers"], "addresses of the name servers that the hall asks")
    for server in given["gateway_name_servers"]:
        try:
            ipaddress.ip_address(server)
        except ValueError:
            yield said("gateway_name_servers", server, "an address, such as 192.0.2.53")
    for server in given["gateway_time_servers"]:
        if not re.fullmatch(r"[0-9A-Za-z.:-]+", str(server)):
            yield said("gateway_time_servers", server, "a name or an address, such as ntp.stadt.example")
    for port in given["gateway_line_ports"]:
        found = re.fullmatch("(tcp|udp)/([0-9]{1,5})", str(port))
        if not found or not 1 <= int(found[2]) <= 65_535:
            yield said("gateway_line_ports", port, "ports such as tcp/9464 or udp/51820")
    yield from _listen(given)


def _listen(given: Mapping[str, Any]) -> Iterator[str]:
    """Where metrics and health are asked for: an address that the box has, and visitors do not reach."""
    listen = str(given["gateway_management_listen"])
    host, _, port = listen.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        well = 1 <= int(port) <= 65_535
    except ValueError:
        well = False
    if not well:
        yield said("gateway_management_listen", listen, "an address and a port, such as 127.0.0.1:9464")
    elif any(_within(host.strip("[]"), address) for zone in given["gateway_zones"] for address in (zone["address"], zone.get("address6"))):
        yield said("gateway_management_listen", listen, "an address that is in no network of visitors")
    elif ipaddress.ip_address(host.strip("[]")).is_unspecified:
        yield said("gateway_management_listen", listen, "one address; this is all of them, those towards visitors too")
    elif not ipaddress.ip_address(host.strip("[]")).is_loopback and not given["gateway_wan"].get("dhcp"):
        line, staff = (
            [str(one).partition("/")[0] for one in given[f"gateway_{key}"].get("addresses") or []] for key in ("wan", "management")
        )
        own = host.strip("[]")
        if own not in (*staff, *line):
            yield said("gateway_management_listen", listen, f"an address of this box: 127.0.0.1, {', '.join((*staff, *line))}")
        elif own in line and f"tcp/{port}" not in map(str, given["gateway_line_ports"]):
            expected = f"tcp/{port} in gateway_line_ports, too: on the line nobody reaches another port of the box"
            yield said("gateway_management_listen", listen, expected)


def _within(address: str, network: object) -> bool:
    """False for what is no network: another filter says that."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_interface(str(network)).network
    except ValueError:
        return False


def _portal(given: Mapping[str, Any]) -> Iterator[str]:
    """Its name, its certificate, and further settings that stand beside what the role writes."""
    name, certificate, key = (str(given[f"gateway_{one}"]) for one in ("portal_name", "certificate", "key"))
    if not HOST_NAME.fullmatch(name):
        yield said("gateway_portal_name", name, "the name that visitors see and the certificate has, such as wlan.kleinheim.example")
    if bool(certificate) != bool(key):
        yield said("gateway_certificate", certificate, f"both files or neither: gateway_key is '{key}'")
    if _truth(given["gateway_certificate_from_hub"]):
        if certificate:
            yield said("gateway_certificate_from_hub", True, f"no gateway_certificate beside it, which is '{certificate}'")
        if not given["gateway_hub_url"]:
            yield said("gateway_certificate_from_hub", True, "a gateway_hub_url, which is empty")
    elif given["gateway_portal_authority"] and not certificate:
        yield said(
            "gateway_portal_authority", given["gateway_portal_authority"], "a gateway_certificate that it signed, or one from the hub"
        )
    if tomllib is None:
        return
    try:
        tables = tomllib.loads(str(given["gateway_portal_settings"]))
    except tomllib.TOMLDecodeError as error:
        yield f"gateway_portal_settings cannot be read: {error}; expected TOML, as docs/portal.toml shows it"
        return
    for key_, value in tables.items():
        if key_ in OWN_TABLES:
            yield f"gateway_portal_settings has [{key_}]; expected none of {', '.join(OWN_TABLES)}: the role writes these"
        elif not isinstance(value, dict):
            yield f"gateway_portal_settings has {key_} outside of a table; expected tables alone, such as [terms]"
    yield from _plans(given, tables.get("plans"))


def _plans(given: Mapping[str, Any], plans: object) -> Iterator[str]:
    """Each zone's plans are there (or the hub has them), and none is faster than the zone."""
    known = plans if isinstance(plans, dict) else {}
    for zone in given["gateway_zones"]:
        for plan in zone.get("plans") or ["free"]:
            if plan not in known:
                if not given["gateway_hub_url"]:
                    yield f"gateway_zones, {zone['name']}: plan '{plan}' is not in gateway_portal_settings; expected one of {sorted(known)}"
                continue
            for way in ("down", "up"):
                total = zone.get(f"total_{way}") or given[f"gateway_total_{way}"]
                one, all_of_them = bits(known[plan].get(way, 0)), bits(total)
                if one is not None and all_of_them is not None and one > all_of_them >= LEAST:
                    yield (
                        f"gateway_zones, {zone['name']}: plan '{plan}' gives {known[plan][way]} {way} to one visitor and total_{way} is "
                        f"{total} for all; expected a total that is not smaller"
                    )


def _hub(given: Mapping[str, Any]) -> Iterator[str]:
    url, authority = str(given["gateway_hub_url"]), str(given["gateway_hub_authority"])
    if url:
        try:
            where = urlsplit(url)
            well = where.scheme == "https" and bool(where.hostname) and where.port != 0 and where.path in ("", "/") and not where.query
        except ValueError:
            well = False
        if not well:
            yield said("gateway_hub_url", url, "an https address without a path, such as https://hub.stadt.example:8700")
        if not authority:
            yield said("gateway_hub_authority", authority, "the file of who signed the hub's certificate, as gateway_hub_url is set")
        if not re.fullmatch(r"[0-9]+ ?(s|min|h)", str(given["gateway_hub_report_every"])):
            yield said("gateway_hub_report_every", given["gateway_hub_report_every"], "a time, such as 1 min")
    elif given["gateway_replaces"]:
        yield said("gateway_replaces", given["gateway_replaces"], "a gateway_hub_url, which is empty")


def _rates(given: Mapping[str, Any]) -> Iterator[str]:
    rates = [(f"gateway_total_{way}", given[f"gateway_total_{way}"]) for way in ("down", "up")]
    for zone in given["gateway_zones"]:
        rates += [
            (f"gateway_zones, {zone['name']}: total_{way}", zone[f"total_{way}"]) for way in ("down", "up") if zone.get(f"total_{way}")
        ]
    for key, rate in rates:
        read = bits(rate)
        if read is None or read < LEAST:
            yield said(key, rate, "a rate of at least 64 kbit/s, such as 95 Mbit/s")
    clients, zones = _number(given["gateway_max_clients"]), len(given["gateway_zones"])
    if clients is None or not 1 <= clients <= 16_000:
        yield said("gateway_max_clients", given["gateway_max_clients"], "a number from 1 to 16000")
    elif clients * zones > 30_000:
        yield said("gateway_max_clients", clients, f"at most {30_000 // zones} with {zones} networks: 30000 on one gateway")
    if zones > 12:
        yield f"gateway_zones has {zones} networks; expected at most 12 on one gateway"


def _truth(value: object) -> bool:
    """As Ansible's filter ``bool`` has it, of what is typed behind ``-e`` too, which is text."""
    return str(value).lower() in YES


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _visits(given: Mapping[str, Any]) -> Iterator[str]:
    """Options of the visits, each whole: a systemd unit hands them on word by word, without quotes."""
    options = str(given["gateway_visitor_options"])
    key = "gateway_visitor_options"
    if re.search(r"[\"'\\$%#;\n]", options):
        yield said(key, options, "options without quotes, $, %, #, ; and ends of lines: each word is handed on as it is")
        return
    words = shlex.split(options)
    while words:
        option, equals, value = words.pop(0).partition("=")
        if option not in VISIT:
            yield said(key, options, f"options of `hotspot visit`; '{option}' is not one of {', '.join(sorted(VISIT))}")
            return
        if VISIT[option] and not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else ""
        if bool(VISIT[option]) != bool(value):
            yield said(key, options, f"{'a value' if VISIT[option] else 'no value'} after {option}")


def _upkeep(given: Mapping[str, Any]) -> Iterator[str]:
    at = str(given["gateway_reboot_at"])
    if at:
        try:
            night = datetime.combine(date.min, datetime.strptime(at, "%H:%M").time()).time()  # noqa: DTZ007 - a time of any day
        except ValueError:
            yield said("gateway_reboot_at", at, "a time such as 03:40, or nothing")
        else:
            if time(6) <= night < time(22):
                yield said("gateway_reboot_at", at, "a time between 22:00 and 06:00, when nobody waits in the hall")
    days = _number(given["gateway_log_days"])
    if days is None or not 1 <= days <= 90:
        yield said("gateway_log_days", given["gateway_log_days"], "a number of days from 1 to 90")


def _air(given: Mapping[str, Any]) -> Iterator[str]:
    """Radios: a country, a channel of it, a name, and how it is encrypted."""
    for zone in given["gateway_zones"]:
        for radio in zone.get("wifi") or []:
            key = f"gateway_zones, {zone['name']}, wifi {radio.get('interface', '')}"
            band, channel = str(radio.get("band", "")), _number(radio.get("channel", ""))
            ssid, mode = str(radio.get("ssid", "")), str(radio.get("mode", "owe-transition"))
            if not COUNTRY.fullmatch(str(radio.get("country", ""))):
                yield said(f"{key}: country", radio.get("country", ""), "the country whose rules hold for the radio, as two letters: DE")
            if band not in CHANNELS:
                yield said(f"{key}: band", band, f"one of {', '.join(CHANNELS)}")
            elif channel not in CHANNELS[band]:
                yield said(f"{key}: channel", radio.get("channel", ""), f"one of {', '.join(map(str, CHANNELS[band]))}")
            if mode not in MODES:
                yield said(f"{key}: mode", mode, f"one of {', '.join(MODES)}")
            room = 32 - (len("-owe") if mode == "owe-transition" else 0)
            if not 1 <= len(ssid.encode()) <= room or not ssid.isprintable() or ssid != ssid.strip():
                yield said(f"{key}: ssid", ssid, f"1 to {room} bytes that can be printed, without a space at either end")
            if len(str(radio.get("interface", ""))) > 11 and mode == "owe-transition":
                yield said(f"{key}: interface", radio["interface"], "at most 11 letters, as the second network is called like it with -owe")


def _leases(given: Mapping[str, Any]) -> Iterator[str]:
    for zone in given["gateway_zones"]:
        lease = str(zone.get("lease") or "1h")
        if not LEASE.fullmatch(lease):
            yield said(f"gateway_zones, {zone['name']}: lease", lease, "a time as dnsmasq writes it, such as 1h")


class FilterModule:
    """How Ansible finds the filter."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"misfits": misfits}
