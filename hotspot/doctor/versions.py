"""Versions: of this program, of the daemon that runs, of the kernel and of the programs beside it."""

import http.client
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.doctor.found import found
from hotspot.doctor.programs import run
from hotspot.doctor.services import firewall_status
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding
from hotspot.portal.vitals import SOFTWARE

LEAST = {"kernel": (6, 1), "nft": (1, 0, 6), "dnsmasq": (2, 87)}
"""The oldest that it was tried with (Debian 12), and dnsmasq's first with ``nftset``."""
LARGEST = 2**20
"""Bytes of metrics; a reader takes no more."""
_PORTAL = re.compile(r'^hotspot_software_info\{version="([^"\n]*)"\} 1', re.MULTILINE)
WITH_OPTION_37 = (2, 20)
"""The first radvd that can tell phones of the portal."""


class Facts(Struct, frozen=True):
    """What was read; "": not known."""

    program: str
    running: dict[str, str] = {}
    """``firewall``, ``portal`` -> version of the process that runs; one that does not say is left out."""
    told: dict[str, str] = {}
    """``kernel``, ``nft``, ``dnsmasq``, ``radvd`` -> what it says."""
    tells_portal: bool = False
    """There is a certificate, so radvd should tell phones of the portal."""


def read(subject: Subject) -> Facts:
    """Ask each."""
    socket = Path(subject.firewall.settings.socket) if subject.firewall is not None else None
    status = firewall_status(socket) if socket is not None else None
    told = {"kernel": os.uname().release}
    for name in ("nft", "dnsmasq", "radvd"):
        said = run([name, "--version"], 5.0)
        if said is not None:  # radvd 2.19 says it and leaves with an error, and where it says it differs
            told[name] = " ".join((said.out + said.complaint).split()[:4])
    certificate = subject.portal is not None and subject.portal.certificate is not None
    running = {"firewall": status.version} if status is not None else {}
    if subject.portal is not None and (version := portal_version(*subject.portal.management)):
        running["portal"] = version
    return Facts(SOFTWARE, running, told, certificate)


def portal_version(address: str, port: int) -> str:
    """What the portal's metrics say; "" when it does not answer."""
    connection = http.client.HTTPConnection(address, port, timeout=3.0)
    try:
        connection.request("GET", "/metrics")
        match = _PORTAL.search(connection.getresponse().read(LARGEST).decode(errors="replace"))
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return match[1] if match else ""


def number(said: str) -> tuple[int, ...]:
    """``nftables v1.0.6 (…)`` -> (1, 0, 6); empty: there is none in it."""
    match = re.search(r"(\d+(?:\.\d+)+)", said)
    return tuple(map(int, match[1].split("."))) if match else ()


def judge(facts: Facts) -> Iterator[Finding]:
    """What is too old, or not the same."""
    for what, version in facts.running.items():
        if version != facts.program:
            yield found("versions-differ", what=what, program=facts.program, version=version)
    for name, least in LEAST.items():
        if name not in facts.told:
            yield found("program-missing", program=name)
        elif (there := number(facts.told[name])) and there < least:
            yield found("version-too-old", program=name, version=_text(there), least=_text(least))
    if facts.tells_portal and "radvd" in facts.told and (there := number(facts.told["radvd"])) and there < WITH_OPTION_37:
        yield found("radvd-without-option37", version=_text(there))


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
