"""Roles in words."""

from collections.abc import Mapping
from typing import Final

from hotspot.hub.access import Role
from hotspot.hub.console.texts import N_

ROLES: Final[Mapping[Role, str]] = {
    Role.HOST_ADMIN: N_("Administrator of the city"),
    Role.HOST_OPERATOR: N_("Operator of the city"),
    Role.PARTNER_EDITOR: N_("Editor of the town"),
    Role.PARTNER_VIEWER: N_("Viewer of the town"),
}
