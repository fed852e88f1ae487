"""Who may do what (pure): roles give permissions, a partner's people see their partner only."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Permission(StrEnum):
    """What an operation asks for."""

    SEE = "see"
    """Halls, figures, alarms, policy, feedback."""
    OPERATE = "operate"
    """Live orders, alarms acknowledged, feedback dealt with."""
    EDIT = "edit"
    """Policy."""
    ADMIN = "admin"
    """Partners, halls, gateways, users, export and erasure: the host's alone."""
    METRICS = "metrics"
    """``/metrics``: of all halls for the host's people, of their own for a partner's."""


class Role(StrEnum):
    """What a user is."""

    HOST_ADMIN = "host-admin"
    HOST_OPERATOR = "host-operator"
    PARTNER_EDITOR = "partner-editor"
    PARTNER_VIEWER = "partner-viewer"

    @property
    def of_partner(self) -> bool:
        """Such a user belongs to a partner, and sees nothing of the others."""
        return self in (Role.PARTNER_EDITOR, Role.PARTNER_VIEWER)

    @property
    def needs_second_factor(self) -> bool:
        """A password is not enough for whoever sees all towns."""
        return not self.of_partner


ALLOWED: Final[dict[Role, frozenset[Permission]]] = {
    Role.HOST_ADMIN: frozenset(Permission),
    Role.HOST_OPERATOR: frozenset(Permission) - {Permission.ADMIN},
    Role.PARTNER_EDITOR: frozenset({Permission.SEE, Permission.OPERATE, Permission.EDIT, Permission.METRICS}),
    Role.PARTNER_VIEWER: frozenset({Permission.SEE, Permission.METRICS}),
}


class Principal(Struct, frozen=True):
    """Who asks: a user by a token."""

    user: str
    role: Role
    partner: str | None
    """Name of the partner that they belong to; None: the host's."""
    permissions: frozenset[Permission]
    """Of the role, as far as the token goes."""
    token: int = 0
    """Which of the user's tokens; never shown. 0: none, they have a session at the console."""
    session: int = 0
    """Which of the user's sessions at the console."""

    def may(self, permission: Permission) -> bool:
        """Do they have it?"""
        return permission in self.permissions

    def sees(self, partner: str) -> bool:
        """Is that partner any of their business?"""
        return self.partner is None or self.partner == partner


def granted(role: Role, wanted: frozenset[Permission]) -> frozenset[Permission]:
    """What a token of a user with this role can do that was made for ``wanted``: never more than the role."""
    return ALLOWED[role] & wanted
