"""Looks for what names a visitor in whatever bytes: an address, a name or a number in every encoding that a program might use (pure)."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from msgspec import Struct

_STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_HASHES = ("md5", "sha1", "sha256")
Trace = tuple[str, str]
"""What was found, and in which encoding."""


class Needle(Struct, frozen=True):
    """One encoding of one thing."""

    trace: Trace
    exact: bytes = b""
    """These very bytes; empty: ``folded`` or ``pattern``."""
    folded: bytes = b""
    """In lower case, to be looked for in what is in lower case."""
    pattern: re.Pattern[bytes] | None = None


def of_mac(mac: str) -> list[Needle]:
    """``02:9c:5e:a1:7b:3d`` in every way, also inside an IPv6 address of its own."""
    raw = bytes.fromhex(mac.replace(":", ""))
    eui = bytes([raw[0] ^ 2, *raw[1:3], 0xFF, 0xFE, *raw[3:]])
    groups = [eui.hex()[at : at + 4] for at in range(0, 16, 4)]
    dotted = ".".join(raw.hex()[at : at + 4] for at in range(0, 12, 4))
    texts = [mac, mac.replace(":", "-"), dotted, raw.hex(), ":".join(groups), ":".join(group.lstrip("0") or "0" for group in groups)]
    return [*_of_texts(mac, texts), *_of_bytes(mac, raw)]


def of_ip(address: str) -> list[Needle]:
    """An IPv4 or IPv6 address in every way."""
    parsed = ipaddress.ip_address(address)
    texts = [str(parsed), parsed.exploded, parsed.reverse_pointer]
    if isinstance(parsed, ipaddress.IPv4Address):
        texts += [".".join(f"{int(part):03d}" for part in address.split(".")), ".".join(reversed(address.split(".")))]
    return [*_of_texts(address, texts), *_of_bytes(address, parsed.packed)]


def of_text(text: str) -> list[Needle]:
    """A name, a code, a user agent."""
    return list(_of_texts(text, [text]))


def _of_texts(what: str, texts: Iterable[str]) -> Iterator[Needle]:
    for text in dict.fromkeys(spelling for each in texts for spelling in (each, each.lower(), each.upper())):
        for name, spelt in (("text", text), ("reversed", text[::-1]), ("url", quote(text, safe="")), ("form", quote_plus(text, safe=""))):
            yield Needle((what, f"{name} {text}"), folded=spelt.lower().encode())
        yield Needle((what, f"hex of {text}"), folded=text.encode().hex().encode())
        yield from _base64(what, text.encode(), text)
        yield from _hashes(what, text.encode(), text)


def _of_bytes(what: str, raw: bytes) -> Iterator[Needle]:
    for order, ordered in (("big", raw), ("little", raw[::-1])):
        yield Needle((what, f"bytes, {order}"), exact=ordered)
        yield Needle((what, f"hex, {order}"), folded=ordered.hex().encode())
        yield Needle((what, f"decimal, {order}"), folded=str(int.from_bytes(ordered)).encode())
        yield from _base64(what, ordered, f"bytes, {order}")
    yield from _hashes(what, raw, "bytes")


def _hashes(what: str, content: bytes, of: str) -> Iterator[Needle]:
    for kind in _HASHES:
        digest = hashlib.new(kind, content, usedforsecurity=False).digest()
        yield Needle((what, f"{kind} of {of}"), folded=digest.hex().encode())
        yield Needle((what, f"{kind} of {of}, base64"), exact=base64.b64encode(digest).rstrip(b"="))


def _base64(what: str, content: bytes, of: str) -> Iterator[Needle]:
    """Behind 0, 1 or 2 bytes that are not known, with anything behind it; characters that are known in part stand for all they may be."""
    bits = "".join(f"{byte:08b}" for byte in content)
    for before in range(3):
        known = "?" * 8 * before + bits
        known += "?" * (-len(known) % 6)
        sixes = [known[at : at + 6] for at in range(0, len(known), 6)]
        classes = [_characters(six) for six in sixes if six != "??????"]
        yield Needle((what, f"base64 of {of} behind {before}"), pattern=re.compile("".join(classes).encode()))


def _characters(six: str) -> str:
    known = re.compile(six.replace("?", "."))
    fits = [char for number, char in enumerate(_STANDARD) if known.fullmatch(f"{number:06b}")]
    fits += [{"+": "-", "/": "_"}[char] for char in fits if char in "+/"]
    return re.escape(fits[0]) if len(fits) == 1 else f"[{''.join(map(re.escape, fits))}]"


def found(content: bytes, needles: Iterable[Needle]) -> set[Trace]:
    """Which of them are there."""
    lower = content.lower()
    return {needle.trace for needle in needles if _is_in(needle, content, lower)}


def found_in(contents: Mapping[str, bytes], needles: list[Needle]) -> dict[str, set[Trace]]:
    """The same for several places, by name; without those where nothing is."""
    return {name: traces for name, content in contents.items() if (traces := found(content, needles))}


def _is_in(needle: Needle, content: bytes, lower: bytes) -> bool:
    if needle.pattern is not None:
        return needle.pattern.search(content) is not None
    return needle.folded in lower if needle.folded else needle.exact in content
