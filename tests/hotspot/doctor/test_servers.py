"""Settings of dnsmasq and radvd, read as these programs read them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.doctor import files, servers
from hotspot.doctor.dnsmasq import SHORT, VALUED, Setting, command_line, is_read, parse


def test_lines_and_comments() -> None:
    """A ``#`` begins a comment at the beginning and after a space; within a value it belongs to it."""
    text = "# all\nport=5300 # captive\nnftset=/a.example/4#inet#hotspot_public#garden4\nno-resolv\n\n"
    assert parse(text) == [
        Setting("port", "5300"),
        Setting("nftset", "/a.example/4#inet#hotspot_public#garden4"),
        Setting("no-resolv", ""),
    ]


def test_interfaces_and_port() -> None:
    """Without ``interface`` everywhere but where it is excepted; a ``*`` is any ending; an address, the interface that has it."""
    named = servers.Server("dnsmasq", (Setting("interface", "lan0,lan1"),))
    anywhere = servers.Server("dnsmasq", (Setting("except-interface", "lo"), Setting("port", "5300")))
    assert [named.serves(each) for each in ("lan0", "lan1", "lan2")] == [True, True, False]
    assert [anywhere.serves(each) for each in ("lan0", "lo")] == [True, False]
    assert (named.port, anywhere.port) == (53, 5300)
    wild = servers.Server("dnsmasq", (Setting("interface", "br-*"), Setting("except-interface", "br-lan*")))
    assert [wild.serves(each) for each in ("br-guests", "br-lan7", "lan0")] == [True, False, False]
    listening = servers.Server("dnsmasq", (Setting("listen-address", "127.0.0.1,198.18.0.1"),))
    assert [listening.serves("lan0", each) for each in (("198.18.0.1/20",), ("198.18.16.1/20",), ())] == [True, False, False]


def test_where_leases_are_given() -> None:
    """A range for IPv6 alone gives no IPv4; DHCP may be kept from an interface that is served."""
    ranged = Setting("dhcp-range", "198.18.1.0,198.18.1.9,1h")
    assert servers.Server("dnsmasq", (ranged,)).leases_on("lan0")
    assert not servers.Server("dnsmasq", (Setting("dhcp-range", "2001:db8::2,2001:db8::9,1h"),)).leases_on("lan0")
    kept = servers.Server("dnsmasq", (ranged, Setting("no-dhcp-interface", "lan1,eth*")))
    assert [kept.leases_on(each) for each in ("lan0", "lan1", "eth0")] == [True, False, False]


def test_command_lines() -> None:
    """Long, short, joined, in a row, with the value as a word of its own; as Debian starts it."""
    for words in (["--conf-file=/a"], ["--conf-file", "/a"], ["-C", "/a"], ["-C/a"], ["-kC/a"], ["-kC", "/a"]):
        assert Setting("conf-file", "/a") in command_line(words)
    assert command_line(["-C"]) == [Setting("conf-file", "")]
    assert command_line(["-k", "-p", "5300", "-i", "lan0", "-F", "198.18.1.0,198.18.1.9", "--no-resolv", "-R"]) == [
        Setting("keep-in-foreground", ""),
        Setting("port", "5300"),
        Setting("interface", "lan0"),
        Setting("dhcp-range", "198.18.1.0,198.18.1.9"),
        Setting("no-resolv", ""),
        Setting("no-resolv", ""),
    ]
    debian = "-x /run/dnsmasq/dnsmasq.pid -u dnsmasq -r /run/dnsmasq/resolv.conf -7 /etc/dnsmasq.d,.dpkg-dist,.dpkg-old --local-service"
    told = {each.key: each.value for each in command_line(debian.split())}
    assert (told["resolv-file"], told["conf-dir"]) == ("/run/dnsmasq/resolv.conf", "/etc/dnsmasq.d,.dpkg-dist,.dpkg-old")


@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="needs dnsmasq")
def test_short_options_are_the_programs_own() -> None:
    """As it prints them itself, and none is left out."""
    helped = subprocess.run(["dnsmasq", "--help"], capture_output=True, text=True, check=True).stdout
    own = dict(re.findall(r"^-(.), --([a-zA-Z0-9-]+)", helped, re.MULTILINE))
    assert own == SHORT
    assert {short for short, _ in re.findall(r"^-(.), --([a-zA-Z0-9-]+)=", helped, re.MULTILINE)} == VALUED - {
        "3"
    }  # whose value may be left out


