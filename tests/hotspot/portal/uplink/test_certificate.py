"""The portal's side of its certificate: keys, requests, renewal in time, and what of the hub's answers is taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hotspot.portal import certificate_read
from hotspot.portal.certificate_end import end_of
from hotspot.portal.certificates import make_context
from hotspot.portal.settings import BadSettings, load
from hotspot.portal.settings_hub import CERTIFICATE
from hotspot.portal.uplink import certificate
from hotspot.portal.uplink.certificate import REQUEST, Certificates
from hotspot.portal.uplink.health import health
from hotspot.portal.uplink.link import Link
from hotspot.wire_certificate import Certified, Certify
from tests.hotspot.portal.conftest import ANNA, Bench, free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import presented
from tests.hotspot.portal.test_own_certificate import VIDEO, download
from tests.hotspot.portal.uplink.small_hub import SmallHub
from tests.hotspot.portal.uplink.test_policy import CONFIG, portal

NAME = "portal.hall.example"
DAY = 86_400.0


class Signing:
    """A hub that signs at once. Tests set ``days``, ``answer`` and ``key``; they read ``asked``."""

    def __init__(self, unix: Callable[[], float]) -> None:
        self._unix = unix
        self._root = ec.generate_private_key(ec.SECP256R1())
        self.days = 90.0
        self.name = NAME
        self.other_key = False
        self.answer: Certified | None = None
        self.asked: list[str] = []
        self._chains: dict[str, str] = {}

    async def __call__(self, wanted: Certify) -> Certified:
        """What the hub answers."""
        self.asked.append(wanted.csr)
        if self.answer is not None:
            return self.answer
        chain = self._chains.setdefault(wanted.csr, self.signed(wanted.csr))
        return Certified(state="ready", chain=chain, wait=600.0)

    def signed(self, pem: str) -> str:
        """The certificate for a request."""
        csr, now = x509.load_pem_x509_csr(pem.encode()), datetime.fromtimestamp(self._unix(), UTC)
        public = ec.generate_private_key(ec.SECP256R1()).public_key() if self.other_key else csr.public_key()
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=self.days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(self.name)]), critical=True)
            .sign(self._root, hashes.SHA256())
        )
        return made.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def signing(bench: Bench) -> Signing:
    """Whoever signs."""
    return Signing(lambda: bench.clock.unix)


@pytest.fixture
async def asking(bench: Bench, signing: Signing, tmp_path: Path) -> AsyncIterator[tuple[Certificates, list[bytes]]]:
    """The part that asks, and what it has put into force."""
    taken: list[bytes] = []
    async with SmallHub(tmp_path) as hub, Link(hub.hub(), tmp_path) as link:
        hub.certify = signing
        hub.enrol(tmp_path)
        yield Certificates(bench.office, link, lambda: taken.append((tmp_path / CERTIFICATE).read_bytes()), lambda: 0.0), taken


Asking = tuple[Certificates, list[bytes]]


async def test_key_and_certificate_are_one_file(asking: Asking, signing: Signing, tmp_path: Path) -> None:
    """What is taken fits; asking again changes nothing, and the request is for the portal's names and nothing else."""
    one, taken = asking
    assert await one.turn() == 600.0
    assert await one.turn() == 600.0
    assert len(taken) == 1
    make_context(tmp_path / CERTIFICATE, tmp_path / CERTIFICATE)
    assert end_of(taken[0].decode()) == certificate_read.read(tmp_path / CERTIFICATE).ends.timestamp()
    assert signing.asked[0] == signing.asked[1]
    csr = x509.load_pem_x509_csr(signing.asked[0].encode())
    assert csr.subject == x509.Name([])
    assert csr.extensions[0].value == x509.SubjectAlternativeName([x509.DNSName(NAME)])


@pytest.mark.parametrize(("days", "day"), [(90.0, 60.0), (398.0, 368.0), (45.0, 30.0), (6.0, 4.0)])
async def test_renewed_in_time(asking: Asking, signing: Signing, bench: Bench, days: float, day: float) -> None:
    """30 days before the end, of a short life in its last third: another key, and the one before until the new one is there."""
    one, taken = asking
    signing.days = days
    await one.turn()
    bench.clock.tick(day * DAY - 60)
    await one.turn()
    assert len(taken) == 1
    bench.clock.tick(120)
    signing.answer = Certified(state="waiting", why="the authority is asked", wait=20.0)
    assert await one.turn() == 20.0
    assert (signing.asked[-1] != signing.asked[0], len(taken)) == (True, 1)
    signing.answer = None
    await one.turn()
    assert (signing.asked[-1] == signing.asked[-2], len(taken)) == (True, 2)


