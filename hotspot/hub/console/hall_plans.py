"""What the plans of a hall are called."""

from collections.abc import Sequence

from hotspot.hub.api import policy_halls
from hotspot.hub.api.policy_halls import PolicyValue
from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.texts import DEFAULT
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import path_of


async def plan_titles(visit: Visit, hall: str) -> dict[str, str]:
    """Plan -> its title in the reader's language, as the settings of the hall have it; plans that only the box knows are missing."""
    try:
        found = await visit.ask(policy_halls.explain, hall=hall)
    except NotFound:  # it is closed
        return {}
    return titles(found.values, visit.language)


def titles(values: Sequence[PolicyValue], language: str) -> dict[str, str]:
    """The same from the settings that go for a hall. Without a title in that language the German one, without any the plan's name."""
    found: dict[str, dict[str, str]] = {}
    for value in values:
        path = path_of(value.key)
        if path[0] != "plans" or len(path) < 3 or value.removed:
            continue
        texts = found.setdefault(path[1], {})
        if path[2] == "title" and isinstance(value.value, str):
            texts[path[3] if len(path) > 3 else DEFAULT] = value.value
    return {plan: texts.get(language) or texts.get(DEFAULT) or plan for plan, texts in found.items()}
