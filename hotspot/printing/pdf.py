"""Drawings as PDF, by WeasyPrint: fonts are embedded, texts stay texts."""

from collections.abc import Sequence

from hotspot.printing.drawing import Drawing, html


class CannotPrint(Exception):
    """What PDF needs is not installed; the text says what."""


def pdf(drawings: Sequence[Drawing], scale: float = 1.0) -> bytes:
    """The pages, A4 times ``scale``. Nothing is fetched from anywhere. Raises ``CannotPrint``."""
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]
    except ImportError as error:
        raise CannotPrint(f"cannot make a PDF: {error.name or error} is missing; install hotspot[print] (pip)") from None
    except OSError as error:
        raise CannotPrint(f"cannot make a PDF: {error}; install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 (apt)") from None
    document = HTML(string=html(drawings, scale), url_fetcher=URLFetcher(allowed_protocols={"data"}))
    result: bytes = document.write_pdf()
    return result
