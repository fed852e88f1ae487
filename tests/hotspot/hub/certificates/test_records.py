"""Records in DNS: where they are written, and what a name server has to say to that."""

from itertools import pairwise

import dns.name
import pytest

from hotspot.hub.certificates.records import DnsFailed, Records
from hotspot.hub.certificates.settings import Dns
from tests.hub.certificates.nameserver import KEY, KEY_NAME, NameServer

HOST = "portal.kleinheim.example"


def records(server: NameServer, **changes: object) -> Records:
    """Of a hub that knows this server."""
    known = {"server": ("127.0.0.1", server.port), "key_name": KEY_NAME, "key": KEY, "wait": 1.0}
    return Records(Dns(**{**known, **changes}), wait_seconds=0.02)  # type: ignore[arg-type]


async def test_two_values_of_one_name() -> None:
    """Each comes and goes by itself: two orders at a time do not take each other's record."""
    async with NameServer("kleinheim.example") as server:
        one = records(server)
        await one.add(HOST, "first")
        await one.add(HOST, "second")
        await one.shown(HOST, "first")
        await one.remove(HOST, "first")
        assert [*server.texts.values()] == [{"second"}]
        with pytest.raises(DnsFailed, match="is not shown after 1 s"):
            await one.shown(HOST, "first")


async def test_in_a_zone_of_our_own() -> None:
    """With ``alias`` the town's zone is left alone."""
    async with NameServer("acme.stadt.example") as server:
        one = records(server, alias="acme.stadt.example")
        await one.add(HOST, "value")
        assert server.updates == [f"+{HOST}.acme.stadt.example. value"]


async def test_where_a_cname_leads() -> None:
    """Another zone of the same primary, by any name and over several steps: written, shown and removed there, also when the CNAME is gone
    or another one by then. A name without one is written as ever."""
    async with NameServer("kleinheim.example", "acme.stadt.example") as server:
        names = [dns.name.from_text(name) for name in (f"_acme-challenge.{HOST}", "x.kleinheim.example", "d41d8cd9.acme.stadt.example")]
        server.aliases = dict(pairwise(names))
        one = records(server)
        await one.add(HOST, "value")
        await one.shown(HOST, "value")
        await one.add("other.kleinheim.example", "value")
        server.aliases = {names[0]: dns.name.from_text("y.acme.stadt.example")}
        await one.remove(HOST, "value")
        where = [f"{names[2]} value", "_acme-challenge.other.kleinheim.example. value"]
        assert server.updates == [f"+{where[0]}", f"+{where[1]}", f"-{where[0]}"]
        await records(server).add(HOST, "next")
        assert server.updates[-1] == "+y.acme.stadt.example. next"


async def test_a_cname_that_leads_nowhere() -> None:
    """In a circle, on and on, or to a zone that is not this server's: told, and nothing is written."""
    async with NameServer("kleinheim.example") as server:
        first = dns.name.from_text(f"_acme-challenge.{HOST}")
        chain = [first, *(dns.name.from_text(f"step{number}.kleinheim.example") for number in range(20))]
        for aliases, said in (
            ({first: chain[1], chain[1]: first}, f"cannot write {first}: its CNAMEs come to no end \\({chain[1]}, {first}\\)"),
            (dict(pairwise(chain)), "its CNAMEs come to no end"),
            ({first: dns.name.from_text("x.elsewhere.example")}, "cannot find the zone of x.elsewhere.example."),
        ):
            server.aliases = aliases
            with pytest.raises(DnsFailed, match=said):
                await records(server).add(HOST, "value")
        assert server.updates == []


async def test_a_secondary_that_lags_behind() -> None:
    """All name servers in ``check`` have to show it."""
    async with NameServer("kleinheim.example") as server, NameServer("kleinheim.example") as other:
        one = records(server, check=(("127.0.0.1", server.port), ("127.0.0.1", other.port)))
        await one.add(HOST, "value")
        with pytest.raises(DnsFailed, match=f"by 127.0.0.1 port {other.port}"):
            await one.shown(HOST, "value")
        other.texts.update(server.texts)
        await one.shown(HOST, "value")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": b"y" * 32}, "cannot write|cannot find"),
        ({"key_name": "nobody"}, "cannot write"),
        ({"zone": "grossdorf.example"}, "is not in the zone grossdorf.example"),
        ({"alias": "elsewhere.example"}, "is not the primary of any"),
    ],
)
async def test_what_is_refused(changes: dict[str, object], said: str) -> None:
    """A wrong key, an unknown one, a zone that does not fit, and a server that is not the primary: nothing is written."""
    async with NameServer("kleinheim.example") as server:
        with pytest.raises(DnsFailed, match=said):
            await records(server, **changes).add(HOST, "value")
        assert server.updates == []
