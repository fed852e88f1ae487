"""One hall for each module of attacks, and a guard for each test: none knows what another did."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.guard.guarded import Guarded, guarded, listening


@pytest.fixture(scope="module")
def wires() -> Iterator[Guarded]:
    """A bridge with four guests and a DHCP server. Its folder is not pytest's, which another session shuts for other users."""
    with tempfile.TemporaryDirectory(prefix="guarded-") as name:
        files = Path(name)
        files.chmod(0o755)  # the guard is another user
        with guarded(files) as up:
            yield up


@pytest.fixture
def hall(wires: Guarded) -> Iterator[Guarded]:
    """With a guard that has just begun to listen."""
    with listening(wires) as up:
        yield up
