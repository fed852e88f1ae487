"""The walk from the name server to the way out, through a hall that answers in memory: what goes on, what stops, and what is told."""

import ssl
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import pytest

from hotspot.dns import NXDOMAIN, Answered
from hotspot.looks.values import Look, Result, Verdict
from hotspot.visitor import inside, portal, walk
from hotspot.visitor.choices import Choices
from hotspot.visitor.frames import Frames
from hotspot.visitor.gathered import gathered
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Name, Notes
from hotspot.visitor.phones import PHONES
from hotspot.visitor.web import Page, Port

PORTAL, BARE = "https://portal.hall.example/", "http://portal.hall.example/"
GATEWAY, SITE = "198.18.0.1", "203.0.113.9"
FORM = '<form method="post" action="/{0}"><button>{0}</button></form>'


class InMemory(Known):
    """A visit that has joined, and the hall around it: what is not changed is as it should be."""

    accepted = False
    asked: Mapping[str, Page] = MappingProxyType({})
    """Answers to these addresses, first of all."""
    tls_fault: ssl.SSLError | None = None
    target = PORTAL
    """Where captive clients are sent."""
    knocked: Port = Port.REFUSED
    """On the Internet, before acceptance."""
    names: Mapping[str, Answered] = MappingProxyType({})
    """What the name server says, by the end of the name."""

    def get(self, url: str, family: int, headers: dict[str, str] | None = None) -> Page:
        """What is where."""
        if url in self.asked:
            return self.asked[url]
        if url.startswith("https://") and self.tls_fault is not None:
            raise self.tls_fault
        if url.endswith("/api/captive"):
            left = 280 - len(self.notes.steps) if self.accepted else 0
            more = f', "seconds-remaining": {left}' if self.accepted else f', "user-portal-url": "{PORTAL}"'
            return page(200, f'{{"captive": {str(not self.accepted).lower()}{more}}}', kind="application/captive+json")
        if url.startswith((PORTAL, BARE)):
            return page(200, FORM.format("leave" if url.endswith("/online") else "accept"))
        if not self.accepted:
            return page(302, "", location=self.target)
        probe = next(one for one in PHONES.values() if one.url == url)
        return page(probe.status, probe.body)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Page:
        """Accepts, or leaves."""
        if url.startswith("https://") and self.tls_fault is not None:
            raise self.tls_fault
        self.accepted = url.endswith("/accept")
        return page(303, "", location="/")

    def knock(self, address: str, port: int) -> Port:
        """The site is behind the portal."""
        if address == SITE:
            return Port.OPEN if self.accepted or port == 80 else self.knocked
        return Port.OPEN

    def ask(self, server: str, name: str, family: int) -> Answered:
        """The true answers."""
        known = {"portal.hall.example": Answered(0, (GATEWAY,)), ".invalid": Answered(NXDOMAIN)} | dict(self.names)
        return next((told for end, told in known.items() if name.endswith(end)), Answered(0, (SITE,)))

    def on_link(self, address: str) -> bool:
        """The guests' network."""
        return address.startswith("198.18.")


def page(status: int, body: str, location: str = "", kind: str = "text/html") -> Page:
    """An answer."""
    headers = {"content-type": kind} | ({"location": location} if location else {})
    return Page(status, headers, body.encode(), 0.01)


def visit(**changed: Any) -> InMemory:
    """One whose address and gateway are there, before its first question."""
    choices = Choices(interface="br0", zone="public", portal_url=PORTAL, families=(4,), skip=("countdown",))
    notes = Notes("public", 60, choices.skip)
    known = InMemory(choices, notes, "visit0", "02:00:00:00:00:0a", cast("Frames", None))
    known.usable, known.servers = {4}, {4: GATEWAY}
    for name in ("dhcp", "gateway"):
        notes.run(Name(name, 4), lambda: None)
    for key, value in changed.items():
        setattr(known, key, value)
    return known


def walked(known: InMemory) -> Look:
    """What such a visit finds."""
    for part in (walk._look_around, walk._at_the_portal, walk._go_online):
        part(known)
    known.notes.run(Name("status"), lambda: portal.status(known))
    return gathered([known.notes], 1.0, 1.0, "")


def found(look: Look) -> list[tuple[str, str]]:
    """Kinds with their severities."""
    return [(finding.kind, finding.severity.value) for finding in look.findings]


def results(look: Look, *names: str) -> list[Result]:
    """Of these steps, IPv4 where they have one."""
    return [step.result for name in names for step in look.steps if step.name == name]


PASSED, FAILED, SKIPPED = Result


def test_a_good_hall() -> None:
    """Nothing is amiss."""
    look = walked(visit())
    assert (found(look), look.visited[0].verdict, look.well) == ([], Verdict.ONLINE, True)


def test_refusals_that_get_lost_stop_nobody() -> None:
    """A warning, and the visitor gets online; after leaving it is shut again."""
    look = walked(visit(knocked=Port.SILENT))
    assert (found(look), look.visited[0].verdict) == ([("refusal-slow", "warning")], Verdict.ONLINE)
    assert results(look, "portal", "page", "accept", "online", "closed-again") == [PASSED] * 5


REFUSED = ssl.SSLCertVerificationError(1, "self-signed certificate")
REFUSED.verify_code = 18


@pytest.mark.parametrize("given", [PORTAL, ""])
@pytest.mark.parametrize("target", [BARE, "http://portal.hall.example/?mac=1"])
def test_pages_without_tls(given: str, target: str) -> None:
    """While phones would refuse the certificate they are sent to the pages without TLS, and get online: so does the visit, also one that
    knows no more of the portal than what DHCP names as its API."""
    look = walked(visit(tls_fault=REFUSED, target=target, portal_url=given, api_url=f"{PORTAL}api/captive"))
    assert (found(look), look.visited[0].verdict) == ([("pages-without-tls", "warning")], Verdict.ONLINE)
    assert results(look, "probe-ios", "certificate", "api", "page", "accept", "online", "api-online", "leave") == [
        *(PASSED, FAILED, SKIPPED, PASSED, PASSED, PASSED, SKIPPED, PASSED)
    ]


