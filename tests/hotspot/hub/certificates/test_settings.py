"""``[certificates]``: what is wrong with it is told with key, value and what was expected."""

from pathlib import Path
from typing import Any

import pytest

from hotspot.hub.settings import BadSettings, from_raw
from tests.hub.certificates.conftest import private_pem

DNS = {"server": "192.0.2.53", "key_name": "hub", "key_file": "dns.key"}
GOOD: dict[str, Any] = {
    "zones": {"kleinheim": ["kleinheim.example"]},
    "directory": "https://acme.authority.example/directory",
    "account_key": "account.key",
    "terms_agreed": True,
    "dns": DNS,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the files that the settings name."""
    (tmp_path / "account.key").write_text(private_pem())
    (tmp_path / "dns.key").write_text("MDEyMzQ1Njc4OWFiY2RlZg==\n")
    (tmp_path / "short.key").write_text("c2hvcnQ=")
    (tmp_path / "text").write_text("no key")
    return tmp_path


def loaded(folder: Path, section: dict[str, Any]) -> Any:
    """The section as it is used."""
    return from_raw({"database": "postgresql:///x", "certificates": section}, folder / "hub.toml").certificates


def test_what_is_good(folder: Path) -> None:
    """A whole section, one without ACME, and name servers with and without a port."""
    assert loaded(folder, GOOD).dns.server == ("192.0.2.53", 53)
    assert loaded(folder, {"zones": {}}).directory == ""
    for text, expected in (
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("192.0.2.1:54", ("192.0.2.1", 54)),
    ):
        assert loaded(folder, GOOD | {"dns": DNS | {"server": text}}).dns.server == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"directory": "http://acme.example/"}, "certificates.directory = 'http://acme.example/': expected an address such as"),
        ({"terms_agreed": False}, "certificates.terms_agreed = False: expected true"),
        ({"dns": None}, "certificates.dns = None: expected a section"),
        ({"directory": ""}, "certificates.directory = '': expected the address"),
        ({"zones": {"kleinheim": ["Kleinheim.example"]}}, "certificates.zones.kleinheim = 'Kleinheim.example': expected a name of DNS"),
        ({"zones": {"kleinheim": ["example"]}}, "certificates.zones.kleinheim = 'example': expected a name of DNS"),
        ({"account_key": "nothing"}, "certificates.account_key = 'nothing': expected a file that can be read"),
        ({"account_key": "text"}, "certificates.account_key = 'text': expected a file: expected a private key"),
        ({"authority": "text"}, "certificates.authority = 'text': expected a file with certificates"),
        ({"contact": ["nobody"]}, "certificates.contact = 'nobody': expected an address"),
        ({"eab_kid": "7"}, "certificates.eab_kid = '7': expected eab_kid and eab_key_file together"),
        ({"dns": DNS | {"server": "ns.example"}}, "certificates.dns.server = 'ns.example': expected an address"),
        ({"dns": DNS | {"server": "192.0.2.1:0"}}, "certificates.dns.server = '192.0.2.1:0': expected an address"),
        ({"dns": DNS | {"algorithm": "hmac-md5"}}, "certificates.dns.algorithm = 'hmac-md5': expected hmac-sha256"),
        ({"dns": DNS | {"key_file": "short.key"}}, "certificates.dns.key_file = 'short.key': expected a file with at least 16 bytes"),
        ({"dns": DNS | {"wait": "3 h"}}, "certificates.dns.wait = '3 h': expected 1 to 3600 seconds"),
        ({"dns": DNS | {"alias": "x"}}, "certificates.dns.alias = 'x': expected a name of DNS"),
    ],
)
def test_what_is_not(folder: Path, changes: dict[str, Any], said: str) -> None:
    """One key at a time."""
    section = {key: value for key, value in (GOOD | changes).items() if value is not None}
    with pytest.raises(BadSettings) as told:
        loaded(folder, section)
    assert said in str(told.value)
