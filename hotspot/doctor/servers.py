"""dnsmasq and radvd as they run beside the gateway, and their settings: found by their processes, so that the files that are read are those
that are in force. What stands in the settings is parsed here (pure); includes are followed one level deep."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

DNSMASQ, RADVD = "dnsmasq", "radvd"
DNSMASQ_CONF, RADVD_CONF = Path("/etc/dnsmasq.conf"), Path("/etc/radvd.conf")
LARGEST = 2**20
"""Bytes of one settings file; a reader takes no more."""
MOST_FILES = 100
"""Settings files of one server."""
_THREAD = Path("/proc/thread-self")
"""Of this very thread: a thread may be in another network namespace than its process."""


class Setting(Struct, frozen=True):
    """One line of dnsmasq's settings: ``key=value``."""

    key: str
    value: str


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
    def gives_leases(self) -> bool:
        """Is it a DHCP server?"""
        return bool(self.values("dhcp-range"))

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Where it serves; empty: everywhere."""
        return tuple(name for value in self.values("interface") for name in value.split(","))

    def serves(self, interface: str) -> bool:
        """Does it serve this interface?"""
        return interface in self.interfaces or (not self.interfaces and interface not in self.values("except-interface"))


def running() -> tuple[Server, ...]:
    """Those in the network namespace of this thread."""
    own, found = _namespace(_THREAD), []
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            name = (folder / "comm").read_text(errors="replace").strip()
            if name not in (DNSMASQ, RADVD) or _namespace(folder) != own:
                continue
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        # dnsmasq and radvd have helpers with the same command line; one is enough
        server = _server(name, [word for word in words[1:] if word])
        if server not in found:
            found.append(server)
    return tuple(found)


def _namespace(folder: Path) -> str:
    return os.readlink(folder / "ns" / "net")  # noqa: PTH115  a link to no path


def option(words: Sequence[str], *names: str) -> str | None:
    """The value of a command line option, ``--conf-file=x``, ``-C x`` or ``-Cx``."""
    for number, word in enumerate(words):
        for name in names:
            if word == name:
                return words[number + 1] if number + 1 < len(words) else None
            if word.startswith(f"{name}=" if name.startswith("--") else name) and word != name:
                return word[len(name) :].removeprefix("=")
    return None


def _server(name: str, words: Sequence[str]) -> Server:
    if name == RADVD:
        try:
            return Server(RADVD, text=without_comments(_text(Path(option(words, "--config", "-C") or RADVD_CONF))))
        except OSError as error:
            return Server(RADVD, unreadable=f"{error.filename}")
    given = [Setting(*_pair(word[2:])) for word in words if word.startswith("--") and not word.startswith("--conf-")]
    try:
        path = Path(option(words, "--conf-file", "-C") or DNSMASQ_CONF)
        read = list(_settings(path, [path]))
        folder = option(words, "--conf-dir", "-7")
        for file in _files_of(folder) if folder else ():
            read += _settings(file, [path, file])
        return Server(DNSMASQ, (*given, *read))
    except OSError as error:
        return Server(DNSMASQ, tuple(given), unreadable=f"{error.filename}")


def _settings(path: Path, seen: list[Path]) -> Iterator[Setting]:
    for setting in parse(_text(path)):
        yield setting
        more = [Path(setting.value)] if setting.key == "conf-file" else _files_of(setting.value) if setting.key == "conf-dir" else []
        for file in more:
            if file not in seen and len(seen) < MOST_FILES:
                seen.append(file)
                yield from _settings(file, seen)


def _files_of(told: str) -> list[Path]:
    """``folder[,*.conf][,.bak]`` as dnsmasq reads it (man dnsmasq, --conf-dir)."""
    folder, *endings = told.split(",")
    wanted = tuple(ending[1:] for ending in endings if ending.startswith("*"))
    left_out = tuple(ending for ending in endings if not ending.startswith("*"))
    files = [
        file for file in sorted(Path(folder).iterdir()) if file.is_file() and not file.name.startswith((".", "#")) and file.name[-1] != "~"
    ]
    return [f for f in files if (not wanted or f.name.endswith(wanted)) and not (left_out and f.name.endswith(left_out))][:MOST_FILES]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LARGEST).decode(errors="replace")


def parse(text: str) -> list[Setting]:
    """dnsmasq's settings, a line each; comments begin at a ``#`` after a space or at the beginning."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [Setting(*_pair(line)) for line in lines if line]


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key.strip(), value.strip()


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
