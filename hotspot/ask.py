"""Ask a running portal on this machine: the client's side of ``hotspot.control``, for the command line and the lab."""

import os
import pwd
import socket
from pathlib import Path

import msgspec

from hotspot import control

_MOST = 64_000_000
"""Bytes of an answer that are taken: a session is some 200, so this is far above any hall."""


class PortalUnavailable(Exception):
    """The portal does not answer on its control socket; the text says why."""


def login() -> str:
    """Who sits at the keyboard, also behind sudo."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def ask(path: Path, request: control.AnyRequest, seconds: float = 10.0) -> control.AnyReply:
    """Send one request and return its reply (``Refused`` is one); blocks for at most about ``seconds``. Raises ``PortalUnavailable``."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as portal:
            portal.settimeout(seconds)
            portal.connect(str(path))
            portal.sendall(control.encode(request))
            with portal.makefile("rb") as answers:
                line = answers.readline(_MOST)
    except FileNotFoundError:
        raise PortalUnavailable(f"cannot ask the portal: there is no {path}; does it run? (--socket names another one)") from None
    except PermissionError:
        raise PortalUnavailable(f"cannot ask the portal: no permission to use {path} (control_users in portal.toml)") from None
    except TimeoutError:
        raise PortalUnavailable(f"cannot ask the portal: no answer on {path} within {seconds:g} s") from None
    except OSError as error:
        raise PortalUnavailable(f"cannot ask the portal: {path}: {error.strerror or error}") from None
    try:
        return control.decode_reply(line)
    except msgspec.DecodeError as error:
        raise PortalUnavailable(f"cannot understand the portal on {path}: {error}") from None
