"""Certificate files of the operator's own, on the running portal: what phones would refuse leads to the pages without TLS and back again,
and what is renewed is taken as a pair, while a download goes on."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hotspot.portal import service
from hotspot.portal.certificate_read import judged
from hotspot.portal.certificates import Presented
from hotspot.portal.office import INSIST
from hotspot.portal.service import Service, main
from hotspot.portal.uplink.health import health
from hotspot.session.sessions import Now
from tests.hotspot.portal.conftest import ANNA, free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import install, presented
from tests.hotspot.portal.uplink.test_policy import CONFIG, portal

NAME = "portal.hall.example"
DAY = 86_400.0
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 24 * 1_024


def made(*names: str, begins: float = -DAY, ends: float = 60 * DAY, key: Any = None) -> tuple[bytes, bytes]:
    """Certificate and key (PEM), good from and until so many seconds from now."""
    key, now = key or ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hall")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(seconds=begins))
        .not_valid_after(now + timedelta(seconds=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names or (NAME,)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Box:
    """A gateway with settings, whose certificate files tests put there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.capture, self.plain, self.tls = folder, free_port(), free_port(), free_port()
        self.config = folder / "portal.toml"
        text = CONFIG.format(management=free_port(), capture=self.capture, portal=self.plain, hub="")
        text = text.replace(f"http://{NAME}/", f"https://{NAME}/").replace("listen =", f"portal_tls_port = {self.tls}\nlisten =")
        self.config.write_text(f'certificate = "own.pem"\nkey = "own.key"\ntheme = "theme.toml"\n{text}')
        (folder / "theme.toml").write_text('[sign_language]\nfile = "video.mp4"\n')
        (folder / "video.mp4").write_bytes(VIDEO)

    def put(self, pair: tuple[bytes, bytes]) -> None:
        """As renewal tools do, one after the other."""
        install(self.folder / "own.pem", pair[0])
        install(self.folder / "own.key", pair[1])

    async def led_to(self) -> str:
        """Where a phone is led whose probe is caught."""
        answer = await said(self.capture, "captive.example")
        return next(line.partition(": ")[2] for line in answer.splitlines() if line.startswith("Location: "))

    async def leads_to(self, url: str) -> None:
        """Returns when it does: the redirect is looked at once a second."""
        async with asyncio.timeout(10):
            while await self.led_to() != url:
                pass


async def said(port: int, host: str, tls: ssl.SSLContext | None = None) -> str:
    """The answer to a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=host if tls else None)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(-1), 5)
    writer.close()
    return answer.decode()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """Its files are looked at ten times a second."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(service, "CERTIFICATE_SECONDS", 0.1)
    (tmp_path / "state").mkdir()
    return Box(tmp_path)


@asynccontextmanager
async def running(box: Box) -> AsyncIterator[Service]:
    """Its portal."""
    async with FakeFirewall(box.folder / "firewall.sock") as fake:
        fake.neighbours = {"127.0.0.1": (ANNA, "public")}
        async with portal(box.config) as service:
            yield service


