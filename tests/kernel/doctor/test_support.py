"""What leaves the gateway: the look for portal and hub, and the bundle for support, from a hall with visitors in it."""

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hotspot.doctor.privacy import Filter
from hotspot.doctor.subject import Place
from hotspot.lab import Hall, certificates, namespaces
from hotspot.lab.layout import HUB_PORT, HUB_URL, LINK_WAN
from hotspot.lab.phone import Phone
from hotspot.lab.servers import python_environment
from hotspot.looks import folder
from hotspot.looks.values import By, Look
from tests.kernel.doctor.conftest import examined, grave, place_of
from tests.kernel.doctor.spoilt import TABLE, run, unwatched
from tests.kernel.visits import PORTAL_TLS, accept, sessions

pytestmark = pytest.mark.kernel
NAMES = ("annastelefon", "berndsphone")


async def _visit(hall: Hall) -> list[Phone]:
    phones = [await hall.add_phone(name) for name in NAMES]
    for phone in phones:
        await phone.join()
    assert (await accept(phones[0], PORTAL_TLS)).status == 303
    return phones


@pytest.fixture(scope="module")
def visited(spoilt_hall: Hall) -> tuple[Hall, list[Phone]]:
    """Two phones, one of them online."""
    return spoilt_hall, asyncio.run(_visit(spoilt_hall))


def doctor(hall: Hall, *options: str) -> subprocess.CompletedProcess[str]:
    """The command as an administrator runs it."""
    place = place_of(hall)
    words = [sys.executable, "-P", "-m", "hotspot", "doctor", "--config", str(place.portal), "--firewall", str(place.firewall)]
    whole = ["ip", "netns", "exec", hall.layout.gateway, *words, "--authority", str(place.authority), *options]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=60, env=os.environ | python_environment())


def _content(bundle: Path) -> dict[str, str]:
    content = {}
    with tarfile.open(bundle) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            content[entry.name] = file.read().decode()
    return content


def _spellings(mac: str) -> set[str]:
    plain = mac.replace(":", "")
    return {mac, mac.upper(), mac.replace(":", "-"), plain, f"{plain[:4]}.{plain[4:8]}.{plain[8:]}"}


