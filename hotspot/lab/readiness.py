"""systemd's ear in the hall: takes what the services tell of themselves (sd_notify(3)) for as long as the hall lasts, and logs it.

``python -P -m hotspot.lab.readiness FOLDER NAME…`` binds ``FOLDER/NAME.notify`` for each name and logs ``NAME STATE`` for each line told.
A process of its own, because a service that stops or reloads months later still tells somebody.
"""

import selectors
import signal
import socket
import sys
from pathlib import Path


def socket_of(folder: Path, name: str) -> Path:
    """Where the service ``name`` tells, its ``NOTIFY_SOCKET``."""
    return folder / f"{name}.notify"


def listen(folder: Path, names: list[str]) -> None:
    """Take and log until SIGTERM ends the process."""
    with selectors.DefaultSelector() as selector:
        for name in names:
            ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            ear.bind(str(socket_of(folder, name)))
            socket_of(folder, name).chmod(0o666)  # the services run as other users; the folder is the hall's own
            selector.register(ear, selectors.EVENT_READ, (name, ear))
        print("readiness listens", file=sys.stderr, flush=True)
        while True:
            for key, _ in selector.select():
                name, ear = key.data
                for state in ear.recv(4096).decode(errors="replace").splitlines():
                    print(f"{name} {state}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    listen(Path(sys.argv[1]), sys.argv[2:])
