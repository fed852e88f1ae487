"""``hub.toml``: what it may say, and how a mistake is told."""

from pathlib import Path
from typing import Any

import pytest

from hotspot.hub.alarms import Limits
from hotspot.hub.service import main
from hotspot.hub.settings import BadSettings, Mail, RemoteWrite, Settings, from_raw

DATABASE: dict[str, Any] = {"database": "postgresql:///hub"}


def test_the_least_that_a_file_says() -> None:
    """Everything but the database has a default."""
    assert from_raw(DATABASE, Path("hub.toml")) == Settings(database="postgresql:///hub")


def test_limits_of_alarms_mail_and_remote_write() -> None:
    """Spans are written for people."""
    read = from_raw(
        {
            **DATABASE,
            "alarms": {"silent": "5 min", "pool": 80, "disk": 20, "certificate": "21 d"},
            "mail": {"server": "mail.stadt.example", "sender": "hub@stadt.example"},
            "remote_write": {"url": "https://prometheus.stadt.example/api/v1/write", "every": "30 s"},
        },
        Path("hub.toml"),
    )
    assert (read.alarms, read.mail, read.remote_write) == (
        Limits(silent=300.0, pool=80.0, disk=20.0, certificate=21 * 86_400.0),
        Mail(server="mail.stadt.example", sender="hub@stadt.example"),
        RemoteWrite(url="https://prometheus.stadt.example/api/v1/write", every=30.0),
    )


def test_files_stand_beside_the_settings(tmp_path: Path) -> None:
    """Wherever the hub was started; a full name is taken as it is."""
    mail = {"server": "mail.stadt.example", "sender": "hub@stadt.example"}
    push = {"url": "https://prometheus.stadt.example/api/v1/write"}
    for name, found in (("secret", str(tmp_path / "secret")), ("/run/secret", "/run/secret"), ("", "")):
        read = from_raw(
            {**DATABASE, "mail": {**mail, "password_file": name}, "remote_write": {**push, "token_file": name}}, tmp_path / "hub.toml"
        )
        assert (read.mail and read.mail.password_file, read.remote_write and read.remote_write.token_file) == (found, found)


def test_the_certificate_that_is_shown(tmp_path: Path) -> None:
    """The hub's own, unless one of a proxy is named; without any nothing is known of it."""
    own = {"certificate": "hub.pem", "key": "hub.key"}
    shown = [
        from_raw({**DATABASE, **more}, tmp_path / "hub.toml").machine.certificate
        for more in (own, {**own, "machine": {"certificate": "/etc/nginx/hub.pem"}}, {"machine": {"backups": "/srv"}})
    ]
    assert shown == [tmp_path / "hub.pem", Path("/etc/nginx/hub.pem"), None]


def test_check_config_tries_certificate_and_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that is none is found before the hub is restarted with it."""
    path = tmp_path / "hub.toml"
    path.write_text('database = "postgresql:///hub"\n')
    assert main(["--config", str(path), "--check-config"]) == 0
    (tmp_path / "hub.pem").write_text("no certificate")
    path.write_text('database = "postgresql:///hub"\ncertificate = "hub.pem"\nkey = "hub.pem"\n')
    assert main(["--config", str(path), "--check-config"]) == 2
    assert capsys.readouterr().err.startswith(f"cannot use certificate {tmp_path / 'hub.pem'} with key ")


def test_a_hub_without_its_key_says_that_it_is_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a status that keeps systemd from starting it again and has the port shut; also while the database is away."""
    path, database = tmp_path / "hub.toml", f"postgresql:///hub?host={tmp_path}"
    path.write_text(f'database = "{database}"\nlisten = ["127.0.0.1:0"]\n')
    assert main(["--config", str(path)]) == 1
    (tmp_path / "hub.pem").write_text("no certificate")
    path.write_text(f'database = "{database}"\ncertificate = "hub.pem"\nkey = "away.pem"\n')
    assert main(["--config", str(path)]) == 2
    assert "cannot use certificate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"alarms": {"silent": "1 min"}}, "alarms.silent = '1 min': expected 120 to 86400 seconds"),
        ({"alarms": {"silent": "soon"}}, "alarms.silent = 'soon'"),
        ({"alarms": {"pool": 100}}, "$.alarms.pool"),
        ({"proxies": ["proxy.stadt.example"]}, "proxies = 'proxy.stadt.example': expected an address such as"),
        ({"proxies": ["192.0.2.9/29"]}, "proxies = '192.0.2.9/29': expected an address such as"),
        ({"proxies": ["0.0.0.0/0"]}, "proxies = '0.0.0.0/0': expected our own proxies: everybody would be believed"),
        ({"machine": {"database": "postgresql"}}, "machine.database = 'postgresql': expected a folder such as \"/var/lib/postgresql\""),
        ({"machine": {"disk": "/"}}, "unknown field `disk`"),
        ({"alarms": {"colour": "red"}}, "unknown field `colour`"),
        ({"remote_write": {"every": "1 min"}}, "missing required field `url`"),
        ({"mail": {"server": "mail.stadt.example"}}, "missing required field `sender`"),
    ],
)
def test_mistakes_are_named(section: dict[str, Any], told: str) -> None:
    """With key, value and what was expected."""
    with pytest.raises(BadSettings) as error:
        from_raw({**DATABASE, **section}, Path("hub.toml"))
    assert told in str(error.value)
