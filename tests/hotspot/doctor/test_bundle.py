"""What goes into the bundle, before the filter."""

import json
import tarfile
from pathlib import Path
from typing import IO, cast

import pytest

from hotspot.doctor.bundle import _served, known_names, lease_names, pack, portal_names, settings_without_secrets
from hotspot.doctor.privacy import Filter
from tests.hotspot.doctor.gateways import NOW, dnsmasq, portal, subject


def test_settings_without_secrets(tmp_path: Path) -> None:
    """Rates, ports, names of plans stay; keys, tokens, who runs the hall and what it says do not."""
    path = tmp_path / "portal.toml"
    path.write_text(
        """certificate = "/etc/portal.pem"
key = "/etc/portal.key"
[hall]
name = "Rathaus Kleinheim"
phone = "+49 1234 567-0"
[plans.free]
title = { de = "Kostenlos" }
down = "10 Mbit/s"
[legal.operator]
representative = "Erika Muster"
[hub]
proxy = "http://anna:geheim@proxy.example:3128"
""",
        encoding="utf-8",
    )
    text = settings_without_secrets(path)
    assert [word for word in ("portal.key", "Kleinheim", "1234", "Kostenlos", "Erika", "geheim") if word in text] == []
    told = json.loads(text)
    assert (told["certificate"], told["plans"]["free"]["down"]) == ("/etc/portal.pem", "10 Mbit/s")


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    """Said without repeating a word of them."""
    path = tmp_path / "portal.toml"
    path.write_text("secret = [")
    assert settings_without_secrets(path) == "cannot read it: TOMLDecodeError"
    assert settings_without_secrets(tmp_path / "none") == "cannot read it: FileNotFoundError"


def test_what_is_packed_names_nobody(tmp_path: Path) -> None:
    """Addresses, codes, tokens and names in whatever part they are; a part that cannot be had says so, without its words, and ends no
    other; only the owner can read the file."""
    mac, token = "02:5a:91:3c:77:e1", "q7Zf0bXw_Kd93mVtRy-LpA82sNcHuEoJg4iTx6WvBkY"
    planted = [mac, mac.upper().replace(":", "-"), "198.18.3.77", "2001:db8:1::77", "K7F-3QX", "7K3QX-V0M2D", token, "annas-iphone"]
    text = "".join(f"one_{each}_x:{each}:{each}-y{each}. " for each in planted)

    def gone() -> str:
        raise KeyError(mac)

    parts = [("one.txt", lambda: text), (f"tc-{mac}.txt", gone), ("last.txt", lambda: f"lan0 \ud800 {text}")]
    pack(tmp_path / "b.tar.gz", parts, Filter({"Annas-iPhone"}), NOW)
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        content = {entry.name: cast("IO[bytes]", archive.extractfile(entry)).read().decode() for entry in archive}
    assert [name for name in content if name.endswith(("one.txt", "last.txt"))] == ["hotspot-bundle/one.txt", "hotspot-bundle/last.txt"]
    assert [each for each in planted if each in str(content)] == []
    assert "KeyError" in content["hotspot-bundle/tc-[mac 1].txt"]


def test_settings_of_the_name_server_name_nobody(tmp_path: Path) -> None:
    """Of hosts the portal's own is shown: where its name leads is what support asks first."""
    lines = ["no-ping", "host-record=portal.hall.example,198.18.0.1", "host-record=annes-laptop.amt.local,10.0.0.5", "cname=anne,annes-pc"]
    server = dnsmasq("\n".join([*lines, "dhcp-name-match=set:x,Annes-Galaxy", "dhcp-host=02:00:00:00:00:01,anne"]))
    shown = _served(server, portal_names(subject(portal(tmp_path))))
    assert shown.splitlines() == ["no-ping=", lines[1], "host-record=[name]", "cname=[name]"]


def test_no_bundle_without_the_names_to_take_out(tmp_path: Path) -> None:
    """Leases that cannot be read are no leases that nobody has."""
    (tmp_path / "leases").mkdir()
    with pytest.raises(OSError, match="no plain file"):
        known_names(subject(servers=(dnsmasq(f"dhcp-leasefile={tmp_path}/leases\n"),), firewall=None))
    assert known_names(subject(servers=(dnsmasq(f"dhcp-leasefile={tmp_path}/none\n"),), firewall=None)) == set()


def test_names_that_devices_gave() -> None:
    """Those who gave none have none."""
    lines = ["1790000000 02:00:00:00:00:01 198.18.1.1 Annas-iPhone 01:02", "1790000000 02:00:00:00:00:02 198.18.1.2 * *", "duid 00:01"]
    assert lease_names(lines) == {"Annas-iPhone"}
