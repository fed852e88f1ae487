"""A town with a face: colours, pictures, services and legal pages, as the demo's town has them."""

import tomllib
from importlib.resources import files
from typing import Any, Final

import msgspec

from hotspot.hub.api import policy, policy_halls
from hotspot.hub.hub import Hub
from tests.hub.console import city, settings_there

TOWN: Final = files("hotspot.lab").joinpath("town")
PARTNER: Final = "musterstadt"


def table(name: str) -> dict[str, Any]:
    """One of the town's files; days as texts, as JSON has them."""
    found: dict[str, Any] = msgspec.to_builtins(tomllib.loads(TOWN.joinpath(name).read_text()))
    return found


async def brand(hub: Hub) -> None:
    """Give it to the town."""
    theme = table("theme.toml")
    named = [theme[what]["file"] for what in ("logo", "photo", "sign_language")]
    brought = {name: (await city.done(hub, policy_halls.upload, TOWN.joinpath(name).read_bytes())).sha256 for name in named}
    document = {"hall": {"town": "Stadt Musterstadt"}, "theme": theme, "services": table("services.toml"), **table("legal.toml")}
    wanted = {"scope": f"partner/{PARTNER}", "document": document, "files": brought}
    await city.done(hub, policy.change_policy, {"documents": [wanted], "note": "Das Gesicht der Stadt"})


async def changed(hub: Hub) -> str:
    """Where a draft with another face is looked at."""
    welcome = {"de": "Willkommen! Am Freitag ist das Bürgerbüro geschlossen.", "en": "Welcome! The office is closed on Friday."}
    document = {"theme": {"colours": {"accent": "#176639"}, "welcome": welcome}}
    return await settings_there.draft(hub, "admin", "hall/musterstadt-bauhof", document)
