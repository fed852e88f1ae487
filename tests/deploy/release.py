"""The Debian that these tests run on: asked for when a test runs, not when it is collected, so that other systems can collect them."""

import platform

from deploy.packages import build

ARCHITECTURE = {machine: name for name, machine in build.MACHINES.items()}.get(platform.machine(), platform.machine())
"""As dpkg calls it."""


def debian() -> str:
    """Its release, ``12``. Raises ``LookupError`` where it is none that packages are made for."""
    told = platform.freedesktop_os_release()
    release = told.get("VERSION_ID", "")
    if told["ID"] != "debian" or release not in build.PYTHON_OF:
        raise LookupError(
            f"this is {told['ID']} {release or 'of no version'}: packages are made for Debian {' and '.join(build.PYTHON_OF)}"
        )
    return release
