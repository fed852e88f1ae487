"""Who asks: a gateway by its credential.

What a credential stands for is remembered, and forgotten in all processes as soon as one of them changes it. A new credential ends those
before it with its first use; one that has ended is refused, and staff are told when somebody still has it who should not.
"""

import re
import time
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec import Struct

from hotspot.hub.gateways.refusals import not_known
from hotspot.hub.gateways.remembered import Remembered
from hotspot.hub.hub import Hub
from hotspot.hub.store import audit, credentials, findings
from hotspot.hub.store.credentials import Credential
from hotspot.hub.store.tenants import Gateway
from hotspot.hub.tokens import KINDS, hashed

STALE: Final = frozenset({"rotated", "superseded", "replaced"})
"""Why a credential may have ended of which somebody has a copy that nobody should have: a box that was replaced, a disk image, a thief."""
_FORM: Final = re.compile(rf"{KINDS['credential']}_[A-Za-z0-9_-]{{43}}")
_MOST_BAD: Final = 10_000
BAD_SECONDS: Final = 30.0
"""For which what is not good is refused without asking; staff are told of a credential that has ended at most so often."""

log = structlog.get_logger("gateways")


class Known(Struct, frozen=True):
    """A gateway that has shown a good credential."""

    gateway: Gateway
    credential: int
    made: datetime
    rotate_from: datetime | None

    def to_rotate(self, now: datetime, age: float) -> bool:
        """Is the credential older than ``age`` seconds, or do staff want another one?"""
        return self.made < now - timedelta(seconds=age) or (self.rotate_from is not None and self.made < self.rotate_from)


class Doorkeeper:
    """Knows gateways by their credentials."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: Remembered[bytes, Known] = Remembered(hub.signals, time.monotonic)
        self._hashes: dict[int, set[bytes]] = {}
        self._bad: dict[bytes, float] = {}
        """Hash of what is not good -> until when (monotonic) that is certain enough; a credential that ended never comes back."""
        hub.signals.on("credential", self._changed)
        hub.signals.on_missed(self._hashes.clear)

    def remembered(self, secret_hash: bytes) -> Known | None:
        """Without asking the database; None: ask. Raises ``Refusal`` for what was found not to be good just now."""
        if time.monotonic() < self._bad.get(secret_hash, 0.0):
            raise not_known()
        return self._known.get(secret_hash)

    async def find(self, secret_hash: bytes) -> Known:
        """Ask the database. Raises ``Refusal`` and ``StoreUnavailable``."""
        age = self._known.age
        async with self._hub.store.connection() as connection:
            found = await credentials.find(connection, secret_hash)
        if found is None or found.ended is not None or found.gateway.revoked_at is not None:
            await self._refuse(secret_hash, found)
        assert found is not None
        if found.used is None:
            await self._begin(found)
        known = Known(found.gateway, found.id, found.made, found.rotate_from)
        self._known.put(secret_hash, known, age)
        self._hashes.setdefault(found.gateway.id, set()).add(secret_hash)
        return known

    async def _begin(self, found: Credential) -> None:
        """The first use of a new credential."""
        now = self._hub.now()
        gateway = found.gateway
        async with self._hub.store.transaction() as connection:
            if await credentials.begin(connection, found, now):
                actor = f"gateway {gateway.name}"
                await audit.write(connection, actor, "credential.begin", partner=gateway.partner, hall=gateway.hall, subject=gateway.name)

    async def _refuse(self, secret_hash: bytes, found: Credential | None) -> None:
        """Raises ``Refusal``, after staff were told if there is something to tell."""
        if len(self._bad) >= _MOST_BAD:
            self._bad.clear()
        self._bad[secret_hash] = time.monotonic() + BAD_SECONDS
        if found is not None and found.why in STALE:
            gateway = found.gateway
            log.warning("credential that has ended is still in use", gateway=gateway.name, ended=found.why)
            detail = f"a credential was shown that had ended {found.ended:%Y-%m-%d %H:%M} UTC ({found.why}): who has a copy of it?"
            finding = findings.Finding(gateway.hall_id, gateway.id, "stale_credential", detail)
            async with self._hub.store.transaction() as connection:
                await findings.record(connection, [finding], self._hub.now())
        raise not_known()

    def _changed(self, which: str) -> None:
        """Credentials of a gateway were changed, by any process."""
        for secret_hash in self._hashes.pop(int(which), ()):
            self._known.forget(secret_hash)
        self._known.age += 1


def shown(authorization: str) -> bytes:
    """The hash of the credential in an ``Authorization`` header. Raises ``Refusal`` for anything that cannot be one: that costs nothing."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not _FORM.fullmatch(secret.strip()):
        raise not_known()
    return hashed(secret.strip())
