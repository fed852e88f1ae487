"""What the hub believes of a provider, and what it does not: every attack over real HTTP with real signatures."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec
import pytest

from hotspot.hub.access import Role
from hotspot.hub.oidc.flow import Declined, Refused
from hotspot.hub.oidc.provider import AGAIN, KEPT, PAUSE, Provider, ProviderAway
from hotspot.hub.oidc.settings import RoleOf
from tests.hub.oidc.rogue import SECRET, Rogue, elliptic, running, settings_for

BROWSER = "a secret of this browser"
CALLBACK = "http://127.0.0.1:1/login/oidc/callback"
ROLES = (RoleOf(value="wlan-betrieb", role=Role.HOST_OPERATOR),)


@pytest.fixture
async def rogue() -> AsyncIterator[Rogue]:
    """A provider that keeps to the rules so far."""
    async with running() as one:
        yield one


@pytest.fixture
def provider(rogue: Rogue, tmp_path: Path) -> Provider:
    """As the hub knows it."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return Provider(settings_for(rogue, str(tmp_path / "secret"), CALLBACK, roles=ROLES))


def now() -> datetime:
    """The real time: tokens are made by it."""
    return datetime.now(UTC)


async def there(provider: Provider, secret: str = BROWSER) -> dict[str, str]:
    """A browser follows the link; what it brings back."""
    address = await provider.address(secret, now())
    async with aiohttp.ClientSession() as http, http.get(address, allow_redirects=False) as response:
        goal = response.headers["Location"]
        assert goal.startswith(f"{CALLBACK}?")
        return dict(parse_qsl(urlsplit(goal).query))


async def test_the_way_there_and_back(rogue: Rogue, provider: Provider) -> None:
    """All that the provider says arrives; its documents are asked for once."""
    for _ in range(2):
        claims = await provider.claims(await there(provider), BROWSER, now())
        assert {name: claims[name] for name in rogue.person} == rogue.person
    assert rogue.asked == {"/.well-known/openid-configuration": 1, "/authorize": 2, "/token": 2, "/jwks": 1}


async def test_a_client_without_a_secret_or_with_one_in_the_form(rogue: Rogue, provider: Provider) -> None:
    """How the hub shows who it is follows what the provider can; a wrong secret is refused by it."""
    rogue.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await provider.claims(await there(provider), BROWSER, now()))["sub"] == "4711"
    public = Provider(msgspec.structs.replace(provider.settings, client_secret_file=""))
    with pytest.raises(Refused, match="invalid_client"):
        await public.claims(await there(public), BROWSER, now())
    gone = Provider(msgspec.structs.replace(provider.settings, client_secret_file="/nowhere/secret"))
    with pytest.raises(ProviderAway, match="client_secret_file"):
        await gone.claims(await there(gone), BROWSER, now())


def seconds(after: int) -> Callable[[], int]:
    """A moment so long after the one in which the token is made."""
    return lambda: int(time.time()) + after


def said(**changed: Any) -> Callable[[Rogue], None]:
    """An ID token with other claims; None: without."""

    def changed_now(claims: dict[str, Any]) -> dict[str, Any]:
        made = {name: value() if callable(value) else value for name, value in {**claims, **changed}.items()}
        return {name: value for name, value in made.items() if value is not None}

    return lambda rogue: setattr(rogue, "claims", changed_now)


def unsigned(rogue: Rogue) -> None:
    """``alg`` none."""
    rogue.algorithm = "none"


def signed_with_the_public_key(rogue: Rogue) -> None:
    """``alg`` HS256 with the public key for a secret."""
    rogue.algorithm = "HS256"


def signed_by_somebody_else(rogue: Rogue) -> None:
    """The name of the key is right, the key is not."""
    stranger = Rogue()
    rogue.keys["stranger"], rogue.signs_with, rogue.header = stranger.keys["one"], "stranger", {"kid": "one"}
    published = rogue.keys["one"].as_dict(private=False)
    rogue.broken["/jwks"] = (200, msgspec.json.encode({"keys": [published]}))


def critical(rogue: Rogue) -> None:
    """A header that must be understood, and is not."""
    rogue.header = {"crit": ["bound"], "bound": "x"}


