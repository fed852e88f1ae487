"""What the hub is told of an OpenID provider: ``[oidc]`` in its settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.hub.access import Role

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Where a provider may be without TLS: nobody listens in between."""


class RoleOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever has a value in the claim has a role."""

    value: str
    role: Role
    partner: str | None = None
    """Of a partner's roles, and only of these."""


class OpenId(Struct, frozen=True, kw_only=True):
    """One provider, as it is used."""

    issuer: str
    """As its own documents write it; ``/.well-known/openid-configuration`` is below it."""
    client_id: str
    callback: str
    """Where it sends people back to, at the hub."""
    client_secret_file: str = ""
    """"": a public client, by PKCE alone."""
    label: str = ""
    """What stands on the button."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    authority: Path | None = None
    """PEM of who signed its certificate; None: who the system trusts."""
    claim: str = "groups"
    """What says which role somebody has; ``realm_access.roles``: one within another."""
    roles: tuple[RoleOf, ...] = ()
    """The first that fits. Empty: the provider says only who somebody is; users and their roles are made at the console."""
    second_factor: bool = False
    """A login there with two factors needs none here."""
    acr: tuple[str, ...] = ()
    """Values of ``acr`` that stand for two factors, beside those of ``amr`` (RFC 8176)."""


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As the file writes it."""

    issuer: str
    client_id: str
    client_secret_file: str = ""
    label: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    authority: str = ""
    claim: str = "groups"
    roles: tuple[RoleOf, ...] = ()
    second_factor: bool = False
    acr: tuple[str, ...] = ()


def used(file: File, url: str, beside: Path, bad: Callable[[str, object, str], Exception]) -> OpenId:
    """The same checked. ``url``: of the hub; ``beside``: what names of files stand next to; ``bad``: makes the exception for key, value and
    what was expected, which is raised."""
    if not url:
        raise bad("url", url, "the hub's address with [oidc]: the provider sends people back to it")
    if not secure(file.issuer) or urlsplit(file.issuer).query or urlsplit(file.issuer).fragment:
        raise bad("oidc.issuer", file.issuer, 'an address such as "https://login.stadt.example/realms/stadt" (http only on this machine)')
    if not file.client_id:
        raise bad("oidc.client_id", file.client_id, "the name that the provider gave the hub")
    if "openid" not in file.scopes:
        raise bad("oidc.scopes", list(file.scopes), '"openid" among them')
    if not file.claim:
        raise bad("oidc.claim", file.claim, 'the name of a claim such as "groups"')
    for number, rule in enumerate(file.roles):
        if rule.role.of_partner != (rule.partner is not None):
            wanted = "the name of a partner" if rule.role.of_partner else "none"
            raise bad(f"oidc.roles[{number}].partner", rule.partner, f"{wanted} with role {rule.role.value}")
    return OpenId(
        issuer=file.issuer,
        client_id=file.client_id,
        callback=f"{url.rstrip('/')}/login/oidc/callback",
        client_secret_file=str(beside / file.client_secret_file) if file.client_secret_file else "",
        label=file.label,
        scopes=file.scopes,
        authority=beside / file.authority if file.authority else None,
        claim=file.claim,
        roles=file.roles,
        second_factor=file.second_factor,
        acr=file.acr,
    )


def secure(address: str) -> bool:
    """May an address be asked: with TLS, or on this machine?"""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
