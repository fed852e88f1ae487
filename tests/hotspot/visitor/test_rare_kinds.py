"""Faults that no hall of the lab has: each step says the right thing of them. What the step asks is answered as that fault would."""

import ssl
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hotspot.visitor import dhcp, inside, joining, online, outside, portal, routers, walk
from hotspot.visitor.known import Known, Promised
from hotspot.visitor.notes import Failed
from hotspot.visitor.phones import PHONES
from hotspot.visitor.programs import CannotLook
from hotspot.visitor.web import Port, Unanswered

FORM = '<form method="post" action="/accept"><button>ok</button></form>'


def known(**more: Any) -> Known:
    """As much of what is known as a step asks for."""
    choices = SimpleNamespace(
        patience=0.1, api_url="https://p.example/a", key=b"", measured=1.0, download="http://x.example/", upload="", control=None
    )
    return cast("Known", SimpleNamespace(choices=choices, frames=None, mac="02:00:00:00:00:01", way=4, interface="v0", said=str, **more))


def raises(error: BaseException) -> Callable[..., Any]:
    """Something that ends so."""

    def ends(*_: Any, **__: Any) -> Any:
        raise error

    return ends


def kind(step: Callable[[], object]) -> str:
    """What a step fails with."""
    with pytest.raises(Failed) as failed:
        step()
    return failed.value.kind


def test_outside() -> None:
    """Neither TLS nor the web is answered; a probe is not."""
    assert kind(lambda: outside.closed(known(outside={4: "203.0.113.9"}, knock=lambda *_: Port.SILENT), 4)) == "rules-gone"
    silent = known(resolve=lambda *_: ("203.0.113.9",), get=raises(Unanswered(True)))
    name = next(iter(PHONES))
    assert kind(lambda: outside.probe(silent, name, PHONES[name], 4)) == "probe-silent"


def test_joining(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server offers and refuses; what it gives cannot be used; the router advertises another portal, and does not answer."""
    refused = SimpleNamespace(told=SimpleNamespace(kind=-1), servers=1)
    monkeypatch.setattr(dhcp, "join", lambda *_: refused)
    assert kind(lambda: joining.address(known(lease=None))) == "dhcp-refused"
    lease = SimpleNamespace(kind=dhcp.ACK, addresses=lambda _: (), address="198.18.1.1", network=SimpleNamespace(prefixlen=20))
    monkeypatch.setattr(dhcp, "join", lambda *_: SimpleNamespace(told=lease, servers=1))
    monkeypatch.setattr(joining, "ip", raises(CannotLook("no")))
    assert kind(lambda: joining.address(known(lease=None, servers={}))) == "dhcp-unusable"
    router = SimpleNamespace(portal="https://other.example/a", router="fe80::1")
    assert kind(lambda: joining.portal_option6(known(router=router, api_url=""))) == "option37-wrong"
    monkeypatch.setattr(routers, "who_has6", lambda *_: set())
    assert kind(lambda: joining.gateway6(known(router=router))) == "gateway6-silent"


@pytest.mark.parametrize(("lifetimes", "foreign"), [((), False), ((0,), False), ((1_800,), True), ((0, 1_800), True)])
def test_a_router_in_a_hall_without_ipv6(monkeypatch: pytest.MonkeyPatch, lifetimes: tuple[int, ...], foreign: bool) -> None:
    """Silence is good; one who says that it is a router no more is none."""
    monkeypatch.setattr(routers, "solicit", lambda *_: [SimpleNamespace(lifetime=one) for one in lifetimes])
    if foreign:
        assert kind(lambda: joining.no_advertisement(known())) == "advertisement-foreign"
    else:
        joining.no_advertisement(known())


def test_a_hall_without_ipv6_is_looked_at_for_routers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its settings say that it has none, or an option."""
    ran: list[str] = []
    notes = SimpleNamespace(run=lambda name, action, needs=(): ran.append(f"{name.step}{name.family}"), instead=lambda *_: None)
    one = known(notes=notes)
    one.choices = cast("Any", SimpleNamespace(families=(4,)))
    walk._join(one)
    assert ran == ["dhcp4", "router4", "gateway4", "dns-option4", "portal-option4", "advertisement6"]


def test_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It speaks no TLS; its page takes long; it says that something is amiss that no visitor notices."""
    monkeypatch.setattr(inside, "status", lambda _: SimpleNamespace(faults=("journal",), warnings=()))
    quiet = known(notes=SimpleNamespace(amiss=False, passed=lambda _: False))
    quiet.choices = cast("Any", SimpleNamespace(zone=""))
    assert kind(lambda: portal.status(quiet)) == "portal-fault"
    broken = known(api_url="https://p.example/a", portal_url="", bare_url="", get=raises(ssl.SSLError(1, "wrong version number")))
    assert kind(lambda: portal.certificate(broken)) == "tls-broken"
    for code, said in ((10, "certificate-expired"), (9, "certificate-early"), (62, "certificate-name"), (18, "certificate-untrusted")):
        refused = ssl.SSLCertVerificationError(1, "refused")
        refused.verify_code = code  # of a portal that leads phones there all the same, as one whose clock is wrong
        asked = known(api_url="https://p.example/a", portal_url="", bare_url="", get=raises(refused))
        assert kind(lambda asked=asked: portal.certificate(asked)) == said  # type: ignore[misc]
    slow = SimpleNamespace(status=200, text=FORM, seconds=99.0)
    assert kind(lambda: portal.page(known(portal_url="http://p.example/", form=None, get=lambda *_: slow))) == "page-slow"


def test_online(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer that does not come about; an API that does not say how long."""
    monkeypatch.setattr(online, "download_rate", raises(Unanswered(True)))
    assert (
        kind(lambda: online.download(known(promised=Promised(most={"down": 10e6, "up": 2e6}), address_of=lambda *_: "203.0.113.9")))
        == "transfer-failed"
    )
    noted: list[str] = []
    monkeypatch.setattr(online, "api_told", lambda *_: {"captive": False})
    online.api(known(api_url="https://p.example/a", notes=SimpleNamespace(find=noted.append)))
    assert noted == ["time-missing"]
