"""TXT records by signed updates of DNS (RFC 2136, signed as RFC 8945 says), and whether the name servers show them."""

import asyncio
from typing import Final

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from hotspot.hub.certificates.settings import Dns

SECONDS: Final = 10.0
"""Until a question to a name server is over."""
LOOK_SECONDS: Final = 1.0
"""Between two looks whether all name servers show a record."""
TTL: Final = 60
HOPS: Final = 8
"""CNAMEs that are followed one after the other."""


class DnsFailed(Exception):
    """A record cannot be written, or is not shown; the text says why."""


class Records:
    """Writes and removes the records of challenges."""

    def __init__(self, settings: Dns, wait_seconds: float = LOOK_SECONDS) -> None:
        self._settings = settings
        self._between = wait_seconds
        self._key = dns.tsig.Key(settings.key_name, settings.key, settings.algorithm)
        self._led: dict[str, dns.name.Name] = {}
        """Where the records of hosts are: what was written somewhere is removed there, wherever a CNAME leads by then."""

    @property
    def patience(self) -> float:
        """Seconds for which a record may take until it is shown."""
        return self._settings.wait

    def name_of(self, host: str) -> dns.name.Name:
        """Where the authority's look at a host begins, or with ``alias`` ends. Raises ``DnsFailed`` for one that is too long."""
        alias = self._settings.alias
        try:
            return dns.name.from_text(f"{host}.{alias}" if alias else f"_acme-challenge.{host}")
        except dns.exception.DNSException as error:
            raise DnsFailed(f"{host}: expected a name that leaves room for the challenge's own ({error})") from None

    async def add(self, host: str, value: str) -> None:
        """Another value, beside those that are there. Raises ``DnsFailed``."""
        await self._update(host, value, add=True)

    async def remove(self, host: str, value: str) -> None:
        """Only this value. Raises ``DnsFailed``."""
        await self._update(host, value, add=False)

    async def shown(self, host: str, value: str) -> None:
        """Returns when all name servers that are to be asked show it. Raises ``DnsFailed`` when they do not in time."""
        missing = set(self._settings.check or (self._settings.server,))
        name = await self._place(host)
        try:
            async with asyncio.timeout(self._settings.wait):
                while True:
                    for server in tuple(missing):
                        if value in await self._texts(name, server):
                            missing.discard(server)
                    if not missing:
                        return
                    await asyncio.sleep(self._between)
        except TimeoutError:
            who = ", ".join(f"{address} port {port}" for address, port in sorted(missing))
            raise DnsFailed(f"{name} is not shown after {self._settings.wait:g} s by {who}") from None

    async def _texts(self, name: dns.name.Name, server: tuple[str, int]) -> set[str]:
        question = dns.message.make_query(name, dns.rdatatype.TXT)
        question.flags &= ~dns.flags.RD
        try:
            answer = await dns.asyncquery.tcp(question, server[0], timeout=SECONDS, port=server[1])
        except (dns.exception.DNSException, OSError, EOFError):
            return set()
        return {b"".join(each.strings).decode("ascii", "replace") for rrset in answer.answer for each in rrset if hasattr(each, "strings")}

    async def _update(self, host: str, value: str, *, add: bool) -> None:
        name = await self._place(host)
        zone = dns.name.from_text(self._settings.zone) if self._settings.zone else await self._zone(name)
        if not name.is_subdomain(zone):
            raise DnsFailed(f"cannot write {name}: it is not in the zone {zone}")
        update = dns.update.UpdateMessage(zone, keyring=self._key)
        (update.add if add else update.delete)(name, *((TTL,) if add else ()), dns.rdatatype.TXT, value)
        answer = await self._ask(update, f"write {name}")
        if answer.rcode() != dns.rcode.NOERROR:
            raise DnsFailed(f"cannot write {name}: the name server answers {dns.rcode.to_text(answer.rcode())}")
        if not answer.had_tsig:
            raise DnsFailed(f"cannot write {name}: the name server's answer is not signed")

    async def _place(self, host: str) -> dns.name.Name:
        """Where the authority's look ends: behind the CNAMEs of the challenge's name, as far as the primary has them. An update of a name
        that has a CNAME is passed over in silence (RFC 2136, 3.4.2.2). With ``alias`` the settings say it, and nobody is asked."""
        if self._settings.alias:
            return self.name_of(host)
        if host not in self._led:
            names = [self.name_of(host)]
            while (following := await self._leads(names[-1])) is not None:
                if following in names or len(names) > HOPS:
                    raise DnsFailed(f"cannot write {names[0]}: its CNAMEs come to no end ({', '.join(map(str, (*names[1:], following)))})")
                names.append(following)
            self._led[host] = names[-1]
        return self._led[host]

    async def _leads(self, name: dns.name.Name) -> dns.name.Name | None:
        """The CNAME of a name; None: it has none, or the primary is not its own."""
        answer = await self._ask(dns.message.make_query(name, dns.rdatatype.CNAME), f"look at {name}")
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == name:
                return next(iter(rrset)).target  # type: ignore[no-any-return]  # of a CNAME
        return None

    async def _zone(self, name: dns.name.Name) -> dns.name.Name:
        """The zone of a name, as the primary sees it (from the SOA beside a name that is not there)."""
        question = dns.message.make_query(name, dns.rdatatype.SOA)
        answer = await self._ask(question, f"find the zone of {name}")
        for rrset in (*answer.answer, *answer.authority):
            if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                return rrset.name
        raise DnsFailed(f"cannot find the zone of {name}: the name server is not the primary of any; or name it with certificates.dns.zone")

    async def _ask(self, message: dns.message.Message, what: str) -> dns.message.Message:
        address, port = self._settings.server
        try:
            return await dns.asyncquery.tcp(message, address, timeout=SECONDS, port=port)
        except dns.tsig.PeerError as error:
            raise DnsFailed(f"cannot {what}: the name server does not take the key {self._settings.key_name} ({error})") from None
        except dns.exception.Timeout:
            raise DnsFailed(f"cannot {what}: the name server does not answer in {SECONDS:g} s") from None
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise DnsFailed(f"cannot {what}: {str(error) or type(error).__name__}") from None