ATTACKS: dict[str, tuple[Callable[[Rogue], None], str]] = {
    "nonce of another login": (said(nonce="x" * 43), "nonce"),
    "no nonce": (said(nonce=None), "nonce"),
    "for another client": (said(aud="somebody"), "aud"),
    "for nobody": (said(aud=None), "aud"),
    "for several, given to another": (said(aud=["wlan hub", "somebody"], azp="somebody"), "azp"),
    "for several, given to nobody": (said(aud=["wlan hub", "somebody"]), "azp"),
    "for us, given to another": (said(azp="somebody"), "azp"),
    "of another issuer": (said(iss="https://evil.example"), "iss"),
    "of an issuer with a slash more": (lambda rogue: said(iss=f"{rogue.issuer}/")(rogue), "iss"),
    "expired": (said(exp=seconds(-120)), "exp"),
    "without end": (said(exp=None), "exp"),
    "end in words": (said(exp="tomorrow"), "exp"),
    "old": (said(iat=seconds(-3_600)), "iat"),
    "of tomorrow": (said(iat=seconds(86_400)), "iat"),
    "not yet": (said(nbf=seconds(86_400)), "nbf"),
    "of nobody": (said(sub=""), "sub"),
    "of a number": (said(sub=4711), "sub"),
    "of control characters": (said(sub="a\nb"), "sub"),
    "unsigned": (unsigned, "alg"),
    "signed with the public key": (signed_with_the_public_key, "alg"),
    "signed by somebody else": (signed_by_somebody_else, "signature"),
    "header that nobody understands": (critical, "ID token"),
    "no token at all": (lambda rogue: setattr(rogue, "token", "x"), "ID token"),
    "answer of another provider": (lambda rogue: rogue.answer.update(iss="https://evil.example"), "iss: "),
    "answer of nobody": (lambda rogue: rogue.answer.update(iss=""), "iss: "),
    "no code": (lambda rogue: rogue.answer.update(code=""), "code"),
    "state of another login": (lambda rogue: rogue.answer.update(state="x" * 43), "state"),
    "no state": (lambda rogue: rogue.answer.update(state=""), "state"),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_nobody_gets_in_by(rogue: Rogue, provider: Provider, attack: str) -> None:
    """Each is refused, for its own reason."""
    change, why = ATTACKS[attack]
    change(rogue)
    with pytest.raises(Refused, match=why):
        await provider.claims(await there(provider), BROWSER, now())


async def test_what_may_differ(rogue: Rogue, provider: Provider) -> None:
    """Several audiences with us as the one that it was given to, clocks half a minute apart, another key and no name of one."""
    said(aud=["wlan hub", "somebody"], azp="wlan hub", exp=seconds(-30), iat=seconds(-330))(rogue)
    assert (await provider.claims(await there(provider), BROWSER, now()))["sub"] == "4711"
    rogue.keys, rogue.signs_with, rogue.algorithm = {"two": elliptic("two")}, "two", "ES256"
    other = Provider(provider.settings)
    assert (await other.claims(await there(other), BROWSER, now()))["sub"] == "4711"
    rogue.header = {"kid": None}
    rogue.broken["/jwks"] = (200, msgspec.json.encode({"keys": [rogue.keys["two"].as_dict(private=False)]}))
    other = Provider(provider.settings)
    assert (await other.claims(await there(other), BROWSER, now()))["sub"] == "4711"


async def test_a_code_and_an_answer_are_of_one_browser(provider: Provider) -> None:
    """Neither is of use to another one, nor twice."""
    answer = await there(provider)
    for secret in ("", "another secret"):
        with pytest.raises(Refused, match="state"):
            await provider.claims(answer, secret, now())
    theirs = await there(provider, "another secret")
    with pytest.raises(Refused, match="invalid_grant"):  # somebody puts their code into our answer: PKCE
        await provider.claims({**answer, "code": theirs["code"]}, BROWSER, now())
    assert (await provider.claims(answer, BROWSER, now()))["sub"] == "4711"
    with pytest.raises(Refused, match="invalid_grant"):
        await provider.claims(answer, BROWSER, now())


async def test_a_junk_answer_costs_nothing(rogue: Rogue, provider: Provider) -> None:
    """A state that is not of this browser is refused before anything is asked of the provider."""
    with pytest.raises(Refused, match="state"):
        await provider.claims({"state": "é", "code": "x"}, BROWSER, now())
    assert rogue.asked == {}


async def test_the_provider_says_no(rogue: Rogue, provider: Provider) -> None:
    """Its own word for why."""
    rogue.answer = {"code": "", "error": "access_denied"}
    with pytest.raises(Declined, match="access_denied"):
        await provider.claims(await there(provider), BROWSER, now())


async def test_another_key(rogue: Rogue, provider: Provider) -> None:
    """One that the provider has begun to sign with is asked for, but not more than once a minute."""
    await provider.claims(await there(provider), BROWSER, now())
    rogue.keys["two"], rogue.signs_with = elliptic("two"), "two"
    rogue.algorithm = "ES256"
    with pytest.raises(Refused, match="signature"):
        await provider.claims(await there(provider), BROWSER, now())
    assert rogue.asked["/jwks"] == 1
    assert (await provider.claims(await there(provider), BROWSER, now() + AGAIN))["sub"] == "4711"
    assert rogue.asked["/jwks"] == 2


async def test_roles_that_only_userinfo_says(rogue: Rogue, provider: Provider) -> None:
    """Asked for when the ID token lacks the claim; what it says of somebody else is refused."""
    groups = rogue.person.pop("groups")
    rogue.userinfo = {"sub": "4711", "groups": groups, "name": "Somebody Else"}
    claims = await provider.claims(await there(provider), BROWSER, now())
    assert (claims["groups"], claims["name"]) == (groups, "Anna Arnold")
    rogue.userinfo = {"sub": "1", "groups": groups}
    with pytest.raises(Refused, match="userinfo: sub"):
        await provider.claims(await there(provider), BROWSER, now())


BROKEN: dict[str, tuple[str, int, bytes]] = {
    "description away": ("/.well-known/openid-configuration", 502, b""),
    "description refused": ("/.well-known/openid-configuration", 403, b""),
    "description is no JSON": ("/.well-known/openid-configuration", 200, b"<html>"),
    "description lacks the token endpoint": ("/.well-known/openid-configuration", 200, b'{"issuer": "x"}'),
    "keys away": ("/jwks", 500, b""),
    "keys are none": ("/jwks", 200, b"[]"),
    "endless answer": ("/jwks", 200, b" " * 2_000_000),
    "no tokens": ("/token", 200, b"{}"),
    "exchange away": ("/token", 503, b""),
    "exchange leads elsewhere": ("/token", 302, b""),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_a_provider_that_is_broken(rogue: Rogue, provider: Provider, case: str) -> None:
    """Is away, as far as we are concerned: no traceback, and nobody gets in."""
    path, status, body = BROKEN[case]
    rogue.broken[path] = (status, body)
    with pytest.raises(ProviderAway, match=path):
        await provider.claims(await there(provider), BROWSER, now())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://[broken"},
    ],
)
async def test_a_description_that_leads_astray(rogue: Rogue, provider: Provider, metadata: dict[str, str]) -> None:
    """Another issuer, or addresses without TLS: nobody is sent there."""
    rogue.metadata = metadata
    with pytest.raises(ProviderAway, match="expected"):
        await provider.address(BROWSER, now())


async def test_who_comes_while_it_is_away_is_told_at_once(rogue: Rogue, provider: Provider) -> None:
    """It is asked once in a few seconds, and found again when it is back; its documents are asked for again after an hour."""
    rogue.broken["/.well-known/openid-configuration"] = (500, b"")
    at = now()
    answers = await asyncio.gather(*(provider.address(BROWSER, at) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ProviderAway] * 5
    rogue.broken.clear()
    with pytest.raises(ProviderAway):
        await provider.address(BROWSER, at + PAUSE / 2)
    assert rogue.asked == {"/.well-known/openid-configuration": 1}
    assert await provider.address(BROWSER, at + PAUSE)
    assert await provider.address(BROWSER, at + KEPT)
    assert await provider.address(BROWSER, at + PAUSE + KEPT + timedelta(seconds=1))
    assert rogue.asked == {"/.well-known/openid-configuration": 3}