async def test_halls_are_renewed_at_different_times(bench: Bench, tmp_path: Path, signing: Signing) -> None:
    """Up to a tenth of the time earlier, by chance."""
    async with SmallHub(tmp_path) as hub, Link(hub.hub(), tmp_path) as link:
        hub.certify = signing
        hub.enrol(tmp_path)
        early = Certificates(bench.office, link, lambda: None, lambda: 1.0)
        late = Certificates(bench.office, link, lambda: None, lambda: 0.0)
        await late.turn()
        bench.clock.tick(58 * DAY)
        await late.turn()
        assert signing.asked[0] == signing.asked[1]
        await early.turn()
        assert signing.asked[1] != signing.asked[2]


async def test_staff_want_another_key(asking: Asking, signing: Signing) -> None:
    """It is made at once, and asked for at once."""
    one, taken = asking
    await one.turn()
    signing.answer = Certified(state="waiting", renew=True)
    assert await one.turn() == certificate.SHORTEST
    signing.answer = None
    await one.turn()
    assert (signing.asked[-1] != signing.asked[0], len(taken)) == (True, 2)


async def test_another_name(asking: Asking, signing: Signing, bench: Bench) -> None:
    """After the portal was given another name it asks for that."""
    one, taken = asking
    await one.turn()
    zone = msgspec.structs.replace(bench.office.settings.zones["public"], portal_url="https://wlan.hall.example/")
    bench.office.settings = msgspec.structs.replace(bench.office.settings, zones={"public": zone})
    signing.name = "wlan.hall.example"
    await one.turn()
    assert len(taken) == 2
    assert certificate_read.read(bench.office.settings.state_dir / CERTIFICATE).names == {"wlan.hall.example"}


@pytest.mark.parametrize("wrong", ["key", "name", "end", "text"])
async def test_what_is_not_taken(asking: Asking, signing: Signing, tmp_path: Path, wrong: str) -> None:
    """A certificate for another key or name, one that is over, and what is none: the one before goes on, and it is asked again."""
    one, taken = asking
    signing.other_key, signing.name = wrong == "key", "x.example" if wrong == "name" else NAME
    signing.days = 90.0 if wrong != "end" else 0.0
    if wrong == "text":
        signing.answer = Certified(state="ready", chain="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert certificate.FIRST_WAIT / 2 <= await one.turn() <= certificate.FIRST_WAIT
    assert taken == []
    assert not (tmp_path / CERTIFICATE).exists()


async def test_the_hub_is_away(asking: Asking, signing: Signing) -> None:
    """It is asked seldom and more seldom, with the same key."""
    one, taken = asking
    await one.turn()
    hub_says = signing.asked[0]

    one._link.credentials.path.rename(one._link.credentials.path.with_suffix(".away"))  # not enrolled: as good as away
    waits = [await one.turn() for _ in range(3)]
    one._link.credentials.path.with_suffix(".away").rename(one._link.credentials.path)
    assert waits == [5.0, 10.0, 20.0]
    await one.turn()
    assert (signing.asked[-1], len(taken)) == (hub_says, 1)


async def test_a_damaged_disk(asking: Asking, signing: Signing, tmp_path: Path) -> None:
    """A request that cannot be read is made anew; a certificate that cannot be used is replaced by a placeholder at the next start."""
    one, taken = asking
    await one.turn()
    (tmp_path / REQUEST).write_bytes(b"\0" * 100)
    await one.turn()
    assert (signing.asked[-1] != signing.asked[0], len(taken)) == (True, 2)
    (tmp_path / CERTIFICATE).write_bytes(taken[1][:300])
    certificate.prepare(one._office.settings)
    make_context(tmp_path / CERTIFICATE, tmp_path / CERTIFICATE)
    assert certificate_read.read(tmp_path / CERTIFICATE).placeholder
    await one.turn()
    assert (tmp_path / CERTIFICATE).read_bytes() == taken[-1] == taken[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (('state_dir = "state"', 'state_dir = "state"\ncertificate = "a"\nkey = "b"'), "the certificate comes from the hub"),
        (("portal.hall.example", "198.18.0.1"), "expected a name in DNS"),
    ],
)
def test_settings_that_contradict(tmp_path: Path, changes: tuple[str, str], said: str) -> None:
    """A file and the hub, and a portal without a name."""
    from tests.hotspot.portal.test_certificates import make_pair

    (tmp_path / "hub.pem").write_bytes(make_pair(tmp_path, "localhost")[0])
    section = '[hub]\nurl = "https://localhost:1"\nauthority = "hub.pem"\ncertificate = true\n'
    config = tmp_path / "portal.toml"
    text = CONFIG.format(management=1, capture=2, portal=3, hub=section)
    config.write_text(text)
    settings = load(config)
    assert (settings.certificate, settings.key) == (tmp_path / "state" / CERTIFICATE, tmp_path / "state" / CERTIFICATE)
    config.write_text(text.replace(*changes))
    with pytest.raises(BadSettings, match=said):
        load(config)


