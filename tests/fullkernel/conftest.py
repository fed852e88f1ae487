"""These tests need root like the kernel tests, and minutes where a processor is emulated; at the end they tell their figures."""

from pathlib import Path
from typing import Any

import pytest

from tests.fullkernel.guests import NotHere, Play, guests, need_user_mode, tell, told

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this folder that start a guest."""
    if HERE in item.path.parents and item.path.name != "test_initrd.py":
        item.add_marker("kernel")
        item.add_marker(pytest.mark.timeout(1200))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the selected tests need can be played side by side."""
    asked = (item.callspec.params.get("found") for item in session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec"))
    guests.wanted = [play for play in asked if isinstance(play, Play)]


def pytest_sessionfinish() -> None:
    """Leave no guest behind, however the run ends."""
    guests.end()


@pytest.fixture(scope="session")
def found(request: pytest.FixtureRequest) -> Any:
    """What a scene has found; the test is skipped where there is no kernel for it, or what it needs cannot be fetched."""
    play: Play = request.param
    if not play.debian:
        need_user_mode()
    try:
        return guests.found(play)
    except NotHere as none:
        tell("not run", f"{play.scene}: {none}")
        pytest.skip(str(none))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which kernels were used, and the tables of docs/benchmarks.md."""
    for heading, lines in told.items():
        terminalreporter.section(f"full kernel: {heading}", sep="-")
        for line in lines:
            terminalreporter.write_line(line)
