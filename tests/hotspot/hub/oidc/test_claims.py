"""What a provider's statement means here."""

from itertools import islice
from typing import Any

import pytest

from hotspot.hub.access import Role
from hotspot.hub.oidc import claims as said
from hotspot.hub.oidc.settings import OpenId, RoleOf

ADMIN = RoleOf(value="admins", role=Role.HOST_ADMIN)
EDITOR = RoleOf(value="kleinheim", role=Role.PARTNER_EDITOR, partner="kleinheim")


def settings(**more: Any) -> OpenId:
    """Of a provider."""
    return OpenId(issuer="https://login.example", client_id="hub", callback="", **more)


@pytest.mark.parametrize(
    ("claim", "claims", "rule"),
    [
        ("groups", {"groups": ["x", "kleinheim", "admins"]}, ADMIN),
        ("groups", {"groups": ["kleinheim"]}, EDITOR),
        ("groups", {"groups": "kleinheim"}, EDITOR),
        ("groups", {"groups": []}, None),
        ("groups", {}, None),
        ("groups", {"groups": {"admins": True}}, None),
        ("groups", {"groups": [["admins"], None, 7]}, None),
        ("groups", {"groups": "admins kleinheim"}, None),
        ("realm_access.roles", {"realm_access": {"roles": ["admins"]}}, ADMIN),
        ("realm_access.roles", {"realm_access.roles": ["admins"]}, ADMIN),
        ("realm_access.roles", {"realm_access": "roles"}, None),
    ],
)
def test_the_first_rule_that_fits(claim: str, claims: dict[str, Any], rule: RoleOf | None) -> None:
    """In the order of the settings, whatever order the claim has; only whole texts count."""
    assert said.role_of(settings(claim=claim, roles=(ADMIN, EDITOR)), claims) == rule


@pytest.mark.parametrize(
    ("counts", "acr", "claims", "strong"),
    [
        (True, (), {"amr": ["pwd", "mfa"]}, True),
        (True, (), {"amr": "otp"}, True),
        (True, (), {"amr": ["pwd", "kba"]}, False),
        (True, (), {}, False),
        (True, (), {"acr": "gold"}, False),
        (True, ("gold",), {"acr": "gold"}, True),
        (True, ("gold",), {"acr": ["gold"]}, False),
        (False, ("gold",), {"amr": ["mfa"], "acr": "gold"}, False),
    ],
)
def test_two_factors_there(counts: bool, acr: tuple[str, ...], claims: dict[str, Any], strong: bool) -> None:
    """Only if the settings say that they count."""
    assert said.strong(settings(second_factor=counts, acr=acr), claims) == strong


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({"preferred_username": "Änne.Größ@stadt.example"}, ["anne.gross", "anne.gross-2", "anne.gross-3"]),
        ({"preferred_username": "..", "email": "k.klein@x.example"}, ["k.klein", "k.klein-2", "k.klein-3"]),
        ({"preferred_username": 7, "nickname": "---"}, ["user", "user-2", "user-3"]),
        ({"preferred_username": "a" * 300}, ["a" * 40, "a" * 38 + "-2", "a" * 38 + "-3"]),
        ({"preferred_username": "STADT\\müller"}, ["stadt-muller", "stadt-muller-2", "stadt-muller-3"]),
    ],
)
def test_names_for_new_users(claims: dict[str, Any], names: list[str]) -> None:
    """As user names may be, one after the other."""
    assert list(islice(said.user_names(claims), 3)) == names


def test_names_and_addresses() -> None:
    """In one line, no longer than they can be kept, or nothing."""
    assert said.full_name({"name": " Anna\x00\n Arnold\u202e "}) == "Anna Arnold"
    assert said.full_name({"name": "x" * 1_000}) == "x" * 200
    assert (said.full_name({}), said.full_name({"name": ["x"]})) == ("", "")
    assert [said.email({"email": each}) for each in ("a@b.example", "a b@c", "x" * 300 + "@y", 7, None)] == ["a@b.example", "", "", "", ""]
