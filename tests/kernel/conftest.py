"""Halls for the kernel tests: raised for one test each, and always taken down."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hotspot.lab import Hall, Options

RaiseHall = Callable[[Options], Awaitable[Hall]]


@pytest.fixture
async def raise_hall() -> AsyncIterator[RaiseHall]:
    """Raise a hall with chosen options; further ones get names of their own."""
    async with contextlib.AsyncExitStack() as stack:
        raised = 0

        async def raise_one(options: Options) -> Hall:
            nonlocal raised
            raised += 1
            return await stack.enter_async_context(Hall(f"test{os.getpid()}x{raised}", options))

        yield raise_one


@pytest.fixture
async def hall(raise_hall: RaiseHall) -> Hall:
    """A whole hall as in the demo: network, servers, firewall, portal."""
    return await raise_hall(Options())
