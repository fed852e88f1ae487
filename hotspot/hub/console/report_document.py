"""A monthly report as a document to be printed: HTML with its styles in it, which ``hotspot.printing`` makes a PDF of."""

from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Final

from hotspot.hub.console import report_view
from hotspot.hub.console.drawing import Drawing
from hotspot.hub.console.static import Assets
from hotspot.hub.console.texts import text
from hotspot.hub.reports.values import MonthlyReport

STYLES: Final = Path(__file__).parent / "templates" / "report_print.css"


def html(report: MonthlyReport, language: str) -> str:
    """The document. Its title and language are told to whoever reads the PDF aloud."""
    values = report_view.values(report, language, printed=True)
    title = f"{text(language, 'Monthly report')} {values['period']}: {report.title}"
    body = _drawing().draw("report_print.html", language, values)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_styles()}</style>'
    return f'<!DOCTYPE html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'


@lru_cache(maxsize=1)
def _drawing() -> Drawing:
    return Drawing(Assets())


@lru_cache(maxsize=1)
def _styles() -> str:
    return STYLES.read_text(encoding="utf-8")
