"""The table of scenes: nothing that a visitor can see is missing from it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

import portal_pages
from hotspot.portal.catalogues import Catalogues
from hotspot.portal.preview import Stages
from hotspot.portal.scenes import SCENES, shown
from hotspot.portal.settings import Theme
from hotspot.portal.stage import Stage
from hotspot.portal.texts import ENDED_BY, PROBLEMS, WAITS
from hotspot.portal.web_vouchers import WRONG
from hotspot.town.directory import Directory
from tests.browser.demo import demo_settings

TEMPLATES = Path(portal_pages.__file__).parent / "templates"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """The demo's hall."""
    return Stages(demo_settings(tmp_path_factory.mktemp("demo")))


@pytest.fixture
def stage(stages: Stages) -> Stage:
    """Its zone, for a German reader."""
    return stages.stage(stages.settings(), "de")


def test_every_template_is_in_a_scene(stages: Stages) -> None:
    """The demo's settings show all scenes, and these need every template that there is."""
    stage = stages.stage(stages.settings(), "de")
    assert [scene.name for scene in shown(stage)] == list(SCENES)
    for scene in SCENES.values():
        scene.draw(stage)
    cache = stage.pages._environment.cache
    assert cache is not None
    assert {str(key[1]) for key in cache} == {path.name for path in TEMPLATES.iterdir()}


def test_every_word_of_refusal_is_in_a_scene(stage: Stage) -> None:
    """What can go wrong, how a session ends, why somebody has to wait, what can be wrong with a voucher."""
    assert {name.removeprefix("problem-") for name in SCENES if name.startswith("problem-")} == set(PROBLEMS)
    assert {name.removeprefix("ended-") for name in SCENES if name.startswith("ended-")} == set(ENDED_BY)
    assert {f"voucher_{name.removeprefix('voucher-')}" for name in SCENES if name.startswith("voucher-")} == set(WRONG)
    pages = "".join(scene.draw(stage) for name, scene in SCENES.items() if name.startswith("wait-"))
    assert [
        code for code, wait in WAITS.items() if f"<h1>{stage.pages.text('de', wait.heading)}</h1>" not in pages and code != "pause"
    ] == []


@pytest.mark.parametrize("language", Catalogues().codes)
def test_scenes_are_whole_pages(stages: Stages, language: str) -> None:
    """Each has one heading and one main part in the language that it was asked for, and no placeholder is left."""
    stage = stages.stage(stages.settings(), language)
    wrong = []
    for scene in SCENES.values():
        page = scene.draw(stage)
        whole = (page.count("<h1"), page.count("<main>"), page.count(f'<html lang="{language}"')) == (1, 1, 1)
        if not whole or "%(" in page or "\ue000" in page:
            wrong.append(scene.name)
    assert wrong == []


def test_scenes_follow_the_settings(stage: Stage) -> None:
    """A hall without directory, form and video has no such pages."""
    hall = replace(stage.hall, theme=Theme())
    bare = replace(stage, settings=replace(stage.settings, services=Directory(), feedback=None, hall=hall))
    missing = set(SCENES) - {scene.name for scene in shown(bare)}
    assert {name.partition("-")[0] for name in missing} == {"services", "service", "tell", "told", "sign"}
