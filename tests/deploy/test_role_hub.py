"""Role hub: its settings are those of the product, what cannot be is refused before anything is touched, nginx takes what is written."""

import os
import re
import shutil
import ssl
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hotspot.hub.api.table import ALL
from hotspot.hub.console.table import PAGES
from hotspot.hub.service import tls_of
from hotspot.hub.settings import Machine, Settings, load
from tests.deploy.expressions import read_yaml
from tests.deploy.roles import CORES, ROLES, Role

URL = "https://hub.stadt.example"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The least that an inventory says."""
    folder = tmp_path_factory.mktemp("control")
    words = ("-days", "2", "-subj", "/CN=hub", "-addext", "subjectAltName=DNS:hub.stadt.example,IP:203.0.113.9")
    files = ("-keyout", str(folder / "hub.key"), "-out", str(folder / "hub.pem"))
    subprocess.run(["openssl", "req", "-x509", *CURVE, *words, *files], check=True, capture_output=True)
    (folder / "hotspot-hub_1_amd64.deb").touch()
    return {
        "hub_package": str(folder / "hotspot-hub_1_amd64.deb"),
        "hub_url": URL,
        "hub_certificate": str(folder / "hub.pem"),
        "hub_key": str(folder / "hub.key"),
    }


def read(role: Role, folder: Path) -> Settings:
    """The settings that the role writes, as the hub reads them."""
    path = folder / "hub.toml"
    path.write_text(role.text("hub.toml.j2", _hub_settings=str(folder)))
    return load(path)


def test_every_variable_is_said_to_be_one() -> None:
    """The list of arguments has each default, the same, and nothing else; what has none is required."""
    options = read_yaml(ROLES / "hub" / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = read_yaml(ROLES / "hub" / "defaults" / "main.yml")
    assert sorted(options) == sorted(defaults)
    for name, option in options.items():
        assert option.get("required") or option["default"] == defaults[name], name


def test_behind_nginx_with_its_own_database(given: dict[str, Any], tmp_path: Path) -> None:
    """The least: peer on the socket, loopback, and nginx's word for who asks."""
    role = Role("hub", given)
    assert role.refusals() == []
    settings = read(role, tmp_path)
    assert settings.database == "postgresql:///hotspot?host=/run/postgresql"
    assert (settings.listen, settings.certificate) == ((("127.0.0.1", 8700),), None)
    assert (settings.url, [str(one) for one in settings.proxies]) == (URL, ["127.0.0.1/32"])
    looked_at = Machine(
        certificate=tmp_path / "hub.pem", database=Path("/var/lib/postgresql"), backups=Path("/var/lib/hotspot-hub-backup"), updates=True
    )
    assert settings.machine == looked_at
    assert {role.text_by(core, "hub.toml.j2") for core in CORES} == {role.text("hub.toml.j2")}
    assert "postgresql" in role.values["_hub_packages"]


def test_the_hub_itself_speaks_tls(given: dict[str, Any], tmp_path: Path) -> None:
    """On the port that its socket opens, with suites of TR-02102-2 for those who have no TLS 1.3."""
    role = Role("hub", {**given, "hub_tls": "own"})
    assert role.refusals() == []
    settings = read(role, tmp_path)
    assert settings.listen == (("0.0.0.0", 443), ("::", 443))
    assert (settings.certificate, settings.key, settings.proxies) == (tmp_path / "hub.pem", tmp_path / "hub.key", ())
    assert settings.machine.certificate == settings.certificate
    shutil.copy(given["hub_certificate"], tmp_path / "hub.pem")
    shutil.copy(given["hub_key"], tmp_path / "hub.key")
    tls = tls_of(settings)
    assert tls is not None
    older = {each["name"] for each in tls.get_ciphers() if each["protocol"] == "TLSv1.2"}
    assert tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert older == {f"ECDHE-{key}-AES{bits}" for key in ("ECDSA", "RSA") for bits in ("128-GCM-SHA256", "256-GCM-SHA384")}
    opened = (ROLES.parents[4] / "systemd" / "hotspot-hub.socket").read_text(encoding="utf-8")
    assert [line for line in opened.splitlines() if line.startswith("ListenStream")] == [
        "ListenStream=0.0.0.0:443",
        "ListenStream=[::]:443",
    ]


