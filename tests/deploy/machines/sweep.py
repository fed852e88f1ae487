"""One run at a time on this machine, and what a run that was killed has left is taken away before the next."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines.machine import GROUP, cgroups, end_group, host

LOCK = Path("/run/lock/hotspot-machines")
PREFIX = "deploy-"
"""Of all that these tests make: namespaces, and folders in /etc/netns."""
NETNS_ETC = Path("/etc/netns")


_held: list[bool] = []
"""By this process: several folders of tests ask for it in one run."""


@contextlib.contextmanager
def alone(seconds: float = 600.0) -> Iterator[bool]:
    """No other run boots machines meanwhile; its lock ends with its process, however that ends. Says whether this run had none before.
    Raises ``LabFailed``."""
    if _held:
        yield False
        return
    until = time.monotonic() + seconds
    with LOCK.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise LabFailed("other tests on this machine boot machines") from None
                time.sleep(0.2)  # flock(2) cannot be waited for with a time limit
        _held.append(True)
        try:
            yield True
        finally:
            _held.clear()


def sweep(name: str = "") -> list[str]:
    """Machines, namespaces and files of a run that was killed; the caller is ``alone``. Only those whose names go on with ``name``. Returns
    their names."""
    groups = sorted(cgroups().glob(f"{GROUP}{PREFIX}{name}*"))
    for group in groups:
        end_group(group)
    spaces = [line.split()[0] for line in host("ip", "netns", "list").splitlines() if line.startswith(PREFIX + name)]
    for space in spaces:
        for number in host("ip", "netns", "pids", space).split():  # servers and phones in it
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        host("ip", "netns", "del", space)
    folders = sorted(NETNS_ETC.glob(f"{PREFIX}{name}*"))
    for folder in folders:
        shutil.rmtree(folder)
    return [*(group.name for group in groups), *spaces, *(str(folder) for folder in folders)]
