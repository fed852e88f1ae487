"""PDF, and what is said where it cannot be made."""

import socket
import sys

import pytest

from hotspot.printing.drawing import Drawing, Picture
from hotspot.printing.pdf import CannotPrint, pdf

EMPTY = Drawing("Test", "de", (), (), ())


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway without WeasyPrint names it and how to get it."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CannotPrint, match=r"cannot make a PDF: weasyprint is missing; install hotspot\[print\] \(pip\)"):
        pdf([EMPTY])


def test_nothing_is_fetched() -> None:
    """A logo that names another picture somewhere gets none of it: nobody is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        logo = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="{address}" width="9" height="9"/></svg>'
        page = Drawing("Test", "de", (), (Picture("image/svg+xml", logo.encode(), 0, 0, 9, 9),), ())
        assert pdf([page])[:5] == b"%PDF-"
        with pytest.raises(BlockingIOError):
            server.accept()
