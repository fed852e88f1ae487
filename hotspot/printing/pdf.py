"""Drawings as PDF, by WeasyPrint: fonts are embedded, texts stay texts."""

from collections.abc import Sequence

from hotspot.printing.drawing import Drawing, html


class CannotPrint(Exception):
    """What PDF needs is not installed; the text says what."""


def pdf(drawings: Sequence[Drawing], scale: float = 1.0) -> bytes:
    """The pages, A4 times ``scale``. Nothing is fetched from anywhere. Raises ``CannotPrint``."""
    return document(html(drawings, scale))


def document(text: str, variant: str = "") -> bytes:
    """An HTML document on paper; ``variant``: a standard that the PDF keeps, as ``pdf/ua-1``. Nothing is fetched from anywhere: pictures
    are ``data:`` addresses. Raises ``CannotPrint``."""
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]
    except ImportError as error:
        raise CannotPrint(f"cannot make a PDF: {error.name or error} is missing; install hotspot[print] (pip)") from None
    except OSError as error:
        raise CannotPrint(f"cannot make a PDF: {error}; install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 (apt)") from None
    source = HTML(string=text, url_fetcher=URLFetcher(allowed_protocols={"data"}))
    result: bytes = source.write_pdf(pdf_variant=variant or None)
    return result
