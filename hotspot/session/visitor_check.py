"""The hall's own test visits (pure): the plan that they get, and how they prove that they are ours.

A proof is ``<moment>.<nonce>.<seal>``: seconds since 1970, 16 random hex digits, and an HMAC-SHA-256 of both and the client's MAC under a
key that only the portal and the visitor's program have. It is good once, for ``WINDOW`` seconds before and after its moment, and only for
that MAC. The plan is no plan of the settings: no form, no zone and no policy can name it, and what is used on it is nobody's visit.
"""

import hmac
from hashlib import sha256
from typing import Final

from firewall.api import Rates
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session

HEADER: Final = "Hotspot-Check"
"""Of the accept form's request; holds the proof."""
WINDOW: Final = 60.0
"""Seconds."""
PLAN: Final = "visitor-check"
"""Name of the plan; no plan of the settings may have it."""
CHECK_PLAN: Final = Plan(
    name=PLAN,
    title={"de": "Probebesuch", "en": "Test visit"},
    rates=Rates(rate_down=64_000, ceil_down=2_000_000, rate_up=64_000, ceil_up=2_000_000),
    seconds=300,
    volume=20_000_000,
)
"""Enough for every step of a visit, and of no use to anybody else."""
LEAST_KEY, MOST_KEY = 32, 1_024
"""Bytes of a key file."""
MOST_USED: Final = 256
"""Proofs that are remembered: nobody but a visitor with the key makes any, once in minutes."""
_NONCE, _SEAL = 16, 64


def key_of(content: bytes) -> bytes:
    """The key in a file's content. Raises ``ValueError``."""
    found = content.strip()
    if not LEAST_KEY <= len(found) <= MOST_KEY:
        raise ValueError(f"expected a file with {LEAST_KEY} to {MOST_KEY} bytes, such as one made by: openssl rand -hex 32")
    return found


def is_check(session: Session) -> bool:
    """Is it a test visit of the hall's own, and so nobody's visit? Its plan says so, in the kernel and in the journal as well."""
    return session.plan == PLAN


def prove(key: bytes, mac: str, unix: float, nonce: str) -> str:
    """A proof; ``nonce`` are 16 random hex digits."""
    moment = int(unix)
    return f"{moment}.{nonce}.{_seal(key, mac, moment, nonce)}"


def _seal(key: bytes, mac: str, moment: int, nonce: str) -> str:
    return hmac.new(key, f"{PLAN}\0{mac.lower()}\0{moment}\0{nonce}".encode(), sha256).hexdigest()


class Proofs:
    """Which proofs were used. ``since``: wall clock of the portal's start; it remembers none from before it, so those are refused."""

    def __init__(self, since: float) -> None:
        self._since = int(since)
        self._used: dict[str, float] = {}

    def take(self, key: bytes, mac: str, proof: str, unix: float) -> bool:
        """Is it a good proof of this client that was not used before? It is used then."""
        moment_text, _, rest = proof.partition(".")
        nonce, _, seal = rest.partition(".")
        shaped = moment_text.isdigit() and len(moment_text) <= 12 and len(nonce) == _NONCE and len(seal) == _SEAL
        if not (proof.isascii() and shaped and key):
            return False
        moment = int(moment_text)
        if not hmac.compare_digest(seal, _seal(key, mac, moment, nonce)):
            return False
        self._used = {one: at for one, at in self._used.items() if at >= unix - WINDOW}
        if abs(unix - moment) > WINDOW or moment < self._since or nonce in self._used or len(self._used) >= MOST_USED:
            return False
        self._used[nonce] = moment
        return True

    def give_back(self, proof: str) -> None:
        """It was taken for what then could not be done: it is good once more."""
        self._used.pop(proof.split(".")[1], None)
