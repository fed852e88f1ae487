"""How much an SVG picture makes a renderer draw (pure): a few hundred bytes can say "this ten times" of "that ten times", and so on."""

from typing import Final
from xml.etree import ElementTree as ET

MOST: Final = 50_000
"""Shapes that are drawn: a detailed coat of arms has some hundreds."""
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"


def is_endless(content: bytes) -> bool:
    """Does it draw more than ``MOST`` shapes, or itself? No XML: also, because nobody knows."""
    try:
        root = ET.fromstring(content)
    except (ET.ParseError, ValueError, LookupError):
        return True
    named = {f"#{each.get('id')}": each for each in root.iter() if each.get("id")}
    known: dict[ET.Element, float] = {}
    return _drawn(root, named, known) > MOST


def _drawn(element: ET.Element, named: dict[str, ET.Element], known: dict[ET.Element, float]) -> float:
    """Shapes of an element with those that it uses."""
    if element not in known:
        known[element] = float("inf")  # found again below itself: it never ends
        target = named.get(element.get("href") or element.get(_XLINK) or "")
        try:
            used = 0.0 if target is None else _drawn(target, named, known)
            known[element] = 1.0 + used + sum(_drawn(inner, named, known) for inner in element)
        except RecursionError:
            return float("inf")
    return known[element]
