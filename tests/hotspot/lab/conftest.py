"""What the lab's own tests share."""

import os
from collections.abc import AsyncIterator

import pytest

from hotspot.lab import Hall


@pytest.fixture
def name() -> str:
    """A name that no other run of the tests uses."""
    return f"lab{os.getpid()}"


@pytest.fixture
async def raised_hall(name: str) -> AsyncIterator[Hall]:
    """A whole hall as in the demo: network, servers, firewall, portal."""
    async with Hall(name) as hall:
        yield hall
