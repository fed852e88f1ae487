"""Rules for every test: where a file lies says what it needs, and a test that needs root says so before anything runs."""

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
MARKED_FOLDERS = ("kernel", "browser")
ALONE = ("deploy/machines", "deploy/plays", "fullkernel", "hotspot/lab", "kernel", "test_journey.py")
"""Tests that look at times, rates or all of a machine: they want it for themselves. All others may run beside each other …"""
BESIDE = (
    "kernel/doctor",
    "kernel/guard",
    "kernel/visitor",
    "kernel/attacks/test_garden.py",
    "kernel/attacks/test_sweep.py",
    *(f"hotspot/lab/test_{what}.py" for what in ("city", "commands", "hall")),
    *(f"kernel/failures/test_{what}.py" for what in ("clock", "journal_lost", "kills", "reboot", "restarts", "rules")),
    *(f"kernel/test_{what}.py" for what in ("block_list", "firewall", "firewall_life", "prefixes")),
    *(f"kernel/test_{what}.py" for what in ("town", "vouchers", "what_leaves", "zones")),
    *(f"kernel/test_probes_{part}.py" for part in ("api", "ends", "matrix", "shapes")),
)
"""… and so may these."""
CONTRACTS = tomllib.loads((TESTS.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
PURE = tuple(module for contract in CONTRACTS if contract["id"] == "pure" for module in contract["source_modules"])
"""Modules without I/O, clock and chance: tests that mirror them are the pure tests."""

# No deadline: the machine may be busy, and how fast the code is, is what the benchmarks tell. Fewer examples than usual, so that the pure
# tests stay a matter of seconds; `make fuzz` runs many more.
settings.register_profile("project", deadline=None, print_blob=True, max_examples=20)
settings.load_profile("project")


def _within(path: Path, places: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(TESTS / place) for place in places)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every test below ``kernel/`` and ``browser/`` the marker of that name, ``alone`` to those that nothing may run beside, and
    ``pure`` to those that mirror a pure module."""
    if TESTS in item.path.parents:
        if _within(item.path, ALONE) and not _within(item.path, BESIDE):
            item.add_marker("alone")
        parts = item.path.relative_to(TESTS).with_suffix("").parts
        if parts[0] in MARKED_FOLDERS:
            item.add_marker(parts[0])
        mirrored = ".".join((*parts[:-1], parts[-1].removeprefix("test_")))
        if any(f"{mirrored}.".startswith(f"{module}.") for module in PURE):
            item.add_marker("pure")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run kernel and browser tests without root: a skipped test would look like a passed one."""
    needs_root = [item for item in session.items if any(map(item.get_closest_marker, MARKED_FOLDERS))]
    if needs_root and os.geteuid() != 0 and not session.config.option.collectonly:
        raise pytest.UsageError(f"cannot run {len(needs_root)} kernel and browser tests: they need root; `make test-plain` does not")
