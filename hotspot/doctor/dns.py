"""One question to one name server over UDP. Whatever comes back is hostile: nothing in it makes this raise or wait long."""

import secrets
import socket
import time

from hotspot.dns import A, Answered, question, understood


def ask(server: str, name: str, kind: int = A, port: int = 53, seconds: float = 1.0, tries: int = 2) -> Answered | None:
    """Ask; None: no answer within ``tries`` times ``seconds``."""
    number = secrets.randbelow(65_536)
    for _ in range(tries):
        try:
            with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.connect((server, port))
                asking.send(question(number, name, kind))
                end = time.monotonic() + seconds
                while (left := end - time.monotonic()) > 0:
                    asking.settimeout(left)
                    answer = understood(asking.recv(4_096), number)
                    if answer is not None:
                        return answer
        except (OSError, ValueError):  # also a name that is none
            continue
    return None
