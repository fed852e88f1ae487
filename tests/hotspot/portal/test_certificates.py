"""The live certificate: real TLS connections over a renewal."""

import asyncio
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from hotspot.portal.certificate_read import judged, placeholder
from hotspot.portal.certificates import CertificateUnusable, LiveCertificate, Manner, make_context


def make_pair(folder: Path, name: str) -> tuple[bytes, bytes]:
    """A self-signed certificate for ``name`` and its key, PEM."""
    certificate, key = folder / f"{name}.new.pem", folder / f"{name}.new.key"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(["openssl", "req", "-x509", *kind, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate.read_bytes(), key.read_bytes()


def install(target: Path, data: bytes) -> None:
    """Replaces a file as renewal tools do."""
    temporary = target.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.rename(target)


async def presented(port: int) -> bytes:
    """The certificate that a new connection gets, DER."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return shown


async def test_a_renewed_certificate_is_taken_and_a_bad_one_is_not(tmp_path: Path) -> None:
    """New connections get the new pair; a connection from before goes on; bad, mixed and missing files change nothing."""
    first, second = make_pair(tmp_path, "first.example"), make_pair(tmp_path, "second.example")
    certificate, key = tmp_path / "portal.pem", tmp_path / "portal.key"
    install(certificate, first[0])
    install(key, first[1])
    reloads: list[bool] = []
    reloaded = asyncio.Event()

    def on_reload(worked: bool) -> None:
        reloads.append(worked)
        reloaded.set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        writer.close()

    manner = Manner(lambda pem: judged(pem, []), time.time, lambda: placeholder([]), on_reload)
    async with LiveCertificate(certificate, key, manner, interval=0.02) as live:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=live.context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            assert await presented(port) == ssl.PEM_cert_to_DER_cert(first[0].decode())
            trusting = ssl.create_default_context(cadata=first[0].decode())
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="first.example")

            for bad in (b"no certificate\n", second[0]):  # the second is good, but its key is not there yet
                reloaded.clear()
                install(certificate, bad)
                await asyncio.wait_for(reloaded.wait(), 5)
                assert reloads[-1] is False
                assert await presented(port) == ssl.PEM_cert_to_DER_cert(first[0].decode())

            certificate.unlink()
            live.look()
            assert await presented(port) == ssl.PEM_cert_to_DER_cert(first[0].decode())

            install(key, second[1])
            reloaded.clear()
            install(certificate, second[0])
            await asyncio.wait_for(reloaded.wait(), 5)
            assert await presented(port) == ssl.PEM_cert_to_DER_cert(second[0].decode())
            assert reloads == [False, False, True]

            writer.write(b"still here")
            assert await reader.read(100) == b"still here"
            writer.close()
            await writer.wait_closed()


def test_bad_files_at_the_start_name_both_files(tmp_path: Path) -> None:
    """The start ends with an error that says what cannot be used."""
    certificate, key = tmp_path / "portal.pem", tmp_path / "portal.key"
    with pytest.raises(CertificateUnusable, match=f"^cannot use certificate {certificate} with key {key}: .*No such file"):
        make_context(certificate, key)
    certificate.write_text("nothing")
    key.write_text("nothing")
    with pytest.raises(CertificateUnusable, match=f"^cannot use certificate {certificate} with key {key}: "):
        make_context(certificate, key)
