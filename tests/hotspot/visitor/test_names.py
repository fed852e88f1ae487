"""Questions to a name server and what comes back."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.dns import DNS, DNSQR, DNSRR

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


def test_an_answer_is_read() -> None:
    """The addresses of the kind that was asked for; aliases are passed over."""
    message = said(
        7,
        DNSRR(rrname="a.example", type="CNAME", rdata="b.example"),
        DNSRR(rrname="b.example", type="A", rdata="198.51.100.10"),
        DNSRR(rrname="b.example", type="AAAA", rdata="2001:db8::1"),
    )
    assert names.answer(message, 7, names.A) == names.Answer(0, ("198.51.100.10",))
    assert names.answer(message, 7, names.AAAA) == names.Answer(0, ("2001:db8::1",))
    assert names.answer(said(7, code=3), 7, names.A) == names.Answer(names.NO_SUCH_NAME, ())


def test_somebody_elses_answer_is_none() -> None:
    """Another number, and a question."""
    assert names.answer(said(8), 7, names.A) is None
    assert names.answer(names.question(7, "a.example", names.A), 7, names.A) is None


@given(some.binary(max_size=300))
def test_strangers_bytes_raise_nothing(data: bytes) -> None:
    """Whole messages, and what follows a good head."""
    names.answer(data, 7, names.A)
    names.answer(said(7)[:12] + data, 7, names.A)


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
