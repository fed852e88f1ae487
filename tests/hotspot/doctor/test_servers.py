"""Settings of dnsmasq and radvd, read as these programs read them."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hotspot.doctor import servers
from hotspot.doctor.leases import ranges


def test_lines_and_comments() -> None:
    """A ``#`` begins a comment at the beginning and after a space; within a value it belongs to it."""
    text = "# all\nport=5300 # captive\nnftset=/a.example/4#inet#hotspot_public#garden4\nno-resolv\n\n"
    assert servers.parse(text) == [
        servers.Setting("port", "5300"),
        servers.Setting("nftset", "/a.example/4#inet#hotspot_public#garden4"),
        servers.Setting("no-resolv", ""),
    ]


def test_interfaces_and_port() -> None:
    """Without ``interface`` everywhere but where it is excepted."""
    named = servers.Server("dnsmasq", (servers.Setting("interface", "lan0,lan1"),))
    anywhere = servers.Server("dnsmasq", (servers.Setting("except-interface", "lo"), servers.Setting("port", "5300")))
    assert [named.serves(each) for each in ("lan0", "lan1", "lan2")] == [True, True, False]
    assert [anywhere.serves(each) for each in ("lan0", "lo")] == [True, False]
    assert (named.port, anywhere.port, named.gives_leases) == (53, 5300, False)


def test_command_lines() -> None:
    """Long, short, and joined."""
    assert servers.option(["-k", "--conf-file=/a"], "--conf-file", "-C") == "/a"
    assert servers.option(["-C", "/b"], "--conf-file", "-C") == "/b"
    assert servers.option(["-C/c"], "--conf-file", "-C") == "/c"
    assert servers.option(["-k"], "--conf-file", "-C") is None


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
    server = servers.Server("dnsmasq", tuple(servers.parse(text)))
    assert server.port >= 0
    assert all(first <= last for first, last in ranges(server))
    assert isinstance(servers.radvd_blocks(text), dict)
