"""Names that clients may reach before they have accepted: whole names, never patterns, never what a phone asks whether it is online."""

import re

from hotspot.session.probes import HOSTS

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def parse_host(value: object) -> str:
    """``Ratsinfo.Musterstadt.example`` -> in small letters; ``xn--`` for international names. Raises ``ValueError``."""
    expected = 'expected the whole name of a host such as "ratsinfo.musterstadt.example": no address, no pattern, no path'
    text = str(value).strip().rstrip(".").lower()
    try:
        name = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(expected) from None
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not re.search("[a-z]", labels[-1]):
        raise ValueError(expected)
    for host in sorted(HOSTS):
        if host == name or host.endswith(f".{name}"):
            raise ValueError(f"expected no name with {host} in it: phones ask it whether they are online, and would not show the portal")
    return name
