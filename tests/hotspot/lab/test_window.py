"""How the window into a hall rewrites heads."""

import pytest

from hotspot.lab.window import answer_head, request_head

PORTAL, WINDOW = "http://portal.hall.example", "http://127.0.0.1:8000"


def test_a_request_is_heard_as_from_the_portals_own_page() -> None:
    """Host, Origin and Referer name the portal; the body's length is told; the connection ends with the answer."""
    head = (
        b"POST /accept HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nOrigin: http://127.0.0.1:8000\r\nReferer: http://127.0.0.1:8000/?lang=de\r\n"
        b"Connection: keep-alive\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 7\r\n\r\n"
    )
    expected = (
        b"POST /accept HTTP/1.1\r\nHost: portal.hall.example\r\nConnection: close\r\norigin: http://portal.hall.example\r\n"
        b"referer: http://portal.hall.example/?lang=de\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 7\r\n\r\n"
    )
    assert request_head(head, PORTAL, WINDOW) == (expected, 7)


def test_a_strangers_origin_stays_what_it_is() -> None:
    """A page from elsewhere that posts to the window must be refused by the portal as it would be in the hall."""
    head = b"POST /accept HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nOrigin: http://evil.example\r\n\r\n"
    expected = b"POST /accept HTTP/1.1\r\nHost: portal.hall.example\r\nConnection: close\r\norigin: http://evil.example\r\n\r\n"
    assert request_head(head, PORTAL, WINDOW) == (expected, 0)


def test_a_body_of_unknown_length_is_refused() -> None:
    """No form is sent in chunks."""
    with pytest.raises(ValueError, match="known length"):
        request_head(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", PORTAL, WINDOW)


@pytest.mark.parametrize(
    ("location", "expected"),
    [("http://portal.hall.example/online", "http://127.0.0.1:8000/online"), ("/online", "/online"), ("http://www.town.example/",) * 2],
)
def test_a_redirect_to_the_portal_leads_back_to_the_window(location: str, expected: str) -> None:
    """Other places stay as they are."""
    head = f"HTTP/1.1 303 See Other\r\nLocation: {location}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
    assert (
        answer_head(head, PORTAL, WINDOW)
        == f"HTTP/1.1 303 See Other\r\nConnection: close\r\nLocation: {expected}\r\nCache-Control: no-store\r\n\r\n".encode()
    )
