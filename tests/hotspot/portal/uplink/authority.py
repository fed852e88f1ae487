"""An authority and certificates by it, made by openssl once for all tests of a run."""

import ssl
from pathlib import Path

from hotspot.lab import certificates


async def make(folder: Path, names: list[str]) -> tuple[str, ssl.SSLContext]:
    """The authority as PEM, and the context of a server with these names."""
    await certificates.make(folder)
    await certificates.certify(folder, "hub", names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hub.pem", folder / "hub.key")
    return (folder / "authority.pem").read_text(), context
