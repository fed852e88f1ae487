"""What goes into the bundle, before the filter."""

import json
from pathlib import Path

from hotspot.doctor.bundle import lease_names, settings_without_secrets


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


def test_names_that_devices_gave() -> None:
    """Those who gave none have none."""
    lines = ["1790000000 02:00:00:00:00:01 198.18.1.1 Annas-iPhone 01:02", "1790000000 02:00:00:00:00:02 198.18.1.2 * *", "duid 00:01"]
    assert lease_names(lines) == {"Annas-iPhone"}
