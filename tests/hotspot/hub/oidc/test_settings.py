"""The settings of a provider: what is taken, what is refused, and how that is said."""

from pathlib import Path
from typing import Any

import pytest

from hotspot.hub import settings
from hotspot.hub.access import Role
from hotspot.hub.oidc.settings import OpenId, RoleOf, secure

FILE = Path("/etc/hotspot/hub.toml")
LEAST: dict[str, Any] = {"issuer": "https://login.stadt.example", "client_id": "hub"}


def read(url: str = "https://hub.stadt.example", **more: Any) -> settings.Settings:
    """A file with a provider."""
    return settings.from_raw({"database": "postgresql:///hub", "url": url, "oidc": {**LEAST, **more}}, FILE)


def test_the_least_and_all() -> None:
    """Two keys are enough; names of files stand beside the settings."""
    callback = "https://hub.stadt.example/login/oidc/callback"
    assert read().oidc == OpenId(issuer="https://login.stadt.example", client_id="hub", callback=callback)
    assert read("https://hub.stadt.example/").oidc == read().oidc
    roles = [{"value": "a", "role": "host-admin"}, {"value": "k", "role": "partner-viewer", "partner": "kleinheim"}]
    whole = read(
        client_secret_file="oidc.secret", authority="ca.pem", label="Stadt", scopes=["openid", "groups"], claim="realm_access.roles",
        roles=roles, second_factor=True, acr=["gold"],
    ).oidc  # fmt: skip
    assert whole == OpenId(
        issuer="https://login.stadt.example", client_id="hub", callback=callback, client_secret_file="/etc/hotspot/oidc.secret",
        label="Stadt", scopes=("openid", "groups"), authority=Path("/etc/hotspot/ca.pem"), claim="realm_access.roles",
        roles=(RoleOf(value="a", role=Role.HOST_ADMIN), RoleOf(value="k", role=Role.PARTNER_VIEWER, partner="kleinheim")),
        second_factor=True, acr=("gold",),
    )  # fmt: skip
    assert settings.from_raw({"database": "x"}, FILE).oidc is None


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "plain HTTP": ({"issuer": "http://login.stadt.example"}, "oidc.issuer = 'http://login.stadt.example': expected an address such as"),
    "no address": ({"issuer": "login"}, "oidc.issuer = 'login': expected"),
    "broken address": ({"issuer": "https://["}, "oidc.issuer"),
    "with a query": ({"issuer": "https://login.example?x=1"}, "oidc.issuer"),
    "no name": ({"client_id": ""}, "oidc.client_id = '': expected the name that the provider gave the hub"),
    "no openid": ({"scopes": ["profile"]}, "oidc.scopes = ['profile']: expected \"openid\" among them"),
    "no claim": ({"claim": ""}, "oidc.claim"),
    "no such role": ({"roles": [{"value": "x", "role": "king"}]}, "king"),
    "town missing": (
        {"roles": [{"value": "x", "role": "host-admin"}, {"value": "x", "role": "partner-editor"}]},
        "oidc.roles[1].partner = None: expected the name of a partner with role partner-editor",
    ),
    "town too many": (
        {"roles": [{"value": "x", "role": "host-admin", "partner": "k"}]},
        "oidc.roles[0].partner = 'k': expected none with role host-admin",
    ),
    "unknown key": ({"secret": "x"}, "secret"),
    "no address of the hub": ({"url": ""}, "url = '': expected the hub's address with [oidc]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_refused(fault: str) -> None:
    """File, key, value and what was expected."""
    raw, words = FAULTS[fault]
    with pytest.raises(settings.BadSettings) as raised:
        read(**raw)
    assert f"cannot use {FILE}: " in str(raised.value)
    assert words in str(raised.value)


def test_where_plain_http_is_enough() -> None:
    """On this machine only."""
    assert [secure(f"http://{host}/x") for host in ("localhost:1", "127.0.0.1", "[::1]:8080")] == [True] * 3
    assert [secure(address) for address in ("http://login", "ftp://localhost", "https://", "", "//x", "javascript:x")] == [False] * 6
