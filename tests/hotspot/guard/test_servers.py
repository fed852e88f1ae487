"""Foreign servers are found by what they say, and by clients that follow them; a phone that has just changed networks is none."""

import pytest

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

ONE, ROGUE = at.mac(1), at.mac(66)
FOREIGN = bytes((192, 168, 178, 1))


@pytest.mark.parametrize("kind", [2, 5, 6], ids=["offer", "ack", "nak"])
def test_foreign_dhcp_server(kind: int) -> None:
    """One answer is enough, and it says at which port and with which network."""
    scene = Scene()
    scene.ports[ROGUE] = "port3"
    scene.hear(at.dhcp(ROGUE, kind, client=ONE, reply=True, given=bytes((192, 168, 178, 20)), server=FOREIGN))
    (found,) = scene.watch.findings(scene.now, 1_800_000_000)
    assert (found.kind, found.zone, found.values["port"], found.values["network"]) == ("rogue-dhcp", "public", "port3", "192.168.178.0/24")


def test_clients_that_follow_a_foreign_server() -> None:
    """Its own answers may have gone past the guard."""
    scene = Scene()
    scene.hear(at.dhcp(at.mac(1), 3, server=FOREIGN, transaction=1))
    assert scene.kinds == []
    scene.hear(at.dhcp(at.mac(2), 3, server=FOREIGN, transaction=2))
    assert scene.places == [("rogue-dhcp", "?")]


def test_one_phone_that_changed_networks_is_no_danger() -> None:
    """It repeats the request that it began elsewhere; and one that comes with an old address names no server."""
    scene = Scene()
    scene.hear(*[at.dhcp(ONE, 3, server=FOREIGN, transaction=1)] * 4, at.dhcp(at.mac(2), 3), every=2)
    scene.wait(700)
    scene.hear(at.dhcp(ONE, 3, server=FOREIGN, transaction=2))
    assert scene.kinds == []


def test_own_servers() -> None:
    """The gateway's own, by IPv4 and IPv6."""
    scene = Scene()
    scene.wait(60)
    scene.hear(at.dhcp(ONE, 1), at.dhcp(ONE, 3, server=at.GATEWAY4))
    scene.watch.outgoing(at.dhcp6(at.GATEWAY, 2, b"own"), scene.now)
    scene.hear(at.dhcp6(ONE, 1), at.dhcp6(ONE, 3, b"own"), at.dhcp6(ONE, 11))
    assert scene.kinds == []


def test_foreign_dhcp6_server() -> None:
    """By its answer, and by a client that follows it; while the guard has just begun, the server may be the gateway's."""
    scene = Scene()
    scene.hear(at.dhcp6(ONE, 3, b"other"))
    assert scene.kinds == []
    scene.wait(60)
    scene.hear(at.dhcp6(ONE, 3, b"other"))
    assert scene.places == [("rogue-dhcp6", "?")]
    scene.ports[ROGUE] = "port2"
    scene.hear(at.dhcp6(ROGUE, 2, b"other"))
    assert scene.places == [("rogue-dhcp6", "?"), ("rogue-dhcp6", "port2")]


def test_foreign_router() -> None:
    """One advertisement is enough."""
    scene = Scene()
    scene.hear(at.router(ROGUE))
    assert scene.kinds == ["rogue-ra"]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (at.router(at.GATEWAY), "rogue-ra"),
        (at.dhcp(at.GATEWAY, 5, client=ONE, reply=True, given=at.guest(1), server=FOREIGN), "rogue-dhcp"),
        (at.dhcp6(at.GATEWAY, 2, b"other"), "rogue-dhcp6"),
    ],
    ids=["RA", "DHCP", "DHCPv6"],
)
def test_servers_behind_the_gateways_own_mac(frame: bytes, kind: str) -> None:
    """What comes from outside with the gateway's MAC and was not said by the gateway is foreign, from the first frame on."""
    scene = Scene()
    scene.hear(frame)
    assert scene.places == [(kind, "?")]


def test_a_loop_brings_back_what_the_gateway_said() -> None:
    """That is no foreign server, but a loop once there is more of it; also where the card calculates the checksum after the guard saw the
    frame, and where an access point sends it on to everybody."""
    scene = Scene()
    own = [at.router(at.GATEWAY), at.dhcp(at.GATEWAY, 5, client=ONE, reply=True, given=at.guest(1)), at.dhcp6(at.GATEWAY, 7, b"own")]
    for frame in own:
        scene.watch.outgoing(frame, scene.now)
    places = (56, 40, 60)
    back = [at.mac(9) + frame[6:place] + b"\x12\x34" + frame[place + 2 :] for frame, place in zip(own, places, strict=True)]
    scene.hear(*back[:2])
    assert scene.kinds == []
    scene.hear(back[2])
    assert scene.kinds == ["gateway-mac"]
    scene.hear(at.router(at.GATEWAY)[:-1] + b"x")
    assert scene.kinds == ["gateway-mac", "rogue-ra"]


@pytest.mark.parametrize("ports", [(4011, 68), (53, 68), (67, 67)], ids=["PXE", "DNS", "to a relay"])
def test_a_foreign_server_answers_from_another_port(ports: tuple[int, int]) -> None:
    """Clients look at the port that an answer goes to, and so does the guard."""
    scene = Scene()
    scene.hear(at.dhcp(ROGUE, 2, client=ONE, reply=True, given=bytes((192, 168, 178, 20)), server=FOREIGN, ports=ports))
    scene.hear(at.dhcp6(ROGUE, 2, b"other", port=40_000))
    assert scene.kinds == ["rogue-dhcp", "rogue-dhcp6"]


def test_an_answer_in_pieces() -> None:
    """The first is too short to be read: it is one all the same."""
    scene = Scene()
    whole = at.dhcp(ROGUE, 5, client=ONE, reply=True, given=bytes((192, 168, 178, 20)), server=FOREIGN)
    scene.hear(whole[:20] + b"\x20\x00" + whole[22:66])
    assert scene.kinds == ["rogue-dhcp"]


def test_a_relay_that_names_a_foreign_server() -> None:
    """A forged relay's address hides nothing."""
    scene = Scene()
    for number in (1, 2):
        scene.hear(at.dhcp(ROGUE, 3, client=at.mac(number), server=FOREIGN, transaction=number, relay=FOREIGN))
    assert "rogue-dhcp" in scene.kinds
