"""docs/hub.toml: it loads as it stands and with every comment that holds a key, no key is missing in it, and defaults are the true ones."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from hotspot.hub import settings
from hotspot.hub.certificates import settings as certificates
from hotspot.hub.oidc import settings as oidc
from tests.hub.certificates.conftest import private_pem

EXAMPLE = Path(__file__).parents[1] / "docs" / "hub.toml"
SECTIONS: dict[str, type[Struct]] = {
    "": settings._File,
    "retention": settings._Retention,
    "alarms": settings._Alarms,
    "mail": settings.Mail,
    "remote_write": settings._RemoteWrite,
    "oidc": oidc.File,
    "machine": settings._Machine,
    "certificates": certificates.File,
    "certificates.dns": certificates.DnsFile,
}
EXAMPLES = {"database", "url", "certificate", "key", "proxies", "server", "sender", "roles", "directory", "account_key", "contact"}
"""Keys without a default, or whose default is nothing: the file shows an example."""


def uncommented() -> dict[str, Any]:
    """The file with every key that is commented out."""
    lines = [re.sub(r"^# (\[[a-z_.]+\]|[a-z_]+ = )", r"\1", line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    return tomllib.loads("\n".join(lines))


def section(raw: dict[str, Any], name: str) -> Any:
    """``certificates.dns``: one within another; "": the whole."""
    for part in filter(None, name.split(".")):
        raw = raw[part]
    return raw


def test_it_loads(tmp_path: Path) -> None:
    """As it stands, and with all that is in it."""
    assert settings.load(EXAMPLE) == settings.Settings(database="postgresql:///hotspot?host=/run/postgresql")
    raw = uncommented()
    (tmp_path / "acme-account.key").write_text(private_pem())
    (tmp_path / "dns-update.key").write_text("MDEyMzQ1Njc4OWFiY2RlZg==")
    raw["certificates"]["terms_agreed"] = True
    loaded = settings.from_raw(raw, tmp_path / "hub.toml")
    assert loaded.certificates is not None
    assert loaded.certificates.dns == certificates.Dns(server=("192.0.2.53", 53), key_name="hotspot-hub", key=b"0123456789abcdef")
    assert (loaded.url, loaded.mail is None, loaded.remote_write is None) == ("https://hub.grossstadt.example", False, False)
    assert loaded.retention == settings.Retention()


def test_every_key_is_there() -> None:
    """No key of the settings is missing, and none is there that does not exist."""
    raw = uncommented()
    found = {name: set(section(raw, name)) for name in SECTIONS}
    assert found == {name: {field.encode_name for field in fields(kind)} for name, kind in SECTIONS.items()}


def test_defaults_are_the_true_ones() -> None:
    """What is commented out is what holds without it, unless it is an example."""
    raw, wrong = uncommented(), []
    for name, kind in SECTIONS.items():
        shown = section(raw, name)
        for field in fields(kind):
            if field.encode_name in EXAMPLES or isinstance(shown[field.encode_name], dict) or field.required:
                continue
            if msgspec.to_builtins(field.default) != shown[field.encode_name] and not _same(field.default, shown[field.encode_name]):
                wrong.append(f"{name}.{field.encode_name} = {shown[field.encode_name]!r}, not {field.default!r}")
    assert wrong == []


def _same(default: object, shown: object) -> bool:
    return isinstance(default, tuple) and list(default) == shown
