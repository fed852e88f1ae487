"""The pictures of ``make screenshots``: each where it belongs, each of the size of its screen, all on one sheet."""

from pathlib import Path

import pytest

from hotspot.portal.pictures import size_of
from tests.browser.demo import demo_settings
from tests.browser.screenshots import DOCUMENTS, PICTURES, make, sheet

pytestmark = pytest.mark.asyncio(loop_scope="package")

MOST_BYTES = 80_000
"""Of a picture in the documentation."""


async def test_pictures_of_a_scene(tmp_path: Path) -> None:
    """Phone and desktop, light and dark; the sheet shows them in order."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    assert await make(demo_settings(tmp_path), folder, ["splash"], ["ar"]) == 4
    names = [f"splash/ar-{width}-{scheme}.png" for width in (1280, 360) for scheme in ("dark", "light")]
    assert sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.png")) == names
    sizes = [size_of((folder / name).read_bytes(), "image/png") for name in names]
    assert [size[0] for size in sizes if size] == [1280, 1280, 360, 360]
    page = sheet(folder).read_text()
    assert [page.index(f'src="{name}"') for name in names] == sorted(page.index(f'src="{name}"') for name in names)


async def test_strange_names_are_refused(tmp_path: Path) -> None:
    """A scene or a language that there is not is named with those that there are."""
    config = demo_settings(tmp_path)
    with pytest.raises(SystemExit, match="cannot take pictures of the scene nothing: expected of splash, "):
        await make(config, tmp_path, ["nothing"], [])
    with pytest.raises(SystemExit, match="cannot take pictures of the language tlh: expected of de, "):
        await make(config, tmp_path, [], ["tlh"])


async def test_the_documentation_has_its_pictures() -> None:
    """Those that the command makes and no other, each small and each shown; those of the console are the guide's (test_guide)."""
    text = (PICTURES.parent / "portal.md").read_text()
    there = {path.stem: path.stat().st_size for path in PICTURES.glob("*.png") if not path.stem.startswith("console-")}
    assert set(there) == {document.name for document in DOCUMENTS}
    assert [name for name, size in there.items() if size > MOST_BYTES or f"](pictures/{name}.png)" not in text] == []
