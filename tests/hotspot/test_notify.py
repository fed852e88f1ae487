"""systemd's notify protocol."""

import os
import socket
from pathlib import Path

import pytest

from hotspot.notify import notify, notify_reloading, watchdog_interval


def test_notify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One datagram per call, to a path or an abstract name."""
    for name, address in ((str(tmp_path / "s"), str(tmp_path / "s")), (f"@zP-notify-{os.getpid()}", f"\0zP-notify-{os.getpid()}")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(address)
            monkeypatch.setenv("NOTIFY_SOCKET", name)
            notify("READY=1", "STATUS=well")
            assert told.recv(100) == b"READY=1\nSTATUS=well"
            notify_reloading()
            assert told.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")


def test_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asked: nothing happens."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    notify("READY=1")
    assert watchdog_interval() is None


def test_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what the unit allows, when this process is meant."""
    monkeypatch.setenv("WATCHDOG_USEC", "15000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert watchdog_interval() == 7.5
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_interval() is None
