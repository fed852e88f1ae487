"""Requests as phones, browsers and strangers really write them, from a phone in the hall, over IPv4 and IPv6: each gets the portal's answer
and no byte of its own back before acceptance, and the site's answer after it.

``tests/hotspot/portal/test_capture.py`` has more shapes, sent to the listener alone; here the kernel's redirect is in between.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from msgspec import Struct

from hotspot.lab import Hall, Options
from hotspot.lab.browse import Response, converse
from hotspot.lab.forms import forms
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.phone import Phone
from hotspot.portal.capture import make_answers
from tests.kernel.visits import PORTAL_TLS, accept

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWERS = make_answers(PORTAL_TLS, "now")
CHROME = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36"
SHEET = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def get(host: bytes, path: bytes, *fields: bytes, version: bytes = b"1.1", method: bytes = b"GET") -> bytes:
    """A request whose connection is to be closed."""
    lines = [method + b" " + path + b" HTTP/" + version, b"Host: " + host, b"Connection: close", *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


AS_ANDROID = (b"User-Agent: " + CHROME, b"Accept-Encoding: gzip")
THROUGH: dict[str, bytes] = {
    "apple-1": get(b"captive.apple.com", b"/hotspot-detect.html", b"User-Agent: CaptiveNetworkSupport-346.50.1 wispr", version=b"1.0"),
    "apple-2 (sheet)": get(
        b"captive.apple.com",
        b"/hotspot-detect.html",
        b"User-Agent: " + SHEET,
        b"Upgrade-Insecure-Requests: 1",
        b"Accept-Encoding: gzip, deflate",
    ),
    "android-http": get(b"connectivitycheck.gstatic.com", b"/generate_204", *AS_ANDROID),
    "android-fallback google": get(b"www.google.com", b"/gen_204", *AS_ANDROID),
    "android-fallback play": get(b"play.googleapis.com", b"/generate_204", *AS_ANDROID),
    "firefox": get(b"detectportal.firefox.com", b"/canonical.html", b"Cache-Control: no-cache", b"Pragma: no-cache"),
    "chromium": get(b"www.gstatic.com", b"/generate_204", b"User-Agent: " + CHROME),
    "nm-debian": get(b"network-test.debian.org", b"/nm", b"User-Agent: NetworkManager/1.42.4", b"Accept: */*"),
    "windows": get(b"www.msftconnecttest.com", b"/connecttest.txt", b"User-Agent: Microsoft NCSI"),
    "windows-ipv6": get(b"ipv6.msftconnecttest.com", b"/connecttest.txt", b"User-Agent: Microsoft NCSI"),
    "windows-browser": get(b"www.msftconnecttest.com", b"/redirect", b"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
    "no user agent": get(b"www.town.example", b"/"),
    "absolute form": get(b"www.town.example", b"http://www.town.example/"),
    "query": get(b"www.town.example", b"/?reflected=1"),
    "HEAD": get(b"www.town.example", b"/", method=b"HEAD"),
    "OPTIONS": get(b"www.town.example", b"/", method=b"OPTIONS"),
    "POST": get(b"www.town.example", b"/sink", b"Content-Length: 11", method=b"POST") + b"a=reflected",
}
"""What a server of the Internet answers as well."""
ODD: dict[str, bytes] = {
    "no host, no user agent, HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "host of somebody": get(b"reflected.example", b"/reflected", b"X-Forwarded-Host: reflected.example", b"X-Forwarded-For: 198.18.0.9"),
    "script in the path": get(b"www.town.example", b"/<script>reflected</script>?url=//reflected.example"),
    "path of 8 kB": get(b"www.town.example", b"/" + b"reflected" * 900),
    "two at once": b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\nGET /reflected HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "other method": get(b"www.town.example", b"/reflected", method=b"PROPFIND"),
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "no HTTP": b"\x00\x01reflected\x00" * 20,
}
"""What phones send by mistake, or strangers on purpose."""
SHAPES = {**THROUGH, **ODD}
SPECIAL = {"HEAD": ANSWERS.head, "POST": ANSWERS.see_other, "TLS hello": ANSWERS.bad, "no HTTP": ANSWERS.bad}
"""All others get ``302``."""
Heard = dict[tuple[str, int], bytes]


class Seen(Struct, frozen=True):
    """What came back on each connection until the other side closed it, the date blanked."""

    before: Heard
    after: Heard
    truth: Heard
    """Of what goes through: what the site says where no gateway is in between."""
    portal: Response
    """Where the redirect leads."""


def dateless(heard: bytes) -> bytes:
    """The same without the time of day."""
    return re.sub(rb"\r\nDate: [^\r]+", b"\r\nDate: now", heard)


async def hear(phone: Phone, shapes: dict[str, bytes]) -> Heard:
    """All shapes over both IP versions, one after the other."""
    return {(name, version): dateless(await phone.talk(data, version)) for name, data in shapes.items() for version in (4, 6)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen() -> AsyncIterator[Seen]:
    """One phone sends everything, accepts, and sends again what a server would understand."""
    async with AsyncExitStack() as stack:
        hall = await stack.enter_async_context(Hall(f"shapes{os.getpid()}", Options(tls=True)))
        phone = await hall.add_phone("anna")
        await phone.join()
        before, portal = await hear(phone, SHAPES), await phone.get(PORTAL_TLS, {"User-Agent": SHEET.decode()})
        assert (await accept(phone, PORTAL_TLS)).status == 303
        truth = {
            (name, version): dateless(await converse(hall.layout.wan, address, 80, data))
            for name, data in THROUGH.items()
            for version, address in ((4, SITE), (6, SITE6))
        }
        yield Seen(before, await hear(phone, THROUGH), truth, portal)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("name", SHAPES)
async def test_before_acceptance(seen: Seen, name: str, version: int) -> None:
    """The whole answer is one of those that were made ahead, and the connection is closed after it."""
    assert seen.before[name, version] == SPECIAL.get(name, ANSWERS.found)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("name", THROUGH)
async def test_after_acceptance(seen: Seen, name: str, version: int) -> None:
    """The site's own answer, to the byte."""
    assert seen.after[name, version] == seen.truth[name, version]


async def test_nothing_is_reflected(seen: Seen) -> None:
    """No byte of any request comes back."""
    assert [shape for shape, heard in seen.before.items() if b"reflected" in heard] == []


async def test_the_sheet_finds_the_page_where_it_is_sent(seen: Seen) -> None:
    """The redirect leads to a page over TLS that the phone trusts, with one form to send."""
    assert (seen.portal.status, len([form for form in forms(seen.portal.text) if form.method == "POST"])) == (200, 1)
