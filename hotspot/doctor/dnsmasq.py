"""dnsmasq's settings as dnsmasq understands them (pure): command line, files, interfaces, and options of DHCP with their tags."""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SHORT = """
a:listen-address A:address b:bogus-priv B:bogus-nxdomain c:cache-size C:conf-file d:no-daemon D:domain-needed e:selfmx
E:expand-hosts f:filterwin2k F:dhcp-range g:group G:dhcp-host h:no-hosts H:addn-hosts i:interface I:except-interface
j:dhcp-userclass J:dhcp-ignore k:keep-in-foreground K:dhcp-authoritative l:dhcp-leasefile L:localmx m:mx-host M:dhcp-boot
n:no-poll N:no-negcache o:strict-order O:dhcp-option p:port P:edns-packet-max q:log-queries Q:query-port r:resolv-file
R:no-resolv s:domain S:server t:mx-target T:local-ttl u:user U:dhcp-vendorclass v:version V:alias w:help W:srv-host
x:pid-file X:dhcp-lease-max y:localise-queries Y:txt-record z:bind-interfaces Z:read-ethers 0:dns-forward-max 1:enable-dbus
2:no-dhcp-interface 3:bootp-dynamic 4:dhcp-mac 5:no-ping 6:dhcp-script 7:conf-dir 8:log-facility 9:leasefile-ro
"""
SHORT = dict(pair.split(":") for pair in _SHORT.split())
"""``dnsmasq --help``."""
VALUED = frozenset("rmpclsitugaxSCATHQIBFGOMXVUjPJWY2467803")
"""Short options with a value: those with a colon in the program's own list for getopt(3)."""
_NUMBERS = {"router": 3, "dns-server": 6, "mtu": 26, "ntp-server": 42, "captive-portal": 114}
_APART = ("encap:", "vi-encap:", "vendor:")
"""Options within another option, or for one make of device."""


class Setting(Struct, frozen=True):
    """One line of dnsmasq's settings: ``key=value``."""

    key: str
    value: str


def command_line(words: Sequence[str]) -> list[Setting]:
    """A command line: ``--port=53``, ``--port 53``, ``-p 53``, ``-p53``, ``-kp 53``. dnsmasq takes no word that belongs to no option, so
    one without a dash is the value of the option before it."""
    told: list[Setting] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            key, sign, value = word[2:].partition("=")
            told.append(Setting(key, value if sign or not rest or rest[0].startswith("-") else rest.pop(0)))
            continue
        letters = word[1:] if word.startswith("-") else ""
        while letters:
            letter, letters = letters[0], letters[1:]
            value = ""
            if letter in VALUED:
                value, letters = letters or (rest.pop(0) if rest else ""), ""
            told.append(Setting(SHORT.get(letter, letter), value))
    return told


def parse(text: str) -> list[Setting]:
    """A file, a line each; comments begin at a ``#`` after a space or at the beginning, unless it is in quotes."""
    lines = (_bare(line).strip() for line in text.splitlines())
    return [_pair(line) for line in lines if line]


def _bare(line: str) -> str:
    """Without comment and quotes."""
    if '"' not in line:
        return re.sub(r"(^|\s)#.*", "", line)
    kept, quoted = "", False
    for letter in line:
        if letter == '"':
            quoted = not quoted
        elif letter == "#" and not quoted and (not kept or kept[-1].isspace()):
            break
        else:
            kept += letter
    return kept


def _pair(line: str) -> Setting:
    key, _, value = line.partition("=")
    return Setting(key.strip(), value.strip())


def is_read(name: str, endings: Iterable[str]) -> bool:
    """Is a file of ``conf-dir=folder,endings`` read? ``*.conf``: only those; ``.bak``: not those (man dnsmasq, --conf-dir)."""
    if name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#")):
        return False
    told = [ending.strip() for ending in endings if ending.strip()]
    wanted = tuple(ending[1:] for ending in told if ending.startswith("*"))
    left_out = tuple(ending for ending in told if not ending.startswith("*"))
    return (not wanted or name.endswith(wanted)) and not (left_out and name.endswith(left_out))


def matches(interface: str, names: Collection[str]) -> bool:
    """Is the interface among these? A ``*`` at the end stands for any ending."""
    return any(interface.startswith(name[:-1]) if name.endswith("*") else interface == name for name in names)


class Range(Struct, frozen=True):
    """IPv4 addresses that are given."""

    first: ipaddress.IPv4Address
    last: ipaddress.IPv4Address
    sets: frozenset[str] = frozenset()
    """Tags that whoever gets one of them has."""


def ranges(values: Iterable[str]) -> Iterator[Range]:
    """``[tag:x,][set:y,]first,last[,…]``; those for IPv6, and for single devices alone, are none."""
    for value in values:
        addresses: list[ipaddress.IPv4Address] = []
        words = [word.strip() for word in value.split(",")]
        for word in words:
            try:
                addresses.append(ipaddress.IPv4Address(word))
            except ValueError:
                if addresses:
                    break
        if len(addresses) >= 2 and addresses[0] <= addresses[1]:
            sets = frozenset(word.removeprefix("set:") for word in words if word.startswith("set:"))
            yield Range(addresses[0], addresses[1], sets)


def tags_of(interface: str, networks: Collection[Network], given_ranges: Iterable[Range]) -> frozenset[str]:
    """The tags that every device there has: the interface's name, and what all ranges of its networks set."""
    sets = [each.sets for each in given_ranges if any(each.first in network for network in networks)]
    return frozenset({interface}).union(frozenset.intersection(*sets) if sets else frozenset())


def options(values: Iterable[str], tags: Collection[str] = ()) -> dict[int, tuple[str, ...]]:
    """IPv4 options that everybody with these tags gets: number -> values. One with tags comes before one without, a later one before an
    earlier one, as dnsmasq has it."""
    plain: dict[int, tuple[str, ...]] = {}
    tagged: dict[int, tuple[str, ...]] = {}
    for value in values:
        words = [word.strip() for word in value.split(",")]
        wanted = [word.removeprefix("tag:") for word in words if word.startswith("tag:")]
        words = [word for word in words if not word.startswith(("tag:", "set:"))]
        if not words or words[0].startswith(("option6:", *_APART)):
            continue
        key = words[0].removeprefix("option:")
        number = int(key) if key.isdecimal() else _NUMBERS.get(key)
        if number is not None and all((each[1:] not in tags) if each.startswith(("!", "#")) else each in tags for each in wanted):
            (tagged if wanted else plain)[number] = tuple(words[1:])
    return plain | tagged
