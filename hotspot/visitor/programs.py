"""The programs that a visit starts: ``ip`` and ``tc``, in the namespace where the calling thread is."""

import subprocess
from collections.abc import Sequence

SECONDS = 10.0
"""How long it may take."""
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class CannotLook(Exception):
    """The visit cannot be made at all; the text says why. It says nothing about the hall."""


class NoInterface(CannotLook):
    """There is no interface of that name. Where it is the hall's own, that does say something about the hall."""


def ip(lines: Sequence[str], handle: int | None = None) -> None:
    """Carry out ``ip`` commands, one a line; ``handle``: a file descriptor that they name as ``/proc/self/fd/<handle>``. Raises
    ``CannotLook`` with the first complaint."""
    _batch("ip", lines, handle)


def tc(lines: Sequence[str]) -> None:
    """The same for ``tc``."""
    _batch("tc", lines, None)


def _batch(program: str, lines: Sequence[str], handle: int | None) -> None:
    try:
        done = subprocess.run(
            [program, "-batch", "-"],
            input="\n".join(lines) + "\n",
            text=True,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            pass_fds=() if handle is None else (handle,),
            env={"PATH": _PATH},
        )
    except FileNotFoundError:
        raise CannotLook(f"cannot set up the guest side: the program {program} (iproute2) is not installed") from None
    except subprocess.TimeoutExpired:
        raise CannotLook(f"cannot set up the guest side: {program} did not end within {SECONDS:g} s") from None
    if done.returncode != 0:
        complaint = " ".join(done.stderr.split()) or f"{program} ends with status {done.returncode}"
        raise CannotLook(f"cannot set up the guest side: {complaint}")
