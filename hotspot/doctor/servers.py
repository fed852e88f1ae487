"""dnsmasq and radvd as they run beside the gateway, and their settings: found by their processes, so that the files that are read are those
that are in force. A process is believed when root, or the user that its program has for itself, runs the installed program: on anybody
else's word no file is read. What stands in the settings is understood here (pure) and in ``dnsmasq``."""

import errno
import os
import pwd
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from hotspot.doctor import files
from hotspot.doctor.dnsmasq import Network, Range, Setting, command_line, is_read, matches, options, parse, ranges, tags_of

DNSMASQ, RADVD = "dnsmasq", "radvd"
DNSMASQ_CONF, RADVD_CONF = Path("/etc/dnsmasq.conf"), Path("/etc/radvd.conf")
LARGEST = 8 * 2**20
"""Bytes of one settings file; lists of names to block may be long."""
MOST_FILES = 100
"""Settings files of one server."""
NOTHING = Path("/dev/null")
_THREAD = Path("/proc/thread-self")
"""Of this very thread: a thread may be in another network namespace than its process."""
_DELETED = " (deleted)"
"""Behind the name of a program that an update has replaced."""


class Server(Struct, frozen=True):
    """One server that runs."""

    program: str
    """``dnsmasq`` | ``radvd``."""
    settings: tuple[Setting, ...] = ()
    """Of dnsmasq."""
    text: str = ""
    """Settings of radvd, without comments."""
    unreadable: str = ""
    """A settings file that cannot be read."""

    def values(self, key: str) -> list[str]:
        """All values of a key."""
        return [setting.value for setting in self.settings if setting.key == key]

    @property
    def port(self) -> int:
        """Where dnsmasq answers questions; 0: nowhere."""
        told = self.values("port")
        return int(told[-1]) if told and told[-1].isdecimal() else 53

    @property
    def ranges(self) -> tuple[Range, ...]:
        """IPv4 addresses that it gives."""
        return tuple(ranges(self.values("dhcp-range")))

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Where it serves; empty: everywhere."""
        return tuple(name.strip() for value in self.values("interface") for name in value.split(","))

    def serves(self, interface: str, addresses: Collection[str] = ()) -> bool:
        """Does it serve this interface, which has these addresses (``198.18.0.1/20``)?"""
        if matches(interface, [name for value in self.values("except-interface") for name in value.split(",")]):
            return False
        listens = {each.strip() for value in self.values("listen-address") for each in value.split(",")}
        if not self.interfaces and not listens:
            return True
        return matches(interface, self.interfaces) or any(each.partition("/")[0] in listens for each in addresses)

    def leases_on(self, interface: str) -> bool:
        """Does it give IPv4 addresses there, if it serves it?"""
        kept_from = [
            name for key in ("no-dhcp-interface", "no-dhcpv4-interface") for value in self.values(key) for name in value.split(",")
        ]
        return any(_has_ipv4(value) for value in self.values("dhcp-range")) and not matches(interface, kept_from)

    def options(self, interface: str, networks: Collection[Network]) -> dict[int, tuple[str, ...]]:
        """DHCP options that every device there gets: number -> values."""
        tags = tags_of(interface, networks, self.ranges)
        return options((*self.values("dhcp-option"), *self.values("dhcp-option-force")), tags)


def _has_ipv4(value: str) -> bool:
    return any(re.fullmatch(r"\d+(\.\d+){3}", word.strip()) for word in value.split(","))


def running() -> tuple[Server, ...]:
    """Those in the network namespace of this thread."""
    own, found = _namespace(_THREAD), []
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            name = (folder / "comm").read_text(errors="replace").strip()
            if name not in (DNSMASQ, RADVD) or _namespace(folder) != own or not _believed(folder, name):
                continue
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        # dnsmasq and radvd have helpers with the same command line; one is enough
        server = _server(name, [word for word in words[1:] if word])
        if server not in found:
            found.append(server)
    return tuple(found)


def _believed(folder: Path, program: str) -> bool:
    """Is this process what it is called? Anybody may call a process so, and have any file on its command line. Raises ``OSError``."""
    told = re.search(r"^Uid:\s+(.*)$", (folder / "status").read_text(errors="replace"), re.MULTILINE)
    exe = (folder / "exe").stat()
    name = Path(os.readlink(folder / "exe")).name.removesuffix(_DELETED)  # noqa: PTH115  a link to no path
    return is_believed(program, map(int, told[1].split()) if told is not None else (-1,), name, exe.st_uid, exe.st_mode)


def is_believed(program: str, uids: Iterable[int], exe: str, owner: int, mode: int) -> bool:
    """By the users that it is (all of them: real, effective …), and by the program that it runs, which root alone may have installed."""
    return exe == program and owner == 0 and not mode & (stat.S_IWGRP | stat.S_IWOTH) and set(uids) <= {0, *_user(program)}


def _user(name: str) -> tuple[int, ...]:
    try:
        return (pwd.getpwnam(name).pw_uid,)
    except KeyError:
        return ()


def _namespace(folder: Path) -> str:
    return os.readlink(folder / "ns" / "net")  # noqa: PTH115  a link to no path


def _server(name: str, words: Sequence[str]) -> Server:
    told = command_line(words)
    if name == RADVD:
        path = next((each.value for each in reversed(told) if each.key in ("config", "conf-file")), "")  # -C is another for dnsmasq
        try:
            return Server(RADVD, text=without_comments(files.text(Path(path or RADVD_CONF), LARGEST)))
        except OSError as error:
            return Server(RADVD, unreadable=f"{error.filename}")
    read: list[Setting] = []
    try:
        seen: list[Path] = []
        if not any(each.key == "conf-file" for each in told):
            read += _settings(DNSMASQ_CONF, seen) if DNSMASQ_CONF.exists() else ()
        read += _included(told, seen)
    except OSError as error:
        return Server(DNSMASQ, tuple(told), unreadable=f"{error.filename}")
    return Server(DNSMASQ, (*told, *read))


def _included(settings: Sequence[Setting], seen: list[Path]) -> Iterator[Setting]:
    """What stands in the files that these settings name. Raises ``OSError``."""
    for setting in settings:
        if setting.key == "conf-script":  # what it prints is known to dnsmasq alone
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), setting.value)
        if setting.key in ("conf-file", "conf-dir"):
            for file in [Path(setting.value)] if setting.key == "conf-file" else _files_of(setting.value):
                yield from _settings(file, seen)
        elif setting.key == "dhcp-optsfile":
            yield from (Setting("dhcp-option", each) for each in files.text(Path(setting.value), LARGEST).splitlines() if each.strip())


def _settings(path: Path, seen: list[Path]) -> list[Setting]:
    """A file and those that it names. Raises ``OSError``."""
    if path in seen or path == NOTHING:
        return []
    if len(seen) >= MOST_FILES:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
    seen.append(path)
    told = parse(files.text(path, LARGEST))
    return [*told, *_included(told, seen)]


def _files_of(told: str) -> list[Path]:
    """``folder[,*.conf][,.bak]``; raises ``OSError``."""
    folder, *endings = told.split(",")
    return [file for file in sorted(Path(folder).iterdir()) if is_read(file.name, endings) and file.is_file()]


def without_comments(text: str) -> str:
    """radvd's settings without comments."""
    return "\n".join(line for line in (each.partition("#")[0].rstrip() for each in text.splitlines()) if line)


def radvd_blocks(text: str) -> dict[str, str]:
    """What stands in the ``interface`` blocks, by interface."""
    blocks: dict[str, str] = {}
    for match in re.finditer(r"\binterface\s+(\S+?)\s*\{", text):
        depth, at = 1, match.end()
        while at < len(text) and depth:
            depth += (text[at] == "{") - (text[at] == "}")
            at += 1
        blocks[match[1]] = text[match.end() : at - 1]
    return blocks
