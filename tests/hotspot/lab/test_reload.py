"""Name servers are told that their list has changed; nobody else is."""

import os
import subprocess
import sys
from pathlib import Path

from hotspot.lab.reload import signal_servers


def test_only_who_belongs_to_the_hall_is_signalled(tmp_path: Path) -> None:
    """A process of this folder gets SIGHUP; an id that somebody else has now, one of nobody and half a file are passed over."""
    wait = "import signal, sys; print(flush=True); signal.sigwait([signal.SIGHUP])"
    blocked = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); "
    with subprocess.Popen([sys.executable, "-c", blocked + wait, f"--conf-file={tmp_path}/x"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        (tmp_path / "dnsmasq.pid").write_text(f"{server.pid}\n")
        (tmp_path / "dnsmasq-other.pid").write_text(f"{os.getpid()}\n")
        (tmp_path / "dnsmasq-gone.pid").write_text("4194304\n")
        (tmp_path / "dnsmasq-half.pid").write_text("")
        assert signal_servers(tmp_path) == 1
        assert server.wait(5) == 0
