"""What a busy hall sends to its hub is recorded to the last byte, and searched for everything that names a visitor, in every encoding; so
are the hub's database, its log, its metrics and what its API tells."""

import json
import socket
import ssl
import sys
from collections.abc import AsyncIterator, MutableMapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from aiohttp import ClientSession, TCPConnector
from msgspec import Struct

from hotspot import control, wire
from hotspot.ask import ask
from hotspot.control_vouchers import VoucherBatch, VoucherCreate
from hotspot.hub import retention, watch
from hotspot.hub.gateways import upkeep
from hotspot.lab import Hall, Options, gateway
from hotspot.lab import layout as at
from hotspot.lab.forms import forms, submission
from hotspot.lab.namespaces import command, socket_in
from hotspot.lab.phone import Phone
from hotspot.lab.postgres import Cluster
from hotspot.lab.record import NETNS_ETC
from hotspot.lab.servers import python_environment
from hotspot.portal.settings_hub import trusting
from hotspot.session.voucher_codes import codes
from tests.hotspot.portal.uplink import authority
from tests.hub.failures import databases
from tests.hub.failures.city import HALL, City, RealTime, Tls
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures import books
from tests.kernel.recorder import Recorder
from tests.kernel.traces import Needle, found, found_in, of_ip, of_mac, of_text
from tests.kernel.visits import PORTAL, online, sessions, until

NAME, PORT = "hub.city.example", 8443
AGENT = "Mozilla/5.0 (Linux; Android 15; Fernsprecher {0} Ultra) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
MACS = {
    "annasgalaxy": "02:9c:5e:a1:7b:3d",
    "bertstablet": "06:4f:d2:8e:13:c7",
    "carlslaptop": "0a:b3:67:f0:2d:95",
    "dorasiphone": "0e:71:ca:38:e4:5f",
    "emilspixel": "12:d8:0b:96:5a:e3",
}
"""The phones, by the names that they tell the DHCP server."""


class Watched(Struct):
    """A hall, its hub, and what stands between them."""

    hall: Hall
    city: City
    recorder: Recorder
    cluster: Cluster
    log: Sequence[MutableMapping[str, Any]]
    time: RealTime


@pytest.fixture
async def watched(raise_hall: RaiseHall, tmp_path: Path) -> AsyncIterator[Watched]:
    """The hub runs in the hall's Internet, behind a recorder; the gateway is enrolled by the real command, over that."""
    pem, context = await authority.make(tmp_path / "tls", ["localhost", NAME])
    hall = await raise_hall(Options(vouchers=True))
    with Cluster() as cluster, structlog.testing.capture_logs() as log:
        await databases.make(cluster)
        time = RealTime()
        city = City(cluster.dsn(databases.NAME), Tls(pem, context), time)
        async with city.serving():
            recorder = Recorder(("127.0.0.1", city.port), trusting(pem))
            async with recorder.listening(_socket(hall), _server(tmp_path / "tls")):
                await _enrol(hall, pem, await city.token())
                yield Watched(hall, city, recorder, cluster, log, time)
                await hall.end("portal")


def _socket(hall: Hall) -> socket.socket:
    sock = socket_in(hall.layout.wan)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((at.LINK_WAN, PORT))
    return sock


