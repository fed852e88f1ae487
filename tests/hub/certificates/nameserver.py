"""A primary name server on loopback: one zone or several, TXT records by signed updates (RFC 2136, RFC 8945), over TCP, CNAMEs;
strict about signatures."""

import asyncio
import struct
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

KEY_NAME, KEY = "hub-key", b"0123456789abcdef0123456789abcdef"


class NameServer:
    """Async context manager. Tests set ``visible`` and ``silent``, and read ``texts`` and ``updates``."""

    def __init__(self, *zones: str) -> None:
        self.zones = [dns.name.from_text(zone) for zone in zones]
        self.aliases: dict[dns.name.Name, dns.name.Name] = {}
        """CNAMEs: an update of such a name is passed over in silence (RFC 2136, 3.4.2.2)."""
        self.texts: dict[dns.name.Name, set[str]] = {}
        self.updates: list[str] = []
        """What was written, as ``+name value`` and ``-name value``."""
        self.updated = asyncio.Event()
        self.visible = asyncio.Event()
        """While it is not set, records are not shown: secondaries that lag behind."""
        self.visible.set()
        self.silent = False
        """Takes connections and says nothing."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._keyring = {dns.name.from_text(KEY_NAME): dns.tsig.Key(KEY_NAME, KEY, "hmac-sha256")}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self.silent:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                answer = self.answer(await reader.readexactly(length))
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, wire: bytes) -> bytes:
        """To one message."""
        try:
            message = dns.message.from_wire(wire, keyring=self._keyring)
        except (dns.message.UnknownTSIGKey, dns.tsig.BadSignature):
            unsigned = dns.message.from_wire(wire, keyring=False)
            return _bare(unsigned, dns.rcode.NOTAUTH).to_wire()
        response = dns.message.make_response(message)
        if message.opcode() == dns.opcode.UPDATE:
            response.set_rcode(self._update(message))
        else:
            self._query(message, response)
        return response.to_wire()

    def _update(self, message: dns.message.Message) -> dns.rcode.Rcode:
        assert isinstance(message, dns.update.UpdateMessage)
        if not message.had_tsig:
            return dns.rcode.REFUSED
        zone = message.zone[0].name
        if zone not in self.zones:
            return dns.rcode.NOTAUTH
        for rrset in message.update:
            if not rrset.name.is_subdomain(zone):
                return dns.rcode.NOTZONE
            if rrset.name in self.aliases:
                continue
            for each in rrset:
                value = b"".join(each.strings).decode()
                if rrset.deleting is None:
                    self.texts.setdefault(rrset.name, set()).add(value)
                    self.updates.append(f"+{rrset.name} {value}")
                else:
                    self.texts.get(rrset.name, set()).discard(value)
                    self.updates.append(f"-{rrset.name} {value}")
        self.updated.set()
        return dns.rcode.NOERROR

    def _query(self, message: dns.message.Message, response: dns.message.Message) -> None:
        question = message.question[0]
        zone = next((zone for zone in self.zones if question.name.is_subdomain(zone)), None)
        if zone is None:
            response.set_rcode(dns.rcode.REFUSED)
            return
        response.flags |= dns.flags.AA
        if (target := self.aliases.get(question.name)) is not None:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", str(target)))
            return
        texts = self.texts.get(question.name, set()) if self.visible.is_set() else set()
        if question.rdtype == dns.rdatatype.TXT and texts:
            response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", "TXT", [f'"{text}"' for text in sorted(texts)]))
            return
        response.set_rcode(dns.rcode.NOERROR if texts else dns.rcode.NXDOMAIN)
        soa = f"ns.{zone} staff.{zone} 1 3600 600 86400 60"
        response.authority.append(dns.rrset.from_text(zone, 60, dns.rdataclass.IN, dns.rdatatype.SOA, soa))


def _bare(message: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    """A refusal without a signature: there is no key in common."""
    response = dns.message.QueryMessage(id=message.id)
    response.flags = dns.flags.QR | (message.flags & 0x7800)
    response.set_rcode(rcode)
    return response