def test_a_database_elsewhere_has_its_password_in_a_file(given: dict[str, Any]) -> None:
    """In no address, and so in no list of processes; its server is verified."""
    there = {
        "hub_database": "postgresql://hotspot-hub@db1,db2/hotspot",
        "hub_database_password": "a:b\\c",
        "hub_database_authority": given["hub_certificate"],
    }
    role = Role("hub", {**given, **there})
    assert role.refusals() == []
    expected = "passfile=/etc/hotspot/database-password&sslmode=verify-full&sslrootcert=/etc/hotspot/database-authority.pem"
    assert tomllib.loads(role.text("hub.toml.j2"))["database"] == f"{there['hub_database']}?{expected}"
    assert list(tomllib.loads(role.text("hub.toml.j2"))["machine"]) == ["certificate", "backups", "updates"]
    assert role.text("database-password.j2") == "*:*:*:*:a\\:b\\\\c\n"
    assert "postgresql" not in role.values["_hub_packages"]


def test_every_section_reaches_the_hub(given: dict[str, Any], tmp_path: Path) -> None:
    """As docs/hub.toml has it, with secrets in files of their own."""
    key = ("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(tmp_path / "acme-account.key"))
    subprocess.run(key, check=True, capture_output=True)
    (tmp_path / "dns-update.key").write_text("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n")
    for name in ("oidc-client-secret", "mail-password", "remote-write-token"):
        (tmp_path / name).write_text("geheim\n")
    sections = {
        "hub_retention": {"feedback": "90 d"},
        "hub_alarms": {"pool": 80, "silent": "5 min"},
        "hub_mail": {"server": "mail.stadt.example", "sender": "wlan@stadt.example", "port": 465, "starttls": False, "user": "hub"},
        "hub_mail_password": "geheim",
        "hub_remote_write": {"url": "https://prometheus.stadt.example/api/v1/write"},
        "hub_remote_write_token": "geheim",
        "hub_oidc": {
            "issuer": "https://login.stadt.example",
            "client_id": "hub",
            "label": "Stadt Großstadt",
            "roles": [{"value": "admins", "role": "host-admin"}, {"value": "k", "role": "partner-editor", "partner": "kleinheim"}],
        },
        "hub_oidc_client_secret": "geheim",
        "hub_hall_certificates": {
            "zones": {"kleinheim": ["kleinheim.example"], "bad-berg": ["berg.example", "bad.example"]},
            "directory": "https://acme.authority.example/directory",
            "contact": ["wlan@stadt.example"],
            "terms_agreed": True,
            "dns": {"server": "192.0.2.53", "key_name": "hotspot-hub", "check": ["192.0.2.54"]},
        },
        "hub_hall_certificates_dns_key": "geheim",
    }
    role = Role("hub", {**given, **sections})
    assert role.refusals() == []
    settings = read(role, tmp_path)
    assert {role.text_by(core, "hub.toml.j2") for core in CORES} == {role.text("hub.toml.j2")}
    assert (settings.retention.feedback, settings.alarms.pool, settings.alarms.silent) == (90 * 86_400, 80, 300)
    assert settings.mail is not None
    assert (settings.mail.port, settings.mail.starttls, settings.mail.password_file) == (465, False, str(tmp_path / "mail-password"))
    assert settings.remote_write is not None
    assert settings.remote_write.token_file == str(tmp_path / "remote-write-token")
    assert settings.oidc is not None
    assert (settings.oidc.label, [one.partner for one in settings.oidc.roles]) == ("Stadt Großstadt", [None, "kleinheim"])
    assert settings.certificates is not None
    assert settings.certificates.zones["bad-berg"] == ("berg.example", "bad.example")
    assert settings.certificates.dns is not None
    assert "geheim" not in (tmp_path / "hub.toml").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hub_pdf": "y"}, "hub_pdf, hub_unattended_upgrades and hub_backup_before_update are y, True, True; expected each"),
        ({"hub_package": "hub.tar"}, 'hub_package is "hub.tar"; expected a file on the control host that ends in .deb'),
        ({"hub_url": "http://hub.stadt.example"}, 'hub_url is "http://hub.stadt.example"; expected an address such as https://'),
        ({"hub_url": "https://hub.stadt.example/"}, 'hub_url is "https://hub.stadt.example/"; expected an address such as https://'),
        ({"hub_tls": "haproxy"}, 'hub_tls is "haproxy", hub_certificate'),
        ({"hub_key": ""}, 'hub_tls is "nginx", hub_certificate'),
        ({"hub_certificate": "away.pem"}, 'hub_tls is "nginx", hub_certificate "away.pem"'),
        ({"hub_package": "test_role_hub.py.deb"}, 'hub_package is "test_role_hub.py.deb"; expected a file on the control host'),
        ({"hub_authority": "README.md"}, 'hub_authority is "README.md"; expected a file on the control host, by its whole path'),
        ({"hub_oidc_authority": "/away.pem"}, 'hub_oidc_authority is "/away.pem"; expected a file on the control host'),
        ({"hub_proxies": ["192.0.2.1"]}, 'hub_tls is "nginx", hub_listen [], hub_proxies ["192.0.2.1"]; expected both with proxy'),
        ({"hub_tls": "own", "hub_url": f"{URL}:8443"}, 'hub_tls is own and hub_url "https://hub.stadt.example:8443"; expected port 443'),
        ({"hub_database": "postgresql://hub:geheim@db/hotspot"}, 'hub_database is "postgresql://hub:...@db/hotspot"; expected nothing'),
        ({"hub_database": "postgresql://db/h?password=geheim"}, 'hub_database is "postgresql://db/h?password=..."; expected nothing'),
        ({"hub_database": "db1"}, 'hub_database is "db1"; expected nothing (PostgreSQL on this machine), or an address'),
        ({"hub_database_password": "geheim"}, 'hub_database is ""; expected nothing (PostgreSQL on this machine), or an address'),
        ({"hub_mail_password": "geheim"}, "hub_mail_password is given and hub_mail is empty; expected the settings that it is for"),
        ({"hub_mail": {"server": "mail"}}, 'hub_mail has ["server"]; expected ["server", "sender"] among them, or nothing'),
        (
            {"hub_hall_certificates": {"zones": {}, "directory": "https://acme.example", "terms_agreed": True}},
            'hub_hall_certificates.directory is "https://acme.example", terms_agreed True, dns {}, hub_hall_certificates_dns_key empty;',
        ),
        ({"hub_first_admin": "Anna Muster"}, 'hub_first_admin is "Anna Muster", hub_backup_at "02:20"'),
        ({"hub_backup_at": "2 Uhr"}, 'hub_first_admin is "", hub_backup_at "2 Uhr"'),
        ({"hub_backup_copy": "rsync $STATE_DIRECTORY/ b:"}, 'hub_first_admin is "", hub_backup_at "02:20"'),
        ({"hub_backup_days": 0}, 'hub_first_admin is "", hub_backup_at "02:20", hub_reboot_at "04:10", hub_backup_days 0'),
    ],
)
def test_what_cannot_be_is_refused_first(given: dict[str, Any], change: dict[str, Any], said: str) -> None:
    """By one sentence that names keys, values and what was expected, and no secret."""
    found = Role("hub", {**given, **change}).refusals()
    assert [one[: len(said)] for one in found] == [said]
    assert "geheim" not in "".join(found)


