"""A town of machines: an Internet in a namespace, halls that are booted Debians, and a phone in each hall."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hotspot.lab import layout as at
from hotspot.lab import servers
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.probes import SITE_NAMES
from tests.deploy.machines import rendered
from tests.deploy.machines.machine import Machine, cable, host, namespace

PORTAL = """
[terms]
version = "2026-11"

[plans.free]
title = { de = "Kostenlos", en = "Free" }
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"

[internet]
targets = ["198.51.100.10:80"]
interval = "2 s"
"""


def settings(number: int, **more: Any) -> dict[str, Any]:
    """Hall ``number`` (1 to 9), as an inventory has it: each has a line, visitors and a management network of its own."""
    zone = {
        "name": "public",
        "bridge": "guests",
        "members": ["lan1", "lan2"],
        "address": f"198.18.{16 * number - 16}.1/20",
        "first": f"198.18.{16 * number - 15}.0",
        "last": f"198.18.{16 * number - 2}.255",
        "pool": 3_583,
        "ipv6": "fixed",
        "address6": f"2001:db8:{number}::1/64",
    }
    return {
        "gateway_hall_name": f"Rathaus {number}",
        "gateway_town": "Gemeinde Kleinheim",
        "gateway_wan": {"interface": "wan0", "addresses": [line(number), line6(number)], "routers": [at.LINK_WAN, at.LINK_WAN6]},
        "gateway_management": {"interface": "mgmt0", "addresses": [f"10.20.{number}.2/24"]},
        "gateway_zones": [zone],
        "gateway_name_servers": [at.NAMESERVER, at.NAMESERVER6],
        "gateway_portal_name": at.PORTAL_NAME,
        "gateway_portal_settings": PORTAL,
        **more,
    }


def line(number: int) -> str:
    """IPv4 address of a machine towards the Internet."""
    return f"203.0.113.{number + 1}/24"


def line6(number: int) -> str:
    """IPv6 address of a machine towards the Internet."""
    return f"2001:db8:f::{number + 1}/64"


SERVICES = (
    *("hotspot-firewall.service", "hotspot-portal.service", "hotspot-names.path", "hotspot-lan-guard.service"),
    *("dnsmasq-hotspot@public.service", "dnsmasq-hotspot@public-captive.service", "radvd.service"),
)


@contextlib.contextmanager
def internet(name: str) -> Iterator[str]:
    """Name servers and web servers of all that phones ask for, in a namespace."""
    with namespace(name), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as processes:
        places = ((at.LINK_WAN, at.LINK_WAN6), (at.SITE, at.SITE6), (at.NAMESERVER, at.NAMESERVER6))
        for four, six in places[1:]:
            host("ip", "-n", name, "address", "add", f"{four}/32", "dev", "lo")
            host("ip", "-n", name, "address", "add", f"{six}/128", "dev", "lo")
        host("ip", "-n", name, "link", "add", "line", "type", "bridge")
        host("ip", "-n", name, "address", "add", f"{at.LINK_WAN}/24", "dev", "line")
        host("ip", "-n", name, "address", "add", f"{at.LINK_WAN6}/64", "dev", "line", "nodad")
        host("ip", "-n", name, "link", "set", "line", "up")
        Path(folder, "nsd.conf").write_text(servers.nsd_conf(Path(folder)), encoding="utf-8")
        Path(folder, "root.zone").write_text(servers.root_zone(SITE_NAMES), encoding="utf-8")
        processes.enter_context(running(name, "nsd", "-d", "-c", f"{folder}/nsd.conf", until="nsd started"))
        processes.enter_context(running(name, sys.executable, "-P", "-m", "hotspot.lab.site", until="site serves"))
        yield name


@contextlib.contextmanager
def running(space: str, *words: str, until: str) -> Iterator[None]:
    """A program in a namespace; begins when it has said ``until``."""
    command = ("ip", "netns", "exec", space, *words)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if until in line:
                    break
            else:
                raise LabFailed(f"{' '.join(words)} ended: {''.join(said)}")
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def hall(name: str, number: int, wan: str, disk: str, folder: Path) -> Iterator[Machine]:
    """A machine with a line and two access points, one phone at each: ``NAME-anna`` and ``NAME-bert``. It is not booted yet."""
    with namespace(name), namespace(f"{name}-anna"), namespace(f"{name}-bert"):
        cable(name, "wan0", wan, f"line{number}")
        host("ip", "-n", wan, "link", "set", f"line{number}", "master", "line", "up")
        for interface, phone in (("lan1", "anna"), ("lan2", "bert")):
            cable(name, interface, f"{name}-{phone}", "eth0")
            host("ip", "-n", f"{name}-{phone}", "link", "set", "eth0", "up")
        cable(name, "mgmt0", wan, f"staff{number}")
        host("ip", "-n", wan, "link", "set", f"staff{number}", "up")
        host("ip", "-n", wan, "route", "replace", f"2001:db8:{number}::/64", "via", line6(number).partition("/")[0])
        machine = Machine(name, name, disk, folder)
        try:
            yield machine
        finally:
            machine.forget()


def files(of: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What the role writes on a hall's disk: path -> text, and the group that reads it."""
    values = rendered.variables(of)
    values["gateway_visitor"] = False
    network, servers_of = "/etc/systemd/network/20-hotspot", "/etc/dnsmasq-hotspot"
    written = {
        "/etc/hotspot/firewall.toml": (rendered.text("firewall.toml.j2", values), "hotspot-firewall"),
        "/etc/hotspot/portal.toml": (rendered.text("portal.toml.j2", values), "hotspot-portal"),
        f"{network}-management.network": (rendered.text("management.network.j2", values), "root"),
        f"{network}-wan.network": (rendered.text("wan.network.j2", values), "root"),
        "/etc/resolv.conf": (rendered.text("resolv.conf.j2", values), "root"),
        "/etc/radvd.conf": (rendered.text("radvd.conf.j2", values), "root"),
        "/etc/systemd/system/radvd.service.d/hotspot.conf": (rendered.text("radvd.service.conf.j2", values), "root"),
        "/etc/systemd/system/dnsmasq-hotspot@.service": (rendered.text("dnsmasq-hotspot@.service.j2", values), "root"),
        "/etc/systemd/journald.conf.d/hotspot.conf": (rendered.text("journald.conf.j2", values), "root"),
    }
    for index, zone in enumerate(values["gateway_zones"]):
        more = {"item": zone, "__gateway_index": index}
        written |= {
            f"{network}-{zone['name']}.netdev": (rendered.text("zone.netdev.j2", values, **more), "root"),
            f"{network}-{zone['name']}.network": (rendered.text("zone.network.j2", values, **more), "root"),
            f"{servers_of}/{zone['name']}.conf": (rendered.text("dnsmasq.conf.j2", values, **more), "root"),
            f"{servers_of}/{zone['name']}-captive.conf": (rendered.text("dnsmasq-captive.conf.j2", values, **more), "root"),
            f"{servers_of}/{zone['name']}.garden": ("", "root"),
        }
        for member in zone["members"]:
            pair = {"item": (zone, member)}
            path = f"{network}-{zone['name']}-{member}.network"
            written[path] = (rendered.text("member.network.j2", values, **pair), "root")
    return written


def install(machine: Machine, of: dict[str, Any]) -> None:
    """Put everything in its place and have it start with the machine; nothing is started yet."""
    for path, (text, group) in files(of).items():
        machine.put(path, text, 0o640 if group != "root" else 0o644, group)
    machine.run("install", "-d", "-m", "0750", "-g", "hotspot-firewall", "/var/lib/dnsmasq-hotspot")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "--quiet", "enable", "hotspot-guard.service", "systemd-networkd.service", *SERVICES)


def visit(phone: str, *options: str) -> dict[str, Any]:
    """A visit by our own synthetic visitor in a phone's namespace."""
    words = (sys.executable, "-P", "-m", "hotspot", "visit", "--here", "--interface", "eth0", "--json", *options)
    done = subprocess.run(("ip", "netns", "exec", phone, *words), capture_output=True, text=True, check=False, timeout=100)
    try:
        return dict(msgspec.json.decode(done.stdout))
    except msgspec.DecodeError:
        raise LabFailed(f"hotspot visit: {done.stderr}") from None
