"""When a certificate ends (pure): the standard library reads that only of certificates that it was shown in a handshake.

A walk of a few steps through DER (X.690): ``Certificate`` begins with ``tbsCertificate``, which holds version, serial number, algorithm,
issuer and then ``validity`` (RFC 5280, 4.1).
"""

import ssl
from datetime import UTC, datetime

_SEQUENCE, _VERSION, _UTC_TIME, _GENERAL_TIME = 0x30, 0xA0, 0x17, 0x18
_END = "-----END CERTIFICATE-----"


def end_of(pem: str) -> float:
    """The end of the first certificate of a PEM text, seconds since 1970. Raises ``ValueError``."""
    first, end, _ = pem.partition(_END)
    _, begin, body = first.partition("-----BEGIN CERTIFICATE-----")
    if not begin or not end:
        raise ValueError("no certificate in it")
    try:
        certificate = _value(ssl.PEM_cert_to_DER_cert(begin + body + end), 0, _SEQUENCE)
        to_be_signed = _value(certificate, 0, _SEQUENCE)
        at = 0
        if to_be_signed[0] == _VERSION:
            at = _after(to_be_signed, at)
        for _ in range(3):  # serial number, algorithm, issuer
            at = _after(to_be_signed, at)
        validity = _value(to_be_signed, at, _SEQUENCE)
        return _moment(validity, _after(validity, 0))
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"not a certificate ({error})") from None


def _bounds(der: bytes, at: int) -> tuple[int, int]:
    """Where the value of the element at ``at`` begins and ends."""
    length, begin = der[at + 1], at + 2
    if length >= 0x80:
        octets = length & 0x7F
        length, begin = int.from_bytes(der[begin : begin + octets], "big"), begin + octets
    return begin, begin + length


def _after(der: bytes, at: int) -> int:
    return _bounds(der, at)[1]


def _value(der: bytes, at: int, tag: int) -> bytes:
    if der[at] != tag:
        raise ValueError(f"not a certificate (0x{der[at]:02x} where 0x{tag:02x} should be)")
    begin, end = _bounds(der, at)
    return der[begin:end]


def _moment(der: bytes, at: int) -> float:
    """``UTCTime`` or ``GeneralizedTime``; years of two digits are those of RFC 5280, 4.1.2.5.1."""
    general = der[at] == _GENERAL_TIME
    text = _value(der, at, _GENERAL_TIME if general else _UTC_TIME).decode("ascii")
    if not general:
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