def test_the_bundle_names_nobody(visited: tuple[Hall, list[Phone]], tmp_path: Path) -> None:
    """With visitors in the hall: none of their MACs, addresses, host names and device codes, no key, no name of a person; and what support
    needs is there: rules, counters, shaping, settings, the look."""
    hall, phones = visited
    done = doctor(hall, "--bundle", str(tmp_path / "bundle.tar.gz"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "bundle.tar.gz").stat().st_mode & 0o777 == 0o600
    content = _content(tmp_path / "bundle.tar.gz")
    text = "\n".join(content.values())
    personal = {row.code for row in sessions(hall)} | set(NAMES) | {"Marktplatz 1", "rathaus@musterstadt.example", "BEGIN "}
    for phone in phones:
        personal |= _spellings(phone.mac) | {phone.lease.ip, phone.address6}
    assert len(personal) > 16
    logs = "".join(path.read_text(errors="replace") for path in sorted(hall.folder.logs.glob("*.log")))
    assert phones[1].mac in logs  # dnsmasq's own log has what the filter is there for, should it ever come into a bundle
    text += Filter(NAMES).clean(logs)
    assert {word for word in personal if word.lower() in text.lower()} == set()
    assert re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\b198\.(?:18|51)\.|2001:db8", text) == []
    assert f"table inet {TABLE}" in content["hotspot-bundle/ruleset.nft"]
    assert "htb 1:1 root" in content["hotspot-bundle/tc-lan0.txt"]
    assert json.loads(content["hotspot-bundle/portal.json"])["plans"]["free"]["down"] == "10 Mbit/s"
    assert json.loads(content["hotspot-bundle/look.json"])["by"] == "doctor"


def test_the_look_is_written_for_the_portal(visited: tuple[Hall, list[Phone]], tmp_path: Path) -> None:
    """As JSON, as the file that the portal reads, and as a page; the status says that it is well."""
    hall, _ = visited
    said = doctor(hall, "--json", "--looks", str(tmp_path))
    look = folder.read(tmp_path, By.DOCTOR)
    assert isinstance(look, Look)
    assert (said.returncode, json.loads(said.stdout)["at"], look.well) == (0, look.at, True)
    page = doctor(hall).stdout
    assert "Nichts ist gestört." in page
    assert "Geprüft: Was der Kernel kann; Regeln im Kernel" in page
    assert "Nothing is amiss." in doctor(hall, "--language", "en").stdout


def test_the_status_says_what_became_of_it(visited: tuple[Hall, list[Phone]], tmp_path: Path) -> None:
    """1: something is amiss; 2: it cannot do what it was asked for."""
    hall, _ = visited
    with unwatched()(hall):
        ill = doctor(hall)
    assert (ill.returncode, "DRINGEND  Die Firewall antwortet nicht  (firewall-away)" in ill.stdout) == (1, True)
    assert doctor(hall, "--bundle", str(tmp_path / "none" / "b.tar.gz")).returncode == 2


def test_a_grant_that_the_portal_does_not_know_of(visited: tuple[Hall, list[Phone]]) -> None:
    """And one that the kernel has not: sessions and grants are counted against each other."""
    hall, phones = visited
    assert grave(examined(hall)) == set()
    up = run(hall, "nft", "list", "map", "inet", TABLE, "ids")
    assert phones[0].mac in up
    with unwatched(f"nft flush map inet {TABLE} ids", f"nft flush map inet {TABLE} up", f"nft flush map inet {TABLE} down")(hall):
        assert grave(examined(hall)) == {"firewall-away", "grants-differ"}


class _Hub(BaseHTTPRequestHandler):
    """Says what time it is."""

    ahead = 0.0

    def do_HEAD(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Of the header ``Date``."""
        return super().date_time_string((timestamp or time.time()) + self.ahead)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name for it
        """Nothing."""


@pytest.fixture
def hub(spoilt_hall: Hall) -> Iterator[tuple[ThreadingHTTPServer, ssl.SSLContext]]:
    """What answers where the hub should be, in the WAN."""
    tls = spoilt_hall.folder.path / "tls"
    asyncio.run(certificates.certify(tls, "hub", [LINK_WAN]))
    server = namespaces.inside(spoilt_hall.layout.wan, partial(ThreadingHTTPServer, (LINK_WAN, HUB_PORT), _Hub))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "hub.pem", tls / "hub.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="hub")
    thread.start()
    yield server, context
    _Hub.ahead = 0.0
    server.shutdown()
    thread.join(5)
    server.server_close()


def _with_hub(copies: Place, tmp_path: Path, authority: Path) -> Place:
    """Settings that name a hub, and a gateway that is enrolled there."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "credential").write_text("{}")
    text = re.sub(r'state_dir = "[^"]*"', f'state_dir = "{state}"', copies.portal.read_text())
    copies.portal.write_text(f'{text}\n[hub]\nurl = "{HUB_URL}"\nauthority = "{authority}"\n')
    return copies


def test_a_hub_that_is_away_or_another(
    spoilt_hall: Hall, copies: Place, tmp_path: Path, hub: tuple[ThreadingHTTPServer, ssl.SSLContext]
) -> None:
    """There: nothing. Its clock an hour ahead: ours is wrong. By another authority: not believed. Gone: away. Never enrolled: said."""
    tls = spoilt_hall.folder.path / "tls"
    asyncio.run(certificates.make(tmp_path / "stranger"))
    place = _with_hub(copies, tmp_path, tls / "authority.pem")
    assert grave(examined(spoilt_hall, place)) == set()
    _Hub.ahead = 3_600.0
    assert grave(examined(spoilt_hall, place)) == {"clock-behind"}
    _Hub.ahead = 0.0
    good = place.portal.read_text()
    place.portal.write_text(good.replace(str(tls / "authority.pem"), str(tmp_path / "stranger" / "authority.pem")))
    assert grave(examined(spoilt_hall, place)) == {"hub-untrusted"}
    place.portal.write_text(good.replace(f":{HUB_PORT}", ":8701"))
    assert grave(examined(spoilt_hall, place)) == {"hub-away"}
    (tmp_path / "state" / "credential").unlink()
    place.portal.write_text(good)
    assert grave(examined(spoilt_hall, place)) == {"hub-not-enrolled"}
