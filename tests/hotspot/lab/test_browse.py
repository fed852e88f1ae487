"""A phone's HTTP messages."""

import pytest

from hotspot.lab.browse import Target, parse_head, request_bytes, target


def test_target_of_a_url() -> None:
    """Scheme, host, port and path with query; ports of the scheme's own are not in ``Host``."""
    urls = ["http://a.example", "https://a.example:8443/x?y=1", "http://[2001:db8::1]:80/"]
    actual = [(each, each.authority) for each in map(target, urls)]
    assert actual == [
        (Target("http", "a.example", 80, "/"), "a.example"),
        (Target("https", "a.example", 8443, "/x?y=1"), "a.example:8443"),
        (Target("http", "2001:db8::1", 80, "/"), "[2001:db8::1]"),
    ]


@pytest.mark.parametrize("url", ["ftp://a.example/", "/x", "http://", "a.example"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Only http and https with a host."""
    with pytest.raises(ValueError, match="cannot open"):
        target(url)


def test_request_with_headers_replaced() -> None:
    """Headers of the caller replace those that are there by themselves, whatever their case."""
    actual = request_bytes(target("http://a.example/x"), "POST", {"host": "b.example", "X-One": "1"}, b"k=v")
    assert actual == b"POST /x HTTP/1.1\r\nhost: b.example\r\nConnection: close\r\nContent-Length: 3\r\nX-One: 1\r\n\r\nk=v"


def test_head_of_an_answer() -> None:
    """Status and headers in order, names in lower case."""
    actual = parse_head(b"HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\nX-Y:  z ")
    assert actual == (302, (("location", "http://a.example/"), ("x-y", "z")))


@pytest.mark.parametrize("head", [b"", b"SSH-2.0-x", b"HTTP/2 200", b"HTTP/1.1 abc"])
def test_what_is_no_answer_is_refused(head: bytes) -> None:
    """Another protocol on the port is an error, not a status."""
    with pytest.raises(ValueError, match="not the first line"):
        parse_head(head)
