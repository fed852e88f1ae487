"""How much an SVG picture makes a renderer draw."""

from pathlib import Path

import pytest

from hotspot.printing.vectors import is_endless

TOWN = Path(__file__).parents[3] / "hotspot" / "lab" / "town"
XLINK = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def tenfold(levels: int) -> bytes:
    """A rectangle, ten times, that ten times, and so on."""
    groups = "".join(f'<g id="a{level + 1}">' + f'<use xlink:href="#a{level}"/>' * 10 + "</g>" for level in range(levels))
    return f'<svg {XLINK}><defs><g id="a0"><rect width="1" height="1"/></g>{groups}</defs><use href="#a{levels}"/></svg>'.encode()


@pytest.mark.parametrize("name", ["wappen.svg", "rathaus.svg"])
def test_pictures_of_towns(name: str) -> None:
    """A coat of arms as towns have it, and a use of a shape or two, are drawn."""
    assert not is_endless((TOWN / name).read_bytes())
    assert not is_endless(tenfold(3))


@pytest.mark.parametrize(
    "content",
    [
        tenfold(6),
        b'<svg><g id="a"><use href="#a"/></g></svg>',
        b'<svg><g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>',
        b"<g>" * 20_000 + b"</g>" * 20_000,
        b"<svg>",
        b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&nothing;</svg>',
    ],
)
def test_what_never_ends(content: bytes) -> None:
    """A million shapes out of a kilobyte, a picture in itself, too deep a one, and what is no XML."""
    assert is_endless(content)
