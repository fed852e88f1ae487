"""Scripts as root of a Debian that is this machine's, while whatever they write goes to a folder of the test. It has no network."""

import subprocess
from pathlib import Path

AS_ROOT = """
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount -t tmpfs tmpfs "$1/root/run"
mount --rbind /dev "$1/root/dev"
mount --bind "$2" "$1/root/mnt"
exec chroot "$1/root" /bin/sh -euc "$3"
"""


def carried_out(roots: Path, debs: Path, script: str) -> subprocess.CompletedProcess[str]:
    """A script in a root of the folders ``upper``, ``work`` and ``root`` in ``roots``, with ``debs`` as its /mnt. All that it started ends
    with it."""
    own = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation=private")
    return subprocess.run(
        ["unshare", *own, "sh", "-c", AS_ROOT, "sh", roots, debs, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )
