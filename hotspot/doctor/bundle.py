"""What support needs, in one file: settings without secrets, rules, shaping, counters, versions, the last lines of our own logs, the look.

Nothing that names a device or a person goes in. Sets of the rules are listed without their elements, leases not at all, and all of it goes
through ``privacy.Filter``, which knows the names that devices gave and the codes of this moment.
"""

import contextlib
import io
import os
import re
import tarfile
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hotspot.doctor import files
from hotspot.doctor import subject as subjects
from hotspot.doctor.found import attempt
from hotspot.doctor.page import page
from hotspot.doctor.privacy import Filter
from hotspot.doctor.programs import printed, run
from hotspot.doctor.servers import DNSMASQ, Server
from hotspot.doctor.services import SYSTEMD
from hotspot.doctor.subject import CannotLook, Place, Subject
from hotspot.looks.values import Finding, Look
from hotspot.looks.words import gravest_first

LOG_LINES = 500
"""Of each service."""
LARGEST = 2 * 2**20
"""Characters of one part."""
LARGEST_LEASES = 16 * 2**20
"""Bytes; as the doctor's look at leases."""
UNITS = (
    "hotspot-firewall",
    "hotspot-portal",
    "hotspot-guard",
    "hotspot-lan-guard",
    "hotspot-visit",
    "hotspot-visit-plug",
    "hotspot-doctor",
    "hotspot-names",
)
_SECRET = re.compile(r"key|secret|token|password|credential|proxy|contact|phone|email|address|name|legal|message|text|title", re.IGNORECASE)
"""Settings whose text stays here: secrets, and what says who runs a hall."""
_OF_DEVICES = frozenset({"dhcp-host", "dhcp-mac", "dhcp-ignore", "dhcp-name-match"})
"""Settings of dnsmasq that name single devices …"""
_OF_HOSTS = frozenset({"host-record", "cname", "ptr-record"})
"""… and those of hosts, of which the portal's own are wanted."""
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    # -t leaves elements out, which are clients; -s would leave the counters out, which are what support asks for
    "ruleset.nft": ("nft", "-t", "list", "ruleset"),
    "tc-qdiscs.txt": ("tc", "-s", "qdisc", "show"),
    "links.txt": ("ip", "-s", "-d", "link", "show"),
    "routes.txt": ("ip", "route", "show"),
    "routes6.txt": ("ip", "-6", "route", "show"),
}


Part = tuple[str, Callable[[], str]]
"""Name of a file in the bundle, and what is in it."""


def write(path: Path, place: Place, look: Look) -> None:
    """Make the file, readable by root alone. Raises ``OSError``, and ``CannotLook``."""
    subject = subjects.read(place)
    # Without the names that devices gave, the filter would let them through: then there is no bundle.
    try:
        names = known_names(subject)
    except OSError as error:
        why = f"{error.filename}: {error.strerror or error}"
        raise CannotLook(f"cannot make a bundle without the names that devices gave, to take them out: {why}") from None
    pack(path, _parts(subject, look), Filter(names), look.at)


