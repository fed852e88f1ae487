"""How many requests a second the portals answer, with wrk, every connection another visitor's. In the crowd's namespace."""

import re
import subprocess
from collections.abc import Sequence

from msgspec import Struct

from benchmarks.capture import milliseconds
from benchmarks.crowd import Visitor, WrongAnswer
from hotspot.lab.layout import LAN_GATEWAY, PORTAL_NAME, SITE

AGENT = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"


class Load(Struct, frozen=True):
    """What wrk saw."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: int
    """Connections that went wrong, timeouts and answers of another status than expected."""


def share(namespace: str, own: Visitor, visitors: Sequence[Visitor]) -> None:
    """Let wrk, which knows one address only, be ``own``, and give each of its new connections the address of the next of these visitors."""
    addresses = ", ".join(f"{number} : {visitor.address}" for number, visitor in enumerate(visitors))
    table = f"""table ip sharing {{
  chain out {{
    type nat hook postrouting priority srcnat;
    oifname "wlan0" ip saddr {own.address} snat to numgen inc mod {len(visitors)} map {{ {addresses} }}
  }}
}}
"""
    subprocess.run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], input=table, text=True, check=True)
    routes = subprocess.run(["ip", "-n", namespace, "route", "show", "dev", "wlan0"], check=True, capture_output=True, text=True).stdout
    for route in routes.splitlines():
        subprocess.run(["ip", "-n", namespace, "route", "replace", *route.split(), "dev", "wlan0", "src", own.address], check=True)


def redirects(namespace: str, connections: int, seconds: int) -> Load:
    """Probes of captive visitors."""
    return _wrk(namespace, f"http://{SITE}/generate_204", "connectivitycheck.gstatic.com", connections, seconds)


def pages(namespace: str, connections: int, seconds: int) -> Load:
    """Our splash page."""
    return _wrk(namespace, f"http://{LAN_GATEWAY}/", PORTAL_NAME, connections, seconds)


def _wrk(namespace: str, url: str, host: str, connections: int, seconds: int) -> Load:
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    headers = ["-H", "Connection: close", "-H", f"Host: {host}", "-H", AGENT, "-H", "Accept-Language: en", "-H", "Accept-Encoding: gzip"]
    said = subprocess.run(["ip", "netns", "exec", namespace, *words, *headers, url], check=True, capture_output=True, text=True).stdout
    found = {key: re.search(rf"{key}:?\s+([\d.]+[a-z]*)", said) for key in ("50%", "99%", "Requests/sec")}
    values = {key: match[1] for key, match in found.items() if match is not None}
    if len(values) < len(found):
        raise WrongAnswer(f"cannot read what wrk says: {said[-300:]}")
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    failures = (sum(map(int, failed.groups())) if failed else 0) + (int(other[1]) if other else 0)
    return Load(float(values["Requests/sec"]), milliseconds(values["50%"]), milliseconds(values["99%"]), failures)