@pytest.mark.parametrize(
    ("endings", "read"),
    [((), ["a.conf", "b.bak", "#c"]), (("*.conf",), ["a.conf"]), ((".bak",), ["a.conf", "#c"]), (("*.conf", ".bak", ""), ["a.conf"])],
)
def test_files_of_a_folder(endings: tuple[str, ...], read: list[str]) -> None:
    """Only those, or all but those; never hidden ones and what editors leave."""
    assert [name for name in ("a.conf", "b.bak", "#c", "#d#", ".e", "f~") if is_read(name, endings)] == read


def test_who_is_believed() -> None:
    """Root and the program's own user, with the program that root installed; not who only calls itself so."""

    def believed(uids: tuple[int, ...] = (0, 0, 0, 0), exe: str = "dnsmasq", owner: int = 0, mode: int = 0o100755) -> bool:
        return servers.is_believed("dnsmasq", uids, exe, owner, mode)

    assert believed()
    assert not any((believed((0, 65_533, 0, 0)), believed((65_533,) * 4), believed((-1,))))
    assert not any((believed(exe="python3.11"), believed(owner=1_000), believed(mode=0o100777)))


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    """No pipe, which would keep the doctor waiting; no device; no link but root's own; nothing too large."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_text("port=53\n" * 9)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    tmp_path.chmod(0o777)
    for path, most in ((tmp_path / "pipe", 99), (Path("/dev/zero"), 99), (tmp_path / "large", 20), (tmp_path / "link", 99)):
        with pytest.raises(OSError, match=str(path)):
            files.text(path, most)
    assert servers._server("dnsmasq", [f"--conf-file={tmp_path}/pipe"]).unreadable == f"{tmp_path}/pipe"
    if os.geteuid() == 0:
        tmp_path.chmod(0o755)
        assert files.text(tmp_path / "link", 99) == "secret"


def test_what_a_program_prints_is_not_known(tmp_path: Path) -> None:
    """``conf-script``: then nothing is said of what would be missing. ``/dev/null`` is no settings at all."""
    assert servers._server("dnsmasq", ["--conf-script=/bin/x", "-C", "/dev/null"]).unreadable == "/bin/x"
    assert servers._server("dnsmasq", ["-C", "/dev/null", "-p", "5300"]).port == 5300
    (tmp_path / "options").write_text("3,198.18.0.1\n")
    assert servers._server("dnsmasq", ["-C/dev/null", f"--dhcp-optsfile={tmp_path}/options"]).options("lan0", ()) == {3: ("198.18.0.1",)}


def test_settings_in_several_files(tmp_path: Path) -> None:
    """A folder is read by its endings, a file that names itself once."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.conf").write_text(f"interface=lan0\nconf-file={tmp_path}/main\n")
    (tmp_path / "d" / "b.bak").write_text("interface=lan9\n")
    (tmp_path / "main").write_text(f"conf-dir={tmp_path}/d,*.conf\n")
    server = servers._server("dnsmasq", [f"--conf-file={tmp_path}/main", "--port=5300"])
    assert (server.interfaces, server.port, server.unreadable) == (("lan0",), 5300, "")
    assert servers._server("dnsmasq", [f"--conf-file={tmp_path}/none"]).unreadable == f"{tmp_path}/none"


def test_blocks_of_radvd() -> None:
    """Each interface with all that is in its braces; a file cut off in the middle is no endless one."""
    text = servers.without_comments("interface lan0 # guests\n{ prefix ::/64 { }; };\ninterface lan1 { };")
    assert {lan: " ".join(block.split()) for lan, block in servers.radvd_blocks(text).items()} == {"lan0": "prefix ::/64 { };", "lan1": ""}
    assert set(servers.radvd_blocks("interface lan0 { prefix {")) == {"lan0"}


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """What cannot be understood is passed over."""
    server = servers.Server("dnsmasq", tuple(parse(text)))
    assert server.port >= 0
    assert all(each.first <= each.last for each in server.ranges)
    assert isinstance(server.options("lan0", ()), dict)
    assert isinstance(command_line(text.split()), list)
    assert isinstance(servers.radvd_blocks(text), dict)