def _server(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hub.pem", folder / "hub.key")
    return context


async def _enrol(hall: Hall, pem: str, token: str) -> None:
    """The gateway finds the hub by its name, enrols, and starts anew with it."""
    own_etc = NETNS_ETC / hall.layout.gateway
    own_etc.mkdir(parents=True, exist_ok=True)
    (own_etc / "hosts").write_text(f"127.0.0.1 localhost\n{at.LINK_WAN} {NAME}\n")
    trusted = hall.folder.path / "hub.pem"
    trusted.write_text(pem)
    section = f'\n[hub]\nurl = "https://{NAME}:{PORT}"\nauthority = "{trusted}"\nreport_every = "1 s"\n'
    hall.folder.portal_config.write_text(hall.folder.portal_config.read_text() + section)
    _, portal, _ = await gateway.rights()
    environment = [f"{key}={value}" for key, value in python_environment().items()]
    words = [sys.executable, "-P", "-m", "hotspot", "enrol", "--config", str(hall.folder.portal_config), token]
    await command("ip", "netns", "exec", hall.layout.gateway, "env", *environment, *portal.words(), *words)
    await hall.end("portal")
    await hall.start_portal()


# Visitors ---------------------------------------------------------------------------------------------------------------------------


def _headers(phone: Phone) -> dict[str, str]:
    return {"User-Agent": AGENT.format(phone.name.title()), "Accept-Language": "de"}


async def _tap(phone: Phone, path: str = "", **fields: str) -> int:
    """Open a page, fill in its first form that is sent by POST, send it; the status of the answer."""
    page = await phone.get(PORTAL + path, _headers(phone))
    form = next(form for form in forms(page.text) if form.method == "POST")
    sent = submission(PORTAL, form)
    body = urlencode({**dict(form.fields), **fields}).encode() if fields else sent.body
    return (await phone.request("POST", sent.url, headers={**sent.headers, **_headers(phone)}, body=body)).status


async def _phones(hall: Hall) -> dict[str, Phone]:
    phones = {}
    for name, mac in MACS.items():
        phones[name] = await hall.add_phone(name, mac=mac)
        await phones[name].join()
    return phones


async def _load(phone: Phone) -> None:
    """Some bytes over both stacks, so that its addresses are in use."""
    for family in (socket.AF_INET, socket.AF_INET6):
        page = await phone.request("GET", "http://www.town.example/bytes/100000", headers=_headers(phone), family=family)
        assert len(page.body) == 100_000


async def _a_busy_day(hall: Hall, phones: dict[str, Phone]) -> dict[str, str]:
    """They accept, load, come by a voucher, leave, come back, are blocked, tell the town something; one only looks. Returns their codes."""
    anna, bert, carl, dora, emil = phones.values()
    batch = ask(hall.folder.control_socket, VoucherCreate("guest", 1, "staff", 3_600.0, 1))
    assert isinstance(batch, VoucherBatch)
    (voucher,) = codes(bytes.fromhex(batch.key), 1)
    assert [await _tap(phone) for phone in (anna, carl, dora)] == [303] * 3
    assert await _tap(bert, "voucher", code=voucher) == 303
    for phone in (anna, bert, carl, dora):
        await _load(phone)
    page = await carl.get(PORTAL, _headers(carl))
    leave = submission(PORTAL, next(form for form in forms(page.text) if form.action.startswith("/leave")))
    await carl.request("POST", leave.url, headers={**leave.headers, **_headers(carl)}, body=leave.body)
    assert (await online(carl), await _tap(carl), await online(carl)) == (False, 303, True)
    known = _codes(hall)
    reply = ask(hall.folder.control_socket, control.Block(_code_of(known, dora), "because of a test"))
    assert (isinstance(reply, control.Done), await online(dora)) == (True, False)
    assert await _tap(anna, "tell", kind="damage", place="Markt", text="Die Laterne ist aus.", contact="") == 303
    assert (await emil.get("http://captive.apple.com/", _headers(emil))).status == 302
    assert await _tap(emil, "tell", kind="idea", place="", text="Mehr Bänke!", contact="") == 303
    return known


def _code_of(known: dict[str, str], phone: Phone) -> str:
    return next(code for code, mac in known.items() if mac == phone.mac)


def _codes(hall: Hall) -> dict[str, str]:
    """MAC of each device that is in session, by its code."""
    by_session = {row.accepted_at: row.code for row in sessions(hall)}
    macs = books.rows(hall, "SELECT accepted_at, mac FROM sessions WHERE mac IS NOT NULL")
    return {by_session[accepted]: mac for accepted, mac in macs if accepted in by_session}


# What to look for -------------------------------------------------------------------------------------------------------------------


def _addresses(phones: dict[str, Phone]) -> list[Needle]:
    """Of every phone."""
    of_phones = [(of_mac(phone.mac), of_ip(phone.lease.ip), of_ip(phone.address6)) for phone in phones.values()]
    return [needle for kinds in of_phones for needles in kinds for needle in needles]


def _names(phones: dict[str, Phone]) -> list[Needle]:
    """What phones call themselves."""
    return [needle for name in phones for text in (name, AGENT.format(name.title())) for needle in of_text(text)]


def _numbers(hall: Hall, known: dict[str, str]) -> list[Needle]:
    """What the hall calls them: sessions, devices' codes, pseudonyms of the day."""
    ids = [str(row[0]) for sql in ("SELECT id FROM sessions", "SELECT pseudonym FROM visitors_today") for row in books.rows(hall, sql)]
    assert len(ids) >= 5 + 4
    return [needle for text in (*ids, *known) for needle in of_text(text)]


async def _at_the_hub(watched: Watched) -> dict[str, bytes]:
    """Its whole database as text, its log, its metrics, and what the API says of the hall; after the jobs have had their turn."""
    await retention.roll_up(watched.city.hub)
    await watch.run(watched.city.hub)
    api = watched.city.api
    places = {"log": json.dumps(watched.log, default=str).encode()}
    places["database"] = watched.cluster.run("pg_dump", "--dbname", databases.NAME, "--inserts").encode()
    for path in (
        "/figures/now",
        f"/halls/{HALL}/figures",
        f"/halls/{HALL}/devices",
        "/gateways",
        f"/gateways/{HALL}-1",
        "/feedback",
        "/alarms",
    ):
        status, reply = await api("GET", path)
        assert status == 200, reply
        places[path] = json.dumps(reply).encode()
    async with (
        ClientSession(connector=TCPConnector(ssl=trusting(watched.city.tls.authority))) as http,
        http.get(f"{api.base}/metrics", headers={"Authorization": f"Bearer {api.token}"}) as response,
    ):
        places["metrics"] = await response.read()
        assert response.status == 200
    return places


# Tests ------------------------------------------------------------------------------------------------------------------------------


async def test_nothing_that_names_a_visitor(watched: Watched) -> None:
    """After a busy time the hub has all figures and messages, and nobody's address, name, browser, code or number left the hall. Staff then
    look after a device from the hub, by its code: no address leaves even so, and the code is gone from the hub two hours later."""
    hall, city = watched.hall, watched.city
    phones = await _phones(hall)
    known = await _a_busy_day(hall, phones)
    await until(lambda: _has_arrived(city, visits=5, bytes_down=800_000, messages=2), 20)
    await hall.end("portal")
    await hall.start_portal()
    before = {"sent": watched.recorder.everything(), **await _at_the_hub(watched)}
    needles = [*_addresses(phones), *_names(phones), *_numbers(hall, known)]
    assert found_in(before, needles) == {}
    code = _code_of(known, phones["annasgalaxy"])
    assert await _orders(city, code) == ["sessions", "done"]
    after = {"sent": watched.recorder.everything(), **await _at_the_hub(watched)}
    assert found_in(after, [*_addresses(phones), *_names(phones)]) == {}
    assert found(after["database"], of_text(code)) != set()  # until it is erased, and the search sees it
    watched.time.ahead = timedelta(hours=2)
    await upkeep.erase_orders(city.hub)
    assert found_in(await _at_the_hub(watched), needles) == {}
    paths = {head.split(b" ", 2)[1].decode() for head, _ in watched.recorder.requests()}
    assert paths >= {wire.ENROL, wire.REPORTS, wire.POLL, wire.ANSWERS}
    _search_finds_in(after["sent"], needles)


async def _has_arrived(city: City, visits: int, bytes_down: int, messages: int) -> bool:
    total = await city.total()
    _, told = await city.api("GET", "/feedback")
    return total["visits"] == visits and total["down"] >= bytes_down and len(told) == messages


async def _orders(city: City, code: str) -> list[str]:
    """Ask for the sessions, and end one of them; the kinds of the answers."""
    kinds = []
    for order in ({"order": "sessions", "wait": 10}, {"order": "end", "code": code, "wait": 10}):
        status, reply = await city.api("POST", f"/gateways/{HALL}-1/orders", order)
        assert status == 201, reply
        kinds.append(reply["answer"]["type"])
    return kinds


def _search_finds_in(sent: bytes, needles: list[Needle]) -> None:
    """The same search finds an address that is put into the middle of what was really sent."""
    middle = len(sent) // 2
    mac = MACS["carlslaptop"]
    assert (mac, f"text {mac}") in found(sent[:middle] + mac.encode() + sent[middle:], needles)


MAC, IP, IP6 = "02:9c:5e:a1:7b:3d", "198.18.7.201", "2001:db8:1:0:9c:5eff:fea1:7b3d"
PLANTED = [
    (MAC, b"02:9C:5E:A1:7B:3D"),
    (MAC, b"02-9c-5e-a1-7b-3d"),
    (MAC, b"029c.5ea1.7b3d"),
    (MAC, b"029C5EA17B3D"),
    (MAC, b"2870625794877"),
    (MAC, b"67601197603842"),
    (MAC, b"\x02\x9c\x5e\xa1\x7b\x3d"),
    (MAC, b"\x3d\x7b\xa1\x5e\x9c\x02"),
    (MAC, b"3d7ba15e9c02"),
    (MAC, b"d3:b7:1a:e5:c9:20"),
    (MAC, b"02%3A9c%3A5e%3Aa1%3A7b%3A3d"),
    (MAC, b"30323a39633a35653a61313a37623a3364"),
    (MAC, b"ApxeoXs9eno="),
    (MAC, b"eAKcXqF7PXp6"),
    (MAC, b"eHkCnF6hez16eg=="),
    (MAC, b"MDI6OWM6NWU6YTE6N2I6M2R6eg=="),
    (MAC, b"eDAyOjljOjVlOmExOjdiOjNkeno="),
    (MAC, b"eHkwMjo5Yzo1ZTphMTo3YjozZHp6"),
    (MAC, b"fe80::9c:5eff:fea1:7b3d"),
    (MAC, b"543675df72ea457b307cdfd32936ec46"),
    (MAC, b"defc39adcce38916b6e986c622a223303b4cf880"),
    (MAC, b"ebffa4b29164b5c6ec18b49508655fd6c358a968ec547554e7658b695c140d9d"),
    (MAC, b"1019e82ccc85dd92ae7f87f8025d844e"),
    (IP, b"198.18.7.201"),
    (IP, b"::ffff:198.18.7.201"),
    (IP, b"198.018.007.201"),
    (IP, b"201.7.18.198.in-addr.arpa"),
    (IP, b"3323070409"),
    (IP, b"3372683974"),
    (IP, b"0xC61207C9"),
    (IP, b"0xc90712c6"),
    (IP, b"\xc6\x12\x07\xc9"),
    (IP, b"xhIHyXp6"),
    (IP, b"eMYSB8l6eg=="),
    (IP, b"eHnGEgfJeno="),
    (IP, b"MTk4LjE4LjcuMjAxeg=="),
    (IP, b"eDE5OC4xOC43LjIwMXo="),
    (IP, b"eHkxOTguMTguNy4yMDF6"),
    (IP, b"262b79f160575cae5ab6c51ec078195a"),
    (IP, b"10955cf173801c8620e05e02546c518446cd7c7e"),
    (IP, b"a9ac466c5783cb4a6c2fa41861435a024c9cfd613b62943e627a9127edb35774"),
    (IP6, b"2001:DB8:1:0:9c:5eff:fea1:7b3d"),
    (IP6, b"2001:0db8:0001:0000:009c:5eff:fea1:7b3d"),
    (IP6, b"20010db800010000009c5efffea17b3d"),
    (IP6, b"42540766411283801782767614130777062205"),
    (IP6, b"IAENuAABAAAAnF7//qF7PQ=="),
    (IP6, b"IAENuAABAAAAnF7__qF7PQ"),
    (IP6, b"eCABDbgAAQAAAJxe//6hez0="),
    (IP6, b"eHkgAQ24AAEAAACcXv/+oXs9"),
    (IP6, b"d.3.b.7.1.a.e.f.f.f.e.5.c.9.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
    ("K7F-3QX", b"/block?code=k7f-3qx"),
    ("K7F-3QX", b"XQ3-F7K"),
    ("Fernsprecher 3000", b"Fernsprecher%203000"),
    ("Fernsprecher 3000", b"Fernsprecher+3000"),
]
"""A thing, and one way to write it; behind the base64 ones stand other bytes, or before them."""


@pytest.mark.parametrize(("thing", "written"), PLANTED)
def test_the_search_finds_every_encoding(thing: str, written: bytes) -> None:
    """Each in the middle of a message; and nothing in the message without it."""
    needles = of_mac(thing) if thing == MAC else of_ip(thing) if thing in (IP, IP6) else of_text(thing)
    message = b'{"sent":{"unix":1795391100.25,"boottime":381.5},"reports":[{"stream":"%s","text":"' + b"a1" * 16 + b'"}]}'
    assert found(message, needles) == set()
    assert {trace for trace, _ in found(message.replace(b"%s", written), needles)} == {thing}