def test_a_key_of_another_certificate(given: dict[str, Any], tmp_path: Path) -> None:
    """Is seen on the control host, before it is where nginx finds it at its next start; so is one with a password."""
    (look,) = (task for task in read_yaml(ROLES / "hub" / "tasks" / "preflight.yml") if task.get("register") == "__hub_pair")
    role = Role("hub", given)
    assert look["ansible.builtin.command"]["stdin"] == "{{ lookup('ansible.builtin.file', hub_key) }}"
    other, locked = tmp_path / "other.key", tmp_path / "locked.key"
    curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    subprocess.run(["openssl", "genpkey", *curve, "-out", other], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "pkey", "-in", given["hub_key"], "-aes256", "-passout", "pass:geheim", "-out", locked], check=True, capture_output=True
    )
    refused = {}
    for key in (given["hub_key"], other, locked):
        words = role.worked_out(look["ansible.builtin.command"]["argv"])
        done = subprocess.run(words, input=Path(key).read_bytes(), capture_output=True, check=False)
        refused[Path(key).name] = Role("hub", {**given, "hub_key": str(key), "__hub_pair": {"rc": done.returncode}}).refusals()
    expected = f'", hub_certificate "{given["hub_certificate"]}"; expected the key of that certificate, without a password'
    assert refused == {
        "hub.key": [],
        "other.key": [f'hub_key is "{other}{expected}'],
        "locked.key": [f'hub_key is "{locked}{expected}'],
    }


