"""The portal's certificate from the hub: key and request are made here, the hub gets it signed, the portal takes it without a restart.

Two files in the state folder. *Certificate*: chain and key together, so that they always fit, whenever the power goes. *Request*: the key
that was made last with its request; the certificate for it takes the place of the one before as soon as the hub has it, and until then
the one before goes on. Before the first, and in place of one that is damaged, there is a placeholder, which no phone believes: as long as
that is so (``Presented.fault``), visitors are sent to the pages without TLS.
"""

import random
from asyncio import sleep
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from hotspot import wire
from hotspot.portal import durable
from hotspot.portal.certificate_read import STRANGE, Kept, names_in, placeholder, private_pem, public_bytes, read, read_pem
from hotspot.portal.certificates import CertificateUnusable, make_context
from hotspot.portal.office import Office
from hotspot.portal.settings import Settings
from hotspot.portal.settings_hub import CERTIFICATE
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.wire_certificate import Certified, Certify

REQUEST = "certificate.request"
RENEW: Final = timedelta(days=30)
"""Before its end a certificate is renewed; of one that lives less than 90 days, in the last third of its life."""
SPREAD: Final = 0.1
"""Of that time, by chance: halls that were set up together are not renewed together."""
SOON: Final = 5.0
"""Seconds: the first question after a start comes within so many."""
FIRST_WAIT, LONGEST_WAIT = 10.0, 600.0
"""Seconds between two tries while the hub does not answer."""
SHORTEST, LONGEST = 1.0, 3_600.0
"""Seconds between two questions, whatever the hub says."""

log = structlog.get_logger("certificate")


def names_of(settings: Settings) -> tuple[str, ...]:
    """The names under which the portal is visited."""
    hosts = {urlsplit(zone.portal_url).hostname or "" for zone in settings.zones.values()}
    return tuple(sorted(hosts))


def prepare(settings: Settings) -> None:
    """Whatever happened to the certificate: there is one with which the portal can start. Raises ``OSError``."""
    path = settings.state_dir / CERTIFICATE
    try:
        make_context(path, path)
    except CertificateUnusable as error:
        log.warning("placeholder instead of a certificate", why=str(error))
        durable.write(path, placeholder(names_of(settings)))


def margin_of(kept: Kept) -> timedelta:
    """How long before its end it is renewed, at the latest."""
    return min(RENEW, (kept.ends - kept.begins) / 3)


class Certificates:
    """Sees to it that there is a certificate, and that it is renewed in time."""

    def __init__(self, office: Office, link: Link, renewed: Callable[[], None], draw: Callable[[], float] = random.random) -> None:
        """``renewed``: there is another file; ``draw`` as in ``Backoff``."""
        self._office, self._link, self._renewed, self._draw = office, link, renewed, draw
        self._backoff = Backoff(draw, FIRST_WAIT, LONGEST_WAIT)
        self._early = 1.0 + SPREAD * draw()
        self._said = ""

    async def run(self) -> None:
        """Until cancelled."""
        wait = SOON * self._draw()
        while True:
            await sleep(wait)
            wait = await self.turn()

    async def turn(self) -> float:
        """Ask once; returns how many seconds to wait."""
        try:
            key, csr = self._request()
            answer = await self._link.post(wire.CERTIFICATE, Certify(csr=csr), Certified)
            again = self._take(answer, key)
        except HubUnavailable as error:
            return self._backoff.wait(error.retry_after)
        except (HubRefused, OSError, ValueError) as error:
            self._say("refused", str(error))
            return self._backoff.wait()
        self._backoff.reset()
        return SHORTEST if again else min(LONGEST, max(SHORTEST, answer.wait))

    def _request(self) -> tuple[bytes, str]:
        """Key and request; other ones when it is time for them. Raises ``OSError``."""
        settings = self._office.settings
        names, path = names_of(settings), settings.state_dir / REQUEST
        try:
            key, csr = _parts(path.read_bytes())
            asked = x509.load_pem_x509_csr(csr.encode())
            if set(names_in(asked.extensions)) == set(names) and not self._due(public_bytes(asked.public_key())):
                return key, csr
        except (OSError, *STRANGE):
            pass  # there is none yet, or a disk has damaged it
        return self._another(names)

    def _due(self, requested: bytes) -> bool:
        """Is the certificate for that key there, and too old to go on with?"""
        try:
            now = read(self._office.settings.state_dir / CERTIFICATE)
        except (OSError, ValueError):
            return False
        margin = margin_of(now) * self._early
        return now.key == requested and datetime.fromtimestamp(self._office.now().unix, UTC) >= now.ends - margin

    def _another(self, names: tuple[str, ...]) -> tuple[bytes, str]:
        """A new key with its request, on disk when this returns. Raises ``OSError``."""
        private = ec.generate_private_key(ec.SECP256R1())
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True)
            .sign(private, hashes.SHA256())
        )
        key, csr = private_pem(private), request.public_bytes(Encoding.PEM)
        durable.write(self._office.settings.state_dir / REQUEST, csr + key)
        log.info("another key made", names=names)
        return key, csr.decode("ascii")

    def _take(self, answer: Certified, key: bytes) -> bool:
        """What the hub says; True: ask again at once. Raises ``OSError``, and ``ValueError`` for a certificate that is none of ours."""
        self._say(answer.state, answer.why)
        settings = self._office.settings
        if answer.renew:
            self._another(names_of(settings))
            return True
        if answer.chain:
            self._install(settings.state_dir / CERTIFICATE, answer.chain.encode("ascii"), key, set(names_of(settings)))
        return False

    def _install(self, path: Path, chain: bytes, key: bytes, names: set[str]) -> None:
        found = read_pem(chain)
        if found.key != public_bytes(load_pem_private_key(key, None).public_key()):
            raise ValueError("the hub's certificate is for another key")
        if not names <= found.names or found.ends.timestamp() <= self._office.now().unix:
            raise ValueError(f"the hub's certificate is for {', '.join(sorted(found.names))}, until {found.ends:%Y-%m-%d}")
        whole = chain.rstrip() + b"\n" + key
        try:
            if path.read_bytes() == whole:
                return
        except OSError:
            pass  # it is not there, or a disk has damaged it
        durable.write(path, whole)
        log.info("certificate from the hub", until=found.ends.isoformat())
        self._renewed()

    def _say(self, state: str, why: str) -> None:
        """Once for each change."""
        if (said := f"{state}: {why}") != self._said:
            self._said = said
            (log.info if state in ("ready", "waiting") else log.warning)("certificate", state=state, why=why)


def _parts(content: bytes) -> tuple[bytes, str]:
    """Key and request of a file. Raises ``ValueError``."""
    csr, begin, key = content.partition(b"-----BEGIN PRIVATE KEY-----")
    load_pem_private_key(begin + key, None)
    return begin + key, csr.decode("ascii")