def test_pages_without_tls_where_nobody_listens_for_it() -> None:
    """The portal has no certificate to listen with."""
    known = visit(tls_fault=REFUSED, target=BARE)
    known.knock = lambda address, port: Port.REFUSED if port == 443 and not known.accepted else Port.OPEN  # type: ignore[method-assign]
    look = walked(known)
    assert (found(look), look.visited[0].verdict) == ([("pages-without-tls", "warning")], Verdict.ONLINE)


@pytest.mark.parametrize("target", ["http://portal.hall.example.evil.example/", "http://other.example/", "http://[/", "https://x.example/"])
def test_another_portal_is_elsewhere_all_the_same(target: str) -> None:
    """Without TLS or with it."""
    look = walked(visit(target=target))
    assert [finding.kind for finding in look.findings] == ["probe-elsewhere"] * 3


def test_a_certificate_that_phones_refuse_where_they_are_sent_to_it() -> None:
    """Then nobody sees the page."""
    look = walked(visit(tls_fault=REFUSED))
    assert ([kind for kind, _ in found(look)], look.visited[0].because) == (["certificate-untrusted"], ("certificate-untrusted",))


@pytest.mark.parametrize(
    ("status", "body", "kinds"),
    [
        (200, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n", []),
        (200, "<html>Log in to your provider</html>", [("probe-not-its-own", "urgent")]),
        (204, "", [("probe-not-its-own", "urgent")]),
        (403, "no", [("probe-not-its-own", "urgent")]),
        (503, "later", [("probe-not-its-own", "warning")]),
    ],
)
def test_somebody_further_up_answers_the_probe(status: int, body: str, kinds: list[tuple[str, str]]) -> None:
    """No redirect, and not its own server either: status and body are compared."""
    known = visit()
    probe, real = PHONES["ios"].url, InMemory.get

    def get(url: str, family: int, headers: dict[str, str] | None = None) -> Page:
        return page(status, body) if known.accepted and url == probe else real(known, url, family, headers)

    known.get = get  # type: ignore[method-assign]
    look = walked(known)
    assert (found(look), look.visited[0].verdict) == (kinds, Verdict.ONLINE)


@pytest.mark.parametrize(("status", "kind"), [(200, "probe-answered"), (204, "probe-answered"), (404, "probe-error"), (502, "probe-error")])
def test_a_probe_that_is_not_led_to_the_portal(status: int, kind: str) -> None:
    """An error makes no phone think that it is online."""
    look = walked(visit(asked={probe.url: page(status, "x") for probe in PHONES.values()}))
    assert {finding.kind for finding in look.findings} & {"probe-answered", "probe-error"} == {kind}


def test_only_what_the_true_server_says_is_compared() -> None:
    """Of some makes nobody knows the body."""
    assert [name for name, probe in PHONES.items() if not probe.known] == ["nintendo", "roku"]
    assert PHONES["roku"].is_answered(200, "anything")
    assert not PHONES["roku"].is_answered(204, "")


def test_a_search_page_for_names_that_do_not_exist() -> None:
    """The provider's: a warning, and the visit goes on."""
    look = walked(visit(names={".invalid": Answered(0, ("192.0.2.80",))}))
    assert (found(look), look.visited[0].verdict) == ([("dns-search-page", "warning")], Verdict.ONLINE)


@pytest.mark.parametrize("end", [".invalid", "apple.com"])
@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "127.0.0.1",
        "10.1.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:203.0.113.9",
        "ff02::1",
        "fd00::1",
    ],
)
def test_addresses_where_nobody_is(address: str, end: str) -> None:
    """The hall's own, and those that filters answer with."""
    look = walked(visit(names={end: Answered(0, (address,))}))
    assert (found(look), look.visited[0].because) == ([("dns-lies", "urgent")], ("dns-lies",))


def says(*faults: str, warnings: tuple[str, ...] = ()) -> SimpleNamespace:
    """The portal's status."""
    return SimpleNamespace(faults=faults, warnings=warnings, zones=())


OFFLINE = {PORTAL: page(200, "nothing to accept")}


@pytest.mark.parametrize(
    ("status", "online", "kinds"),
    [
        (says("the terms changed without a new version"), True, [("portal-fault", "warning")]),
        (says("zone council is not served (interface lan1 is missing)"), True, []),
        (says("zone council is not served (x)", "zone public is not served (y)"), True, [("portal-fault", "warning")]),
        (says(warnings=("hub away: timed out",)), True, [("hub-away", "warning")]),
        (says(warnings=("hub away: timed out",)), False, [("page-without-form", "urgent"), ("hub-away", "warning")]),
        (says("hub away: nobody new is let in", warnings=("hub away: timed out",)), False, [("hub-away", "urgent")]),
    ],
)
def test_what_the_portal_says_of_itself(
    monkeypatch: pytest.MonkeyPatch, status: SimpleNamespace, online: bool, kinds: list[tuple[str, str]]
) -> None:
    """A fault that this zone's visitors do not notice is a warning, another zone's is not theirs; a portal that only misses its hub
    serves as ever."""
    monkeypatch.setattr(inside, "status", lambda _: status)
    look = walked(visit(asked={} if online else OFFLINE))
    assert (found(look), look.visited[0].verdict) == (kinds, Verdict.ONLINE if online else Verdict.STUCK)
