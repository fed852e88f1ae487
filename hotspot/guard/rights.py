"""The one capability that opening the ears needs, given back as soon as they are open (capabilities(7), capset(2))."""

import ctypes
import os
import struct

_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
_LAST = 63
"""Numbers of capabilities that a kernel may know."""


def give_up() -> None:
    """Keep no capability, and no way to get one. Raises ``OSError``."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _error("no_new_privs")
    for number in range(_LAST + 1):
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # only who may change it can; for all others the line above does it
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header, nothing = struct.pack("=Ii", _VERSION_3, 0), bytes(24)
    if libc.capset(header, nothing) != 0:
        raise _error("capset")


def _error(what: str) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, f"cannot give up capabilities: {what}: {os.strerror(code)}")