@asynccontextmanager
async def download(service: Service, port: int) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """Somebody loads the video over TLS, and has read no more than its beginning; the rest when it is asked for."""
    video = next(name for name in service.office.settings.hall.theme.assets if name.endswith(".mp4"))
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybody, server_hostname=NAME, limit=4_096)
    writer.write(f"GET /brand/{video} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
    begun = await reader.readexactly(1_000)

    async def rest() -> bytes:
        assert not writer.transport.is_closing()
        return begun + await reader.readexactly(len(VIDEO) - len(begun))

    yield rest
    writer.close()


BAD: dict[str, tuple[Callable[[], tuple[bytes, bytes]], str]] = {
    "ended": (lambda: made(ends=-60.0), "the portal's certificate has ended"),
    "not yet": (lambda: made(begins=DAY), "the portal's certificate is not valid yet"),
    "name": (lambda: made("old.hall.example"), f"the portal's certificate is not for {NAME}"),
    "key": (lambda: (made()[0], made()[1]), "KEY_VALUES_MISMATCH"),
    "half": (lambda: (made()[0][:-20], made()[1]), "a file that is written half"),
    "nonsense": (lambda: (b"certificate", b"key"), "PEM lib"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_phones_refuse_leads_to_the_pages_without_tls(box: Box, what: str) -> None:
    """From the start on: visitors get their page, staff and hub are told why, no browser is told to insist on TLS; and with good files
    visitors are led to TLS again, without a restart."""
    make, why = BAD[what]
    box.put(make())
    async with running(box) as service:
        assert await box.led_to() == f"http://{NAME}/"
        assert (await said(box.plain, NAME)).startswith("HTTP/1.1 200 OK\r\n")
        (fault,) = health(service.office).faults
        assert (why in fault, fault.endswith(": pages are served without TLS")) == (True, True), fault
        pair = made()
        box.put(pair)
        await box.leads_to(f"https://{NAME}/")
        assert health(service.office).faults == ()
        answer = await said(box.tls, NAME, ssl.create_default_context(cadata=pair[0].decode()))
        assert (answer.startswith("HTTP/1.1 200 OK\r\n"), f"max-age={INSIST:.0f}\r\n" in answer) == (True, True)


async def test_a_certificate_that_is_missing_at_the_start(box: Box) -> None:
    """The hall is open all the same."""
    async with running(box) as service:
        assert await box.led_to() == f"http://{NAME}/"
        assert "No such file" in service.office.certificate_fault
        box.put(made())
        await box.leads_to(f"https://{NAME}/")


async def test_a_certificate_that_ends_in_the_night(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the portal runs, with nothing changed on disk. Browsers insist on TLS for less and less long before."""
    pair = made(ends=5 * DAY)
    box.put(pair)
    async with running(box) as service:
        office, now = service.office, service.office.now
        assert await box.led_to() == f"https://{NAME}/"
        assert 4 * DAY - 60 < office.insist <= 4 * DAY
        monkeypatch.setattr(office, "now", lambda: _later(now(), 4.9))
        assert (office.address(f"https://{NAME}/"), office.certificate_fault, office.insist) == (f"https://{NAME}/", "", 0)
        monkeypatch.setattr(office, "now", lambda: _later(now(), 5.1))
        await box.leads_to(f"http://{NAME}/")
        assert health(office).faults == ("the portal's certificate has ended: pages are served without TLS",)
        answer = await said(box.tls, NAME, ssl.create_default_context(cadata=pair[0].decode()))  # whoever is on TLS stays there
        assert (answer.startswith("HTTP/1.1 200 OK\r\n"), "max-age=0\r\n" in answer) == (True, True)


def _later(now: Now, days: float) -> Now:
    return msgspec.structs.replace(now, unix=now.unix + days * DAY)


@pytest.mark.parametrize("what", BAD)
async def test_a_good_one_is_not_given_away(box: Box, what: str) -> None:
    """Files that phones would refuse do not take the place of one that they take; it is said why, and good ones are taken later."""
    first = made()
    box.put(first)
    async with running(box) as service:
        reloads = service.office.metrics.certificate_reloads
        box.put(BAD[what][0]())
        await until(lambda: reloads.labels("refused")._value.get() == 1)
        assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(first[0].decode())
        assert service.office.certificate_fault == ""
        third = made()
        box.put(third)
        await until(lambda: reloads.labels("reloaded")._value.get() == 1)
        assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(third[0].decode())


async def test_one_that_is_good_from_tomorrow_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is put there a day early: the one before goes on until then, and nobody has to touch the files again."""
    first, second = made(), made(begins=DAY)
    box.put(first)
    async with running(box) as service:
        now, reloads = service.office.now, service.office.metrics.certificate_reloads
        box.put(second)
        await until(lambda: reloads.labels("refused")._value.get() == 1)
        assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(first[0].decode())
        monkeypatch.setattr(service.office, "now", lambda: _later(now(), 1.1))
        await until(lambda: reloads.labels("reloaded")._value.get() == 1)
        assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(second[0].decode())


@pytest.mark.parametrize("kind", ["EC to RSA", "RSA to EC"])
async def test_renewed_while_a_download_goes_on(box: Box, kind: str) -> None:
    """Files are replaced one after the other, also with a key of another kind: new connections get the new pair as soon as both are there
    and never another mixture, whoever is loading something over TLS gets it whole, and the process is the same."""
    keys = [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2_048)]
    first, second = (made(key=key) for key in (keys if kind == "EC to RSA" else reversed(keys)))
    box.put(first)
    async with running(box) as service, download(service, box.tls) as rest:
        install(box.folder / "own.pem", second[0])
        for _ in range(5):
            assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(first[0].decode())
        install(box.folder / "own.key", second[1])
        await until(lambda: service.office.metrics.certificate_reloads.labels("reloaded")._value.get() == 1)
        assert await presented(box.tls) == ssl.PEM_cert_to_DER_cert(second[0].decode())
        assert await rest() == VIDEO


async def test_a_file_that_is_being_written(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain whose second certificate is not there yet looks whole: by itself it is taken only when it has been left alone."""
    monkeypatch.setattr(service, "CERTIFICATE_SECONDS", 0.4)
    box.put(made())
    async with running(box) as running_one:
        chain, key = made()
        reloads = running_one.office.metrics.certificate_reloads
        install(box.folder / "own.key", key)
        for part in range(12):  # for longer than three looks, somebody goes on writing
            (box.folder / "own.pem").write_bytes(chain + b"# %d\n" % part)
            await asyncio.sleep(0.1)  # the time that a slow writer takes
        assert reloads.labels("reloaded")._value.get() == 0
        await until(lambda: reloads.labels("reloaded")._value.get() == 1)


@pytest.mark.parametrize(
    ("names", "host", "good"),
    [
        (("portal.hall.example",), "Portal.Hall.example", True),
        (("*.hall.example",), "portal.hall.example", True),
        (("*.hall.example",), "hall.example", False),
        (("*.hall.example",), "a.portal.hall.example", False),
        (("198.18.0.1",), "198.18.0.1", False),  # a name that looks like an address
    ],
)
def test_names(names: tuple[str, ...], host: str, good: bool) -> None:
    """As phones compare them."""
    assert (judged(made(*names)[0], [host]).missing == ()) is good


def test_each_name_is_judged_by_itself() -> None:
    """A zone whose name is held is led to TLS, the one beside it is not."""
    shown = judged(made("a.example")[0], ["a.example", "b.example"])
    assert [shown.fault(datetime.now(UTC).timestamp(), host) for host in ("a.example", "b.example")] == [
        "",
        "the portal's certificate is not for b.example",
    ]
    assert Presented().fault(0.0) == ""


def test_check_config_says_it(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it goes to a hall."""
    for pair, expected in ((made(), False), (made(ends=-60.0), True), (made(ends=10 * DAY), True)):
        box.put(pair)
        assert main(["--config", str(box.config), "--check-config"]) == 0
        assert ("warning: the portal's certificate" in capsys.readouterr().err) is expected
