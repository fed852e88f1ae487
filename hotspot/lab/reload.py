"""What ``systemd/hotspot-names.path`` does on a gateway: when the portal has written blocked domains, the name servers read them again.

``python -P -m hotspot.lab.reload FOLDER NAMES`` watches the folder ``NAMES``, and signals each dnsmasq whose ``*.pid`` is in ``FOLDER``.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
from pathlib import Path

_IN_MOVED_TO = 0x80
AGAIN = 2.0
"""Seconds: what was on its way upstream when a name server read its files again is in its cache afterwards, which it asks first."""
_libc = ctypes.CDLL(None, use_errno=True)


def signal_servers(folder: Path) -> int:
    """SIGHUP for each name server; returns how many there were."""
    told = 0
    for path in folder.glob("dnsmasq*.pid"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = int(path.read_text())
            handle = os.pidfd_open(pid)
            try:
                if str(folder).encode() in Path("/proc", str(pid), "cmdline").read_bytes():  # not somebody who got the id since
                    signal.pidfd_send_signal(handle, signal.SIGHUP)
                    told += 1
            finally:
                os.close(handle)
    return told


def watch(folder: Path, names: Path) -> None:
    """Wait for files that are put in their place, until SIGTERM ends the process."""
    notify = _libc.inotify_init1(os.O_CLOEXEC)
    if _libc.inotify_add_watch(notify, str(names).encode(), _IN_MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), f"cannot watch {names}")
    print("names are watched", file=sys.stderr, flush=True)
    while os.read(notify, 4096):
        print(f"name servers told: {signal_servers(folder)}", file=sys.stderr, flush=True)
        if not select.select([notify], [], [], AGAIN)[0]:
            print(f"name servers told again: {signal_servers(folder)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    watch(Path(sys.argv[1]), Path(sys.argv[2]))
