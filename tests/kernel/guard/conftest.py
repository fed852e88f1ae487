"""One guarded hall for each module of attacks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.guard.guarded import Guarded, guarded


@pytest.fixture(scope="module")
def hall() -> Iterator[Guarded]:
    """A bridge with four guests, a DHCP server, and the guard. Its folder is not pytest's, which another session shuts for other users."""
    with tempfile.TemporaryDirectory(prefix="guarded-") as name:
        files = Path(name)
        files.chmod(0o755)  # the guard is another user
        with guarded(files) as up:
            yield up
