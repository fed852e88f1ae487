"""Settings of the kernel that the gateway's defence rests on, as deployment installs them (``systemd/hotspot.sysctl``)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hotspot.doctor.found import found
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding

FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
WANTED = {
    "net.ipv4.ip_forward": "1",
    "net.ipv6.conf.all.forwarding": "1",
    "net.ipv4.icmp_ratemask": "6160",
    "net.ipv6.icmp.ratemask": "0,3-127",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    "net.ipv4.neigh.default.gc_thresh1": "4096",
    "net.ipv4.neigh.default.gc_thresh2": "8192",
    "net.ipv4.neigh.default.gc_thresh3": "16384",
    "net.ipv6.neigh.default.gc_thresh1": "16384",
    "net.ipv6.neigh.default.gc_thresh2": "32768",
    "net.ipv6.neigh.default.gc_thresh3": "65536",
}
AT_LEAST = "gc_thresh"
"""More is as good."""


def read(_subject: Subject) -> dict[str, str]:
    """As they are in this network namespace; what this kernel or namespace has not is left out."""
    told: dict[str, str] = {}
    for key in WANTED:
        try:
            told[key] = Path("/proc/sys", key.replace(".", "/")).read_text(encoding="ascii").strip()
        except OSError:
            continue
    return told


def judge(told: Mapping[str, str]) -> Iterator[Finding]:
    """Those that differ."""
    for key, value in told.items():
        wanted = WANTED[key]
        if value == wanted or (AT_LEAST in key and value.isdecimal() and int(value) >= int(wanted)):
            continue
        yield found("forwarding-off" if key in FORWARDING else "sysctl-wrong", key=key, value=value, wanted=wanted)