def test_nothing_is_reached_but_80_and_443(given: dict[str, Any], tmp_path: Path) -> None:
    """nginx listens on these two; the hub behind it and its database on this machine's own loopback and socket."""
    text = Role("hub", given).text("nginx.conf.j2")
    assert {listening.split()[0].rpartition(":")[2] for listening in re.findall(r"^ *listen (.*);", text, re.M)} == {"80", "443"}
    settings = read(Role("hub", given), tmp_path)
    assert [address for address, _ in settings.listen] == ["127.0.0.1"]
    assert settings.database.endswith("?host=/run/postgresql")


def test_a_backup_is_carried_away_before_older_ones_go(given: dict[str, Any]) -> None:
    """What fails on the way keeps the older ones, and the hub hears how it ended, whatever the copy was."""
    copy = "/usr/local/bin/carry ${STATE_DIRECTORY}"
    lines = Role("hub", {**given, "hub_backup_copy": copy, "hub_backup_days": 14}).text("backup.service.conf.j2").splitlines()
    after = [line.removeprefix("ExecStartPost=") for line in lines if line.startswith("ExecStartPost=")]
    assert after[:2] == ["", copy]
    assert (len(after), after[2].startswith("/usr/bin/find "), " -mtime +14 -delete" in after[2]) == (3, True, True)
    unit = (ROLES.parents[4] / "systemd" / "hotspot-hub-backup.service").read_text(encoding="utf-8")
    assert re.findall(r"^ExecStopPost=-\S+ (.*)$", unit, re.M) == ["hub backup-tried --config /etc/hotspot/hub.toml"]


def test_what_is_logged_is_gone_in_time(given: dict[str, Any]) -> None:
    """The journal drops what is older, and has files of a day, so that it can."""
    lines = Role("hub", {**given, "hub_log_days": 12}).text("journald.conf.j2").splitlines()
    assert {"MaxRetentionSec=12day", "MaxFileSec=1day"} <= set(lines)


NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")


@pytest.mark.skipif(NGINX is None or os.geteuid() != 0, reason="nginx is not installed, or may not look at its own folders: not root")
@pytest.mark.parametrize("url", [URL, f"{URL}:8443", "https://203.0.113.9", "https://[2001:db8::9]"])
def test_nginx_takes_its_settings(given: dict[str, Any], tmp_path: Path, url: str) -> None:
    """``nginx -t``, without a warning, for a name, another port, an address."""
    shutil.copy(given["hub_certificate"], tmp_path / "hub.pem")
    shutil.copy(given["hub_key"], tmp_path / "hub.key")
    own = {"_hub_settings": str(tmp_path), "_hub_nginx_pid": str(tmp_path / "pid"), "_hub_nginx_log": str(tmp_path / "log")}
    text = Role("hub", {**given, **own, "hub_url": url}).text("nginx.conf.j2")
    (tmp_path / "nginx.conf").write_text(text)
    assert NGINX is not None
    done = subprocess.run([NGINX, "-t", "-q", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "open file resource limit" not in line]  # that is the unit's, not this shell's
    assert (done.returncode, said) == (0, [])


def test_nginx_of_debian_13(given: dict[str, Any]) -> None:
    """Says HTTP/2 in its own line; the one of Debian 12 where it listens."""
    twelve, thirteen = (
        Role("hub", {**given, "ansible_facts": {"distribution_major_version": one}}).text("nginx.conf.j2") for one in ("12", "13")
    )
    assert ("http2 on;" in twelve, " ssl http2" in twelve) == (False, True)
    assert ("http2 on;" in thirteen, " ssl http2" in thirteen) == (True, False)


def test_nginx_lets_through_what_the_hub_takes(given: dict[str, Any]) -> None:
    """The largest body of API and console, and the longest poll; the hub's own words refuse what is larger."""
    text = Role("hub", given).text("nginx.conf.j2")
    largest = max(*(operation.largest for operation in ALL), *(page.largest for page in PAGES))
    assert "client_max_body_size 20m;" in text
    assert largest < 20 * 1024 * 1024
    assert "proxy_read_timeout 90s;" in text


def test_no_secret_is_shown(given: dict[str, Any]) -> None:
    """Tasks that write secrets or keys say nothing of what they do."""
    tasks = [task for file in (ROLES / "hub" / "tasks").glob("*.yml") for task in read_yaml(file)]
    tasks += [inner for task in tasks for inner in task.get("block", [])]
    said = [
        task["name"]
        for task in tasks
        if any(word in str(task) for word in ("_password", "_hub_secrets", "hub_key ")) and "assert" not in str(task)
    ]
    assert len(said) >= 3
    assert [task["name"] for task in tasks if task["name"] in said and not task.get("no_log")] == []
    assert given["hub_key"]
