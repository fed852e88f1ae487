"""The Captive Portal API's answers (RFC 8908), as JSON."""

import pytest
from msgspec.structs import replace

from hotspot.portal.capport import captivity, encode
from hotspot.portal.desk import Visitor
from hotspot.session.states import State
from tests.hotspot.portal.desk_in_memory import FREE

HTTP, HTTPS = "http://portal.hall.example/", "https://portal.hall.example/"
CAPTIVE = Visitor(
    ip="198.18.0.7",
    mac="02:00:00:00:00:01",
    zone="public",
    code="K7F-3QX",
    state=State.CAPTIVE,
    plan=FREE,
    session=None,
    seconds_left=None,
    bytes_left=None,
    reason="",
    seen_before=False,
)
ONLINE = replace(CAPTIVE, state=State.ONLINE, seconds_left=900, bytes_left=5_000)


@pytest.mark.parametrize("state", [State.CAPTIVE, State.ENDED, State.BLOCKED])
def test_captive(state: State) -> None:
    """Whoever is not online is captive and learns where the portal is; nothing remains."""
    answer = encode(captivity(replace(CAPTIVE, state=state), HTTPS, None))
    assert answer == b'{"captive":true,"user-portal-url":"https://portal.hall.example/","can-extend-session":false}'


def test_online() -> None:
    """Online: all six keys."""
    assert encode(captivity(ONLINE, HTTPS, "https://hall.example/")) == (
        b'{"captive":false,"user-portal-url":"https://portal.hall.example/","venue-info-url":"https://hall.example/",'
        b'"can-extend-session":false,"seconds-remaining":900,"bytes-remaining":5000}'
    )


def test_online_without_volume() -> None:
    """A plan without a volume has no bytes remaining."""
    answer = encode(captivity(replace(ONLINE, bytes_left=None), HTTPS, None))
    assert answer == (
        b'{"captive":false,"user-portal-url":"https://portal.hall.example/","can-extend-session":false,"seconds-remaining":900}'
    )


def test_more_time_to_have() -> None:
    """The key says whether the portal's page has a button for it."""
    answer = encode(captivity(replace(ONLINE, can_extend=True, bytes_left=None), HTTP, None))
    assert answer == b'{"captive":false,"can-extend-session":true,"seconds-remaining":900}'


def test_nothing_left() -> None:
    """0 is said, not left out."""
    answer = encode(captivity(replace(ONLINE, seconds_left=0, bytes_left=0), HTTP, None))
    assert answer == b'{"captive":false,"can-extend-session":false,"seconds-remaining":0,"bytes-remaining":0}'


def test_an_address_without_tls_is_not_named() -> None:
    """``user-portal-url`` must be https."""
    assert encode(captivity(CAPTIVE, HTTP, None)) == b'{"captive":true,"can-extend-session":false}'
