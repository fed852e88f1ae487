"""Every page in every state that it can have, for the preview, the pictures and the tests: ``SCENES`` is the table."""

from collections.abc import Mapping

from hotspot.portal.scenes_town import TOWN
from hotspot.portal.scenes_visitor import VISITOR
from hotspot.portal.stage import Scene, Stage

SCENES: Mapping[str, Scene] = {scene.name: scene for scene in (*VISITOR, *TOWN)}
"""All, in the order in which they are listed."""


def shown(stage: Stage) -> list[Scene]:
    """The scenes that the settings of this stage have."""
    return [scene for scene in SCENES.values() if scene.shown(stage)]
