"""What the hub is told of certificates: ``[certificates]`` in its settings."""

import base64
import binascii
import ipaddress
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.hub.certificates.account import Account
from hotspot.session.quantities import parse_seconds

NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
"""Of a host in DNS, in small letters, without a dot at its end."""
ALGORITHMS: Final = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
Bad = Callable[[str, object, str], Exception]


class Dns(Struct, frozen=True, kw_only=True):
    """How TXT records come into DNS: by signed updates (RFC 2136, RFC 8945)."""

    server: tuple[str, int]
    """Address and port of the primary."""
    key_name: str
    key: bytes
    algorithm: str = ALGORITHMS[0]
    zone: str = ""
    """"": found by asking the server for the SOA."""
    alias: str = ""
    """Zone in which the records are, when towns lead ``_acme-challenge.<name>`` there with a CNAME to ``<name>.<alias>``."""
    check: tuple[tuple[str, int], ...] = ()
    """Name servers that must all show a record before the authority is asked to look; empty: the primary."""
    wait: float = 120.0
    """Seconds for which that may take."""


class Certificates(Struct, frozen=True, kw_only=True):
    """How portals come to their certificates."""

    zones: dict[str, tuple[str, ...]]
    """Partner -> zones of DNS in which its portals' names may be."""
    directory: str = ""
    """Address of the ACME directory; "": staff put certificates in that the operator's own authority has signed."""
    account_key: str = ""
    """PEM."""
    contact: tuple[str, ...] = ()
    """Addresses of e-mail for the authority."""
    authority: Path | None = None
    """PEM of who signed the directory's own certificate; None: who the system trusts."""
    eab_kid: str = ""
    """Account at the authority that ours is bound to (RFC 8555, 7.3.4); "": it wants none."""
    eab_key: bytes = b""
    dns: Dns | None = None


class DnsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[certificates.dns]`` as the file writes it."""

    server: str
    key_name: str
    key_file: str
    algorithm: str = ALGORITHMS[0]
    zone: str = ""
    alias: str = ""
    check: tuple[str, ...] = ()
    wait: str | float = "2 min"


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[certificates]`` as the file writes it."""

    zones: dict[str, tuple[str, ...]]
    directory: str = ""
    account_key: str = ""
    contact: tuple[str, ...] = ()
    terms_agreed: bool = False
    authority: str = ""
    eab_kid: str = ""
    eab_key_file: str = ""
    dns: DnsFile | None = None


def used(file: File, folder: Path, bad: Bad) -> Certificates:
    """The section as it is used. Raises what ``bad`` makes of key, value and expectation."""
    for partner, zones in file.zones.items():
        for zone in zones:
            _name(f"certificates.zones.{partner}", zone, bad)
    if not file.directory:
        for key in ("account_key", "contact", "eab_kid", "eab_key_file", "dns"):
            if getattr(file, key):
                raise bad("certificates.directory", "", f"the address of an ACME directory, as certificates.{key} is there")
        return Certificates(zones=file.zones)
    if urlsplit(file.directory).scheme != "https" or not urlsplit(file.directory).hostname:
        raise bad("certificates.directory", file.directory, 'an address such as "https://acme.authority.example/directory"')
    if not file.terms_agreed:
        raise bad("certificates.terms_agreed", file.terms_agreed, "true: the authority gives certificates to none who does not agree")
    if file.dns is None:
        raise bad("certificates.dns", None, "a section that says how records come into DNS")
    if bool(file.eab_kid) != bool(file.eab_key_file):
        raise bad("certificates.eab_kid", file.eab_kid, "eab_kid and eab_key_file together")
    account_key = _text("certificates.account_key", file.account_key, folder, bad)
    try:
        Account(account_key)
    except ValueError as error:
        raise bad("certificates.account_key", file.account_key, f"a file: {error}") from None
    if file.authority:
        _trusted(file.authority, folder, bad)
    for one in file.contact:
        if not re.fullmatch(r"[^@\s,?]+@[^@\s,?]+", one):
            raise bad("certificates.contact", one, 'an address such as "wlan@grossstadt.example"')
    return Certificates(
        zones=file.zones,
        directory=file.directory,
        account_key=account_key,
        contact=file.contact,
        authority=folder / file.authority if file.authority else None,
        eab_kid=file.eab_kid,
        eab_key=_base64("certificates.eab_key_file", file.eab_key_file, folder, bad) if file.eab_key_file else b"",
        dns=_dns(file.dns, folder, bad),
    )


def _dns(file: DnsFile, folder: Path, bad: Bad) -> Dns:
    for key in ("zone", "alias"):
        if getattr(file, key):
            _name(f"certificates.dns.{key}", getattr(file, key), bad)
    if file.algorithm not in ALGORITHMS:
        raise bad("certificates.dns.algorithm", file.algorithm, ", ".join(ALGORITHMS))
    try:
        wait = parse_seconds(file.wait)
    except ValueError as error:
        raise bad("certificates.dns.wait", file.wait, str(error)) from None
    if not 1 <= wait <= 3_600:
        raise bad("certificates.dns.wait", file.wait, '1 to 3600 seconds, such as "2 min"')
    return Dns(
        server=_server("certificates.dns.server", file.server, bad),
        key_name=_name("certificates.dns.key_name", file.key_name, bad, labels=1),
        key=_base64("certificates.dns.key_file", file.key_file, folder, bad),
        algorithm=file.algorithm,
        zone=file.zone,
        alias=file.alias,
        check=tuple(_server("certificates.dns.check", one, bad) for one in file.check),
        wait=wait,
    )


def _name(key: str, value: str, bad: Bad, labels: int = 2) -> str:
    if not NAME.fullmatch(value if labels > 1 else f"{value}.x"):
        raise bad(key, value, 'a name of DNS in small letters, such as "kleinheim.example"')
    return value


def _server(key: str, value: str, bad: Bad) -> tuple[str, int]:
    """Address with or without a port."""
    with_port = value.count(":") == 1 or (value.startswith("[") and "]:" in value)
    host, _, port = value.rpartition(":") if with_port else (value, "", "53")
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        address = ""
    if not address or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise bad(key, value, 'an address such as "192.0.2.53" or "[2001:db8::53]:5353"')
    return address, int(port)


def _text(key: str, name: str, folder: Path, bad: Bad) -> str:
    if not name:
        raise bad(key, name, "the name of a file")
    try:
        return (folder / name).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(key, name, f"a file that can be read ({getattr(error, 'strerror', None) or error})") from None


def _trusted(name: str, folder: Path, bad: Bad) -> None:
    try:
        ssl.create_default_context(cafile=folder / name)
    except OSError as error:  # ssl.SSLError is one
        raise bad("certificates.authority", name, f"a file with certificates in PEM ({error.strerror or error})") from None


def _base64(key: str, name: str, folder: Path, bad: Bad) -> bytes:
    text = "".join(_text(key, name, folder, bad).split()).rstrip("=")
    try:
        found = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        found = b""
    if len(found) < 16:
        raise bad(key, name, "a file with at least 16 bytes in base64")
    return found
