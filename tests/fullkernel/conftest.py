"""These tests need root like the kernel tests, and minutes where a processor is emulated; at the end they tell their figures."""

from pathlib import Path

import pytest

from tests.fullkernel import guests

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this folder that start a guest."""
    if HERE in item.path.parents and item.path.name != "test_initrd.py":
        item.add_marker("kernel")
        item.add_marker(pytest.mark.timeout(1200))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which kernels were used, and the tables of docs/benchmarks.md."""
    for heading, lines in guests.told.items():
        terminalreporter.section(f"full kernel: {heading}", sep="-")
        for line in lines:
            terminalreporter.write_line(line)
