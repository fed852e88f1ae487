"""HTTP requests as strangers send them: nearly right, turned in places, or nothing of the kind."""

from hypothesis import strategies as st

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS", b"get", b"G\x00T", b"", b"A" * 40]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"HTTP/1.1 x", b"ICY", b""]
NAMES = [b"Host", b"User-Agent", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Accept-Language", b"Origin", b"X", b"", b" Host"]
VALUES = [b"", b"portal.hall.example", b"0", b"-1", b"99999999999999999999", b"chunked", b"close", b"*;q=", b"\xff\xfe", b"a" * 9_000]
PATHS = [b"/", b"/accept", b"/?", b"/?tok", b"/?tok=&redir=", b"/%", b"/%zz%0d%0a", b"/../../etc", b"*", b"http://[", b"/" + b"a" * 9_000]
ENDS = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b""]

paths = st.sampled_from(PATHS) | st.binary(max_size=200)
headers = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.binary(max_size=60)), max_size=8)


@st.composite
def nearly(draw: st.DrawFn) -> bytes:
    """A request with the right parts, each of which may be wrong."""
    end = draw(st.sampled_from(ENDS))
    first = draw(st.sampled_from(METHODS)) + b" " + draw(paths) + b" " + draw(st.sampled_from(VERSIONS))
    lines = [first, *(name + b": " + value for name, value in draw(headers))]
    return end.join(lines) + end + end + draw(st.binary(max_size=50))


@st.composite
def turned(draw: st.DrawFn) -> bytes:
    """A right request with a few bytes changed, cut short or doubled."""
    whole = bytearray(
        b"GET /generate_204?x=1 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nUser-Agent: a\r\nConnection: close\r\n\r\n"
    )
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6)):
        whole[place] = value
    cut = draw(st.integers(0, len(whole)))
    return bytes(whole[:cut]) + bytes(whole[cut:]) * draw(st.integers(0, 2))


anything = nearly() | turned() | st.binary(max_size=400)
