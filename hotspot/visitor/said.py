"""What a finding names, so that people can act on it and no device is told of (pure): a host's name, or what kind of address it is.

Looks leave the hall without anything that could be the address of a device (``hotspot.looks.leaving``): what is told here is told by kind.
"""

import ipaddress
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from hotspot.looks.leaving import identifies

LONGEST: Final = 120
"""Characters of a value (``hotspot.looks.values``)."""


class Said(NamedTuple):
    """A value in words; German texts name it ``{key_german}``."""

    german: str
    english: str


AN_ADDRESS: Final = Said("eine Adresse", "an address")
NOTHING: Final = Said("nichts", "nothing")
WAYS: Final = {"down": Said("herunter", "down"), "up": Said("hinauf", "up")}
_GATEWAY: Final = Said("die Adresse des Gateways", "the gateway's address")
_OWN: Final = Said("eine Adresse im Gästenetz", "an address of the guests' network")
_LOCAL: Final = Said("eine Adresse des Geräts selbst", "an address of the device itself")
_INNER: Final = Said("eine private Adresse eines anderen Netzes", "a private address of another network")
_OUTER: Final = Said("eine Adresse im Internet", "an address on the Internet")


def kind_of(address: str, gateways: tuple[str, ...] = (), on_link: Callable[[str], bool] = lambda _: False) -> Said:
    """What an IP address is, for a guest whose routers are ``gateways``. Raises ``ValueError`` for what is none."""
    one = ipaddress.ip_address(address)
    if str(one) in gateways:
        return _GATEWAY
    if one.is_loopback or one.is_unspecified:
        return _LOCAL
    if one.is_link_local or on_link(str(one)):
        return _OWN
    return _OUTER if one.is_global else _INNER


def place(url: str, gateways: tuple[str, ...] = (), on_link: Callable[[str], bool] = lambda _: False) -> str | Said:
    """A web address as it is where it has a name, without what may be in its parameters; else what kind of address it leads to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return Said("etwas, das keine Webadresse ist", "something that is no web address")
    try:
        return kind_of(host, gateways, on_link)
    except ValueError:
        plain = printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if host else url)
        return plain if not identifies(plain) else AN_ADDRESS


def number(value: float, form: str) -> Said:
    """A number as both languages write it; ``form`` as in ``format``."""
    english = format(value, form)
    return Said(english.replace(".", ","), english)


def printable(value: object) -> str:
    """What others sent, so that it can be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))[:LONGEST]


def values(given: dict[str, object]) -> dict[str, str]:
    """The values of a finding as a look has them; what could be a device's address is only called so."""
    told: dict[str, str] = {}
    for name, value in given.items():
        key = name.replace("_", "-")
        if not isinstance(value, Said):
            value = AN_ADDRESS if identifies(printable(value)) else Said(printable(value), printable(value))
        told[key] = value.english
        if value.german != value.english:
            told[f"{key}-german"] = value.german
    return told


def fault(error: BaseException) -> str:
    """An exception in one line, without what it may have to say of a device."""
    text = printable(f"{type(error).__name__}: {error}")
    return type(error).__name__ if identifies(text) else text
