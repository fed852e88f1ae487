"""Reads back what was printed, with the programs that people have: zbar reads the QR codes, poppler the texts and fonts of a PDF."""

import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from msgspec import Struct


class Word(Struct, frozen=True):
    """A word and its box, in points."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def _run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def image_of(pdf: Path, page: int = 1, dots: int = 100) -> Path:
    """A page as PNG, at so many dots per inch."""
    _run("pdftoppm", "-r", str(dots), "-f", str(page), "-l", str(page), "-png", "-singlefile", pdf, pdf.with_suffix(""))
    return pdf.with_suffix(".png")


def codes_in(image: Path) -> list[str]:
    """What all QR codes in a picture say, sorted."""
    return sorted(_run("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", image).splitlines())


def text_of(pdf: Path, page: int = 1) -> str:
    """The text of a page."""
    return _run("pdftotext", "-f", str(page), "-l", str(page), pdf, "-")


def words_of(pdf: Path) -> list[Word]:
    """All words of the first page."""
    page = ET.fromstring(_run("pdftotext", "-bbox", "-l", "1", pdf, "-"))
    return [
        Word(node.text or "", *(float(node.get(name, "")) for name in ("xMin", "yMin", "xMax", "yMax")))
        for node in page.iter("{http://www.w3.org/1999/xhtml}word")
    ]


def fonts_of(pdf: Path) -> dict[str, bool]:
    """Names of the fonts, without the tag of a subset -> is it embedded?"""
    rows = _run("pdffonts", pdf).splitlines()[2:]
    return {row.split()[0].partition("+")[2]: row.split()[-5] == "yes" for row in rows}


def pages_of(pdf: Path) -> tuple[int, str]:
    """How many, and of which size in points."""
    found = dict(line.split(":", 1) for line in _run("pdfinfo", pdf).splitlines())
    return int(found["Pages"]), found["Page size"].strip()


def is_tagged(pdf: Path) -> bool:
    """Does it tell a screen reader what is a heading and what a table?"""
    return re.search(r"^Tagged: +yes$", _run("pdfinfo", pdf), re.MULTILINE) is not None
