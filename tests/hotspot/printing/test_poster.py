"""The poster, as it comes out of the printer."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot.printing.drawing import SIZES, svg
from hotspot.printing.pdf import pdf
from hotspot.printing.poster import MOST_LANGUAGES, Poster, TooManyLanguages, poster
from tests.hotspot.printing.examples import ARABIC, GERMAN, POSTER, UKRAINIAN
from tests.hotspot.printing.reading import codes_in, fonts_of, image_of, pages_of, text_of, words_of

NETWORK = "WIFI:T:nopass;S:Rathaus-WLAN;;"
SVG = "{http://www.w3.org/2000/svg}"


def printed(told: Poster, folder: Path, scale: float = 1.0) -> Path:
    """The poster as a PDF file."""
    file = folder / "poster.pdf"
    file.write_bytes(pdf([poster(told)], scale))
    return file


@pytest.mark.parametrize(("size", "points", "dots"), [("A4", "595.276 x 841.89 pts (A4)", 60), ("A3", "841.847 x 1190.61 pts (A3)", 40)])
def test_on_paper(size: str, points: str, dots: int, tmp_path: Path) -> None:
    """One page, its code read from a coarse picture, its texts there as texts, every font embedded."""
    file = printed(POSTER, tmp_path, SIZES[size])
    text = text_of(file)
    assert (pages_of(file), codes_in(image_of(file, dots=dots))) == ((1, points), [NETWORK])
    expected = ("Rathaus <Neustadt> & Umland", "Stadt Neustadt", "Kostenloses WLAN", "Rathaus-WLAN", "portal.hall.example", "Українська")
    assert [one for one in expected if one not in text] == []
    assert all(fonts_of(file).values())
    assert {"Noto-Sans", "Noto-Sans-Bold", "Noto-Sans-Arabic"} <= fonts_of(file).keys()


def test_everything_is_on_the_page(tmp_path: Path) -> None:
    """No word leaves the margins, with eight languages and with long names."""
    long = replace(
        POSTER,
        hall="Verwaltungsgemeinschaft Oberes Niederbergland, Rathaus II",
        ssid="Gäste WLAN im Rathaus Neustadt",
        languages=(GERMAN, ARABIC, UKRAINIAN, GERMAN, ARABIC, UKRAINIAN, GERMAN, UKRAINIAN),
    )
    file = printed(long, tmp_path)
    outside = [word for word in words_of(file) if word.left < 36 or word.right > 559 or word.top < 20 or word.bottom > 830]
    assert (len(words_of(file)) > 100, outside) == (True, [])


def test_arabic_is_written_as_arabic(tmp_path: Path) -> None:
    """Letters are joined: a word is narrower than its letters when each stands alone."""

    def width(text: str) -> float:
        words = words_of(printed(replace(POSTER, languages=(GERMAN, replace(ARABIC, steps=(text, text, text)))), tmp_path))
        found = [word.right - word.left for word in words if word.text.replace("\u200c", "").endswith("لصتم") or "متصل" in word.text]
        return max(found)

    assert width("متصل") < 0.9 * width("م\u200cت\u200cص\u200cل")


def test_a_password(tmp_path: Path) -> None:
    """A network with a password: it is in the code, and on the poster for whoever has no camera."""
    file = printed(replace(POSTER, password="sehr-geheim-1"), tmp_path)
    assert (codes_in(image_of(file)), "sehr-geheim-1" in text_of(file)) == (["WIFI:T:WPA;S:Rathaus-WLAN;P:sehr-geheim-1;;"], True)


def test_from_right_to_left() -> None:
    """Where the main language is written from the right the first step stands on the right, and titles begin there."""
    page = poster(replace(POSTER, languages=(ARABIC, GERMAN)))
    title = next(line for line in page.lines if line.text == ARABIC.title)
    numbers = {line.text: line.x for line in page.lines if line.text in ("1", "2", "3")}
    assert (title.anchor, title.direction, numbers["1"] > numbers["2"] > numbers["3"]) == ("end", "rtl", True)


def test_svg() -> None:
    """Well-formed, needs nothing from elsewhere; texts are texts, say their language and direction, and are never taken as markup."""
    text = svg(poster(POSTER))
    root = ET.fromstring(text)
    lines = {node.text: node for node in root.iter(f"{SVG}text")}
    arabic = next(node for said, node in lines.items() if said == ARABIC.title)
    assert (root.get("width"), root.get("viewBox")) == ("210mm", "0 0 210 297")
    assert "Rathaus <Neustadt> & Umland" in lines
    assert (arabic.get("direction"), arabic.get("{http://www.w3.org/XML/1998/namespace}lang")) == ("rtl", "ar")
    assert [node.get("href", "")[:19] for node in root.iter(f"{SVG}image")] == ["data:image/svg+xml;"]
    assert [part for part in ("http://", "https://") if part in text.replace('xmlns="http://www.w3.org/2000/svg"', "")] == []


def test_too_many_languages() -> None:
    """What cannot be read from a step away is refused."""
    with pytest.raises(TooManyLanguages, match="9 languages, expected 1 to 8"):
        poster(replace(POSTER, languages=(GERMAN,) * (MOST_LANGUAGES + 1)))