def pack(path: Path, parts: Iterable[Part], clean: Filter, at: float) -> None:
    """Write the parts, each through the filter; one that cannot be had says so, and the others are there. Raises ``OSError``."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, take in parts:
                told = attempt(name, take)
                text = f"not there: {told.values}" if isinstance(told, Finding) else told[:LARGEST]
                content = clean.clean(text).encode(errors="replace")
                entry = tarfile.TarInfo(f"hotspot-bundle/{clean.clean(name)}")
                entry.size, entry.mtime, entry.mode = len(content), int(at), 0o644
                archive.addfile(entry, io.BytesIO(content))
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _parts(subject: Subject, look: Look) -> Iterator[Part]:
    yield "look.json", lambda: msgspec.json.format(msgspec.json.encode(look), indent=1).decode()
    yield "look.txt", lambda: page(msgspec.structs.replace(look, findings=tuple(gravest_first(look.findings))), "en")
    for name, words in _COMMANDS.items():
        yield name, partial(printed, *words)
    for name in dict.fromkeys(name for zone in subject.zones.values() for name in (zone.lan, zone.wan)):
        yield f"tc-{name}.txt", partial(printed, "tc", "-s", "class", "show", "dev", name)
    for program in ("nft", "dnsmasq", "radvd"):
        yield f"version-{program}.txt", partial(_version, program)
    yield "kernel.txt", lambda: f"{os.uname().sysname} {os.uname().release} {os.uname().version} {os.uname().machine}"
    for name, path in (("portal.json", subject.place.portal), ("firewall.json", subject.place.firewall)):
        yield name, partial(settings_without_secrets, path)
    for number, server in enumerate(subject.servers):
        yield f"{server.program}-{number}.txt", partial(_served, server, portal_names(subject))
    if SYSTEMD.is_dir():
        for unit in UNITS:
            yield f"log-{unit}.txt", partial(printed, "journalctl", "--no-pager", "-o", "short-iso", "-n", str(LOG_LINES), "-u", unit)


def _version(program: str) -> str:
    said = run([program, "--version"], 5.0)
    return "" if said is None else said.out + said.complaint


def settings_without_secrets(path: Path) -> str:
    """A settings file as JSON, its secrets and the words about people left out; for one that is no TOML, what is wrong with it."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return f"cannot read it: {type(error).__name__}"
    return msgspec.json.format(msgspec.json.encode(_withheld(tree)), indent=1).decode()


def _withheld(tree: Any, hidden: bool = False) -> Any:
    if isinstance(tree, dict):
        return {str(key): _withheld(value, hidden or _SECRET.search(str(key)) is not None) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_withheld(value, hidden) for value in tree]
    if isinstance(tree, str):
        return "[withheld]" if hidden else tree
    return tree if isinstance(tree, bool | int | float) else str(tree)


def portal_names(subject: Subject) -> frozenset[str]:
    """The names of the hall's portals."""
    zones = subject.portal.zones.values() if subject.portal is not None else ()
    return frozenset(urlsplit(zone.portal_url).hostname or "" for zone in zones)


def _served(server: Server, own: Collection[str]) -> str:
    """The settings of dnsmasq or radvd; what is given to single devices is left out, line by line."""
    if server.program != DNSMASQ:
        return server.text
    shown = (each for each in server.settings if each.key not in _OF_DEVICES)
    return "\n".join(f"{each.key}={_host(each.value, own) if each.key in _OF_HOSTS else each.value}" for each in shown)


def _host(value: str, own: Collection[str]) -> str:
    """A record of one of our portals; of others nothing is left: their names are those of people's computers."""
    return value if value.partition(",")[0] in own else "[name]"


def known_names(subject: Subject) -> set[str]:
    """What devices call themselves (leases), and the device codes of sessions in progress. Raises ``OSError`` for leases that cannot be
    read."""
    from hotspot.ask import PortalUnavailable, ask
    from hotspot.control import Sessions, SessionsAre

    names = set[str]()
    told = [value for server in subject.servers for value in server.values("dhcp-leasefile")]
    for file in {*(zone.leases for zone in subject.zones.values() if zone.leases), *told}:
        with contextlib.suppress(FileNotFoundError):  # nobody has a lease yet
            names |= lease_names(files.text(Path(file), LARGEST_LEASES).splitlines())
    if subject.portal is not None:
        try:
            reply = ask(subject.portal.control_socket, Sessions(), 10.0)
        except PortalUnavailable:
            reply = None  # the shape of a code is known without it
        names |= {row.code for row in reply.sessions} if isinstance(reply, SessionsAre) else set()
    return names


def lease_names(lines: Iterable[str]) -> set[str]:
    """Host names in lines of dnsmasq's leases: expiry, MAC, address, name, client id."""
    rows = [line.split() for line in lines]
    return {row[3] for row in rows if len(row) >= 5 and row[3] != "*"}