async def test_visitors_get_their_pages_while_there_is_no_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged certificate: whoever comes is sent to the pages without TLS, the hub is told, and asked for another one; as soon as that is
    there, visitors are sent to it, and a browser is never told to insist on TLS."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(certificate, "SOON", 0.01)
    signing, capture, plain = Signing(lambda: datetime.now(UTC).timestamp()), free_port(), free_port()
    signing.answer = Certified(state="waiting", why="the authority is asked", wait=1.0)
    async with SmallHub(tmp_path) as hub, FakeFirewall(tmp_path / "firewall.sock") as fake:
        hub.certify = signing
        fake.neighbours = {"127.0.0.1": (ANNA, "public")}
        (tmp_path / "state").mkdir()
        hub.enrol(tmp_path / "state")
        (tmp_path / "state" / CERTIFICATE).write_bytes(b"\0" * 700)
        text = CONFIG.format(management=free_port(), capture=capture, portal=plain, hub=f"{hub.section()}certificate = true")
        text = text.replace(f"http://{NAME}/", f"https://{NAME}/").replace("listen =", f"portal_tls_port = {free_port()}\nlisten =")
        (tmp_path / "portal.toml").write_text(text)
        async with portal(tmp_path / "portal.toml") as service:
            office = service.office
            assert f"\r\nLocation: http://{NAME}/\r\n" in await said(capture, "captive.example")
            page = await said(plain, NAME)
            assert page.startswith("HTTP/1.1 200 OK\r\n")
            assert "max-age=604800" not in page
            assert health(office).faults == ("the portal has no certificate from the hub: pages are served without TLS",)
            await until(lambda: office.vitals.disk_size > 0)
            assert health(office).certificate_until is None
            signing.answer = None
            await until(lambda: health(office).faults == ())
            assert f"\r\nLocation: https://{NAME}/\r\n" in await said(plain, NAME)
            async with asyncio.timeout(5):
                while f"\r\nLocation: https://{NAME}/\r\n" not in await said(capture, "captive.example"):  # it looks once a second
                    pass


async def test_another_one_while_a_download_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff want another key, and the hub gives another certificate: new connections get it at once, without a restart; whoever is loading
    something over TLS, slowly, gets it whole."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(certificate, "SOON", 0.01)
    monkeypatch.setattr(certificate, "SHORTEST", 0.05)
    monkeypatch.setattr(certificate, "LONGEST", 0.05)
    signing, tls = Signing(lambda: datetime.now(UTC).timestamp()), free_port()
    async with SmallHub(tmp_path) as hub, FakeFirewall(tmp_path / "firewall.sock") as fake:
        hub.certify = signing
        fake.neighbours = {"127.0.0.1": (ANNA, "public")}
        (tmp_path / "state").mkdir()
        hub.enrol(tmp_path / "state")
        (tmp_path / "theme.toml").write_text('[sign_language]\nfile = "video.mp4"\n')
        (tmp_path / "video.mp4").write_bytes(VIDEO)
        text = CONFIG.format(management=free_port(), capture=free_port(), portal=free_port(), hub=f"{hub.section()}certificate = true")
        text = text.replace(f"http://{NAME}/", f"https://{NAME}/").replace("listen =", f"portal_tls_port = {tls}\nlisten =")
        (tmp_path / "portal.toml").write_text(f'theme = "theme.toml"\n{text}')
        async with portal(tmp_path / "portal.toml") as service:
            reloads = service.office.metrics.certificate_reloads.labels("reloaded")._value
            await until(lambda: reloads.get() == 1)
            first = await presented(tls)
            async with download(service, tls) as rest:
                signing.answer = Certified(state="waiting", renew=True)
                await until(lambda: len(set(signing.asked)) > 1)
                assert await presented(tls) == first
                signing.answer = None
                await until(lambda: reloads.get() == 2)
                assert await presented(tls) != first
                assert await rest() == VIDEO


async def said(port: int, host: str) -> str:
    """The answer to a request without TLS."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(-1), 5)
    writer.close()
    return answer.decode()


@pytest.mark.parametrize(
    ("days", "name", "fault"),
    [
        (90.0, NAME, ""),
        (90.0, "x.example", f"the portal's certificate is not for {NAME}"),
        (30.0, NAME, "the portal's certificate has ended"),
    ],
)
async def test_what_phones_refuse(bench: Bench, tmp_path: Path, days: float, name: str, fault: str) -> None:
    """One for another name, and one that is over: as none. Nobody is sent to TLS with them."""
    signing = Signing(lambda: bench.clock.unix)
    signing.days, signing.name = days, name
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    (tmp_path / CERTIFICATE).write_text(signing.signed(csr.public_bytes(Encoding.PEM).decode()))
    bench.office.presented = certificate_read.judged((tmp_path / CERTIFICATE).read_bytes(), certificate.names_of(bench.office.settings))
    bench.clock.tick(31 * DAY)
    assert bench.office.certificate_fault == fault
    assert bench.office.address("https://portal.hall.example:8443/a") == (
        "http://portal.hall.example/a" if fault else "https://portal.hall.example:8443/a"
    )
    assert bench.office.address("http://portal.hall.example/") == "http://portal.hall.example/"
