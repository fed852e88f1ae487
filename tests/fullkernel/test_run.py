"""The runner itself."""

import os
import subprocess
from pathlib import Path

from tests.fullkernel.guests import RUN, need_user_mode


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``run.sh``."""
    return subprocess.run([RUN, *words], env=os.environ | environment, capture_output=True, text=True, check=False)


def test_a_folder_without_a_kernel_is_refused(tmp_path: Path) -> None:
    """Who names a kernel gets that one or an error, not another."""
    done = run("--which", FULLKERNEL=str(tmp_path))
    assert (done.returncode, done.stdout) == (125, "")
    assert f"cannot use FULLKERNEL={tmp_path}: expected a folder with linux and mods/" in done.stderr


def test_without_a_kernel_it_is_qemu(tmp_path: Path) -> None:
    """Nothing named, nothing built: Debian's own, and the reason is said."""
    done = run("--which", FULLKERNEL="", FULLKERNEL_CACHE=str(tmp_path / "none"))
    assert (done.returncode, done.stdout.startswith("linux-image-amd64 under qemu")) == (0, True)
    assert not (tmp_path / "none").exists()


def test_a_guest_gives_back_output_status_and_shared_files(tmp_path: Path) -> None:
    """All else that it writes goes with it."""
    need_user_mode()
    lost = Path("/var/tmp") / f"lost-{tmp_path.name}-{os.getpid()}"
    script = f"echo out; echo kept >{tmp_path}/kept; echo lost >{lost}; cat {lost}; exit 7"
    done = run("-e", "uml", "-i", "-w", str(tmp_path), "--", "sh", "-c", script)
    assert (done.returncode, done.stdout, (tmp_path / "kept").read_text(), lost.exists()) == (7, "out\nlost\n", "kept\n", False)


def test_virtual_time_costs_none() -> None:
    """An hour passes in the guest in less than the 100 s that it may take here."""
    need_user_mode()
    done = run("-e", "uml", "-i", "-t", "100", "--", "sleep", "3600")
    assert done.returncode == 0, done.stderr
