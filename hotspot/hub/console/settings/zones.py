"""The guest networks that a scope reaches."""

from hotspot.hub.api import policy_scopes
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level


async def known(visit: Visit, work: Work) -> tuple[str, ...]:
    """Those that gateways have told of, and those that the settings speak of."""
    scope = work.place.scope
    if scope.level is Level.ZONE:
        return (scope.zone,)
    query = {"partner": scope.partner} if scope.partner else {}
    halls = await visit.ask(policy_scopes.list_zones, query=query)
    told = {zone for hall in halls if scope.hall in ("", hall.hall) for zone in hall.zones}
    said = work.settings.get("zones")
    return tuple(sorted(told | (set(said) if isinstance(said, dict) else set())))
