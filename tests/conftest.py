"""Rules for every test: where a file lies says what it needs, and a test that needs root says so before anything runs."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
MARKED_FOLDERS = ("kernel", "browser")

# No deadline: the machine may be busy, and how fast the code is, is what the benchmarks tell. Fewer examples than usual, so that the pure
# tests stay a matter of seconds; `make fuzz` runs many more.
settings.register_profile("project", deadline=None, print_blob=True, max_examples=20)
settings.load_profile("project")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every test below ``kernel/`` and ``browser/`` the marker of that name."""
    if TESTS in item.path.parents:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in MARKED_FOLDERS:
            item.add_marker(folder)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run kernel and browser tests without root: a skipped test would look like a passed one."""
    needs_root = [item for item in session.items if any(map(item.get_closest_marker, MARKED_FOLDERS))]
    if needs_root and os.geteuid() != 0 and not session.config.option.collectonly:
        raise pytest.UsageError(f"cannot run {len(needs_root)} kernel and browser tests: they need root; `make test-pure` does not")
