"""The end of a certificate, as OpenSSL says it."""

import contextlib
import ssl
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.certificate_end import end_of
from tests.hotspot.portal.test_certificates import make_pair

HEAD, FOOT = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"


def test_as_openssl_says(tmp_path: Path) -> None:
    """Of the first certificate, whatever stands before it and behind."""
    certificate = make_pair(tmp_path, "portal.hall.example")[0].decode()
    said = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=certificate, capture_output=True, text=True, check=True).stdout
    expected = ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))
    assert end_of(f"# the portal's\n{certificate}{HEAD}nonsense\n{FOOT}") == expected


def test_after_2050(tmp_path: Path) -> None:
    """From 2050 on certificates write years with four digits."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(tmp_path / "key"), "-subj", "/CN=x"]
    made = subprocess.run(["openssl", "req", "-x509", "-days", "20000", *key], capture_output=True, text=True, check=True).stdout
    said = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=made, capture_output=True, text=True, check=True).stdout
    assert end_of(made) == ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))
    assert datetime.fromtimestamp(end_of(made)).year > 2050  # noqa: DTZ006  any zone will do


@pytest.mark.parametrize(
    "text", ["", "nonsense", HEAD, HEAD + FOOT, HEAD + "AAAA\n" + FOOT, HEAD + "MAA=\n" + FOOT, HEAD + "MAMwAQA=\n" + FOOT]
)
def test_what_is_no_certificate(text: str) -> None:
    """It is refused by one error."""
    with pytest.raises(ValueError, match=r"\S"):
        end_of(text)


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Nothing but ``ValueError`` comes of them."""
    with contextlib.suppress(ValueError):
        end_of(ssl.DER_cert_to_PEM_cert(content))
