"""Passwords of the hub's users: argon2id, computed in threads so that the loop goes on, and as slow for a name that nobody has."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

AT_ONCE: Final = 2
"""Computed at the same time: 19 MiB and 26 ms of one core each."""
WAITING: Final = 32
"""In the queue, under a second of it; who comes then is told to come back."""
LEAST: Final = 12
MOST: Final = 200
"""Characters of a password."""


class Busy(Exception):
    """Too many passwords are being checked."""


_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads: Final = ThreadPoolExecutor(AT_ONCE, "password")
_begun: Final[set[object]] = set()
"""What is being computed or waits."""


def fault(password: str, name: str) -> str:
    """Why nobody should have it, as what was expected; ``""``: it is good. Long beats strange characters (BSI, NIST SP 800-63B)."""
    if not LEAST <= len(password) <= MOST:
        return f"{LEAST} to {MOST} characters"
    if name.casefold() in password.casefold() and len(password) < len(name) + LEAST:
        return f"one that is not made of the name {name!r}"
    if len(set(password)) < 5:
        return "at least 5 different characters"
    return ""


async def hashed(password: str) -> str:
    """As the database keeps it. Raises ``Busy``."""
    return await _computed(_hasher.hash, password)


async def verified(stored: str, password: str) -> bool:
    """Is it the password of this hash? ``stored`` ``""`` takes as long, and says no. Raises ``Busy``."""
    return await _computed(_verify, stored or _nobodys(), password) and bool(stored)


def outdated(stored: str) -> bool:
    """It was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of a name that nobody has")


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def _computed(work: Callable[..., T], *arguments: str) -> T:
    if len(_begun) >= AT_ONCE + WAITING:
        raise Busy
    mine = object()
    _begun.add(mine)
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
    finally:
        _begun.discard(mine)
