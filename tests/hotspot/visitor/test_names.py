"""Questions to a name server and what comes back."""

import socket
import threading

import pytest
from scapy.layers.dns import DNS, DNSQR, DNSRR

from hotspot.dns import AAAA, NXDOMAIN, A, Answered, understood
from hotspot.visitor import names


def free_port() -> int:
    """A UDP port where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def said(number: int, *records: DNSRR, code: int = 0) -> bytes:
    """A server's message."""
    return bytes(DNS(id=number, qr=1, rcode=code, qd=DNSQR(qname="a.example"), an=list(records)))


def test_an_answer_as_scapy_makes_it() -> None:
    """The addresses of the kind that was asked for; aliases are passed over."""
    message = said(
        7,
        DNSRR(rrname="a.example", type="CNAME", rdata="b.example"),
        DNSRR(rrname="b.example", type="A", rdata="198.51.100.10"),
        DNSRR(rrname="b.example", type="AAAA", rdata="2001:db8::1"),
    )
    told = understood(message, 7)
    assert told is not None
    assert (told.code, told.of(A), told.of(AAAA)) == (0, ("198.51.100.10",), ("2001:db8::1",))
    assert (understood(said(7, code=3), 7), understood(said(8), 7)) == (Answered(NXDOMAIN), None)


def test_what_is_no_name_has_no_address() -> None:
    """Without a word to anybody: there is no server at that address."""
    assert names.ask("198.18.255.254", "x" * 64 + ".example", 4, 0.2) == Answered(NXDOMAIN)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is silent, whether nobody listens or nobody answers."""
    monkeypatch.setattr(names, "PORT", free_port())
    with pytest.raises(names.Silent):
        names.ask("127.0.0.1", "a.example", 4, 0.2)


def test_asked_over_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question is lost, the second is answered, after somebody else's answer."""
    monkeypatch.setattr(names, "AGAIN", 0.1)
    monkeypatch.setattr(names, "PORT", free_port())
    asked = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", names.PORT))
        server.settimeout(5)

        def serve() -> None:
            for number in range(2):
                question, who = server.recvfrom(512)
                asked.append(DNS(question).qd[0].qname)
                if number:
                    server.sendto(said(int.from_bytes(question[:2]) ^ 1), who)
                    server.sendto(said(int.from_bytes(question[:2]), DNSRR(rrname="a.example", type="A", rdata="198.51.100.10")), who)

        answering = threading.Thread(target=serve)
        answering.start()
        told = names.ask("127.0.0.1", "a.example", 4, 3)
        answering.join()
    assert (told.addresses, asked) == (("198.51.100.10",), [b"a.example."] * 2)
