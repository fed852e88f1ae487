"""Messages reach channels: a real web server and a real mail server take them, or do not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from hotspot import wire
from hotspot.hub import delivery, watch
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Mail, Settings
from hotspot.hub.store import Store
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import Clock, boxes, says

pytestmark = pytest.mark.hub


class Hook:
    """A web server that takes webhooks; ``statuses`` are its next answers, then 204."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """One request."""
        self.taken.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    @property
    def bodies(self) -> list[Any]:
        """What came, as values."""
        return [msgspec.json.decode(body) for _, body in self.taken]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """Running on loopback."""
    here = Hook()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", here.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        here.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield here
    finally:
        await runner.cleanup()


class Box:
    """A mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """One mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"


class _AnyPort(Controller):
    """On whatever port the kernel chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def post_office() -> Iterator[tuple[Box, Mail]]:
    """A mail server, and how to reach it."""
    box = Box()
    controller = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield box, Mail(server="127.0.0.1", port=controller.port, sender="hub@stadt.example", starttls=False)
    finally:
        controller.stop()


class Scene:
    """A hub whose clock a test moves, with gateways that have a full pool or not."""

    def __init__(self, store: Store, database: str, mail: Mail | None = None) -> None:
        self.clock = Clock()
        self.hub = Hub(Settings(database=database, mail=mail, url="https://hub.stadt.example"), store, self.clock)

    async def pass_(self, seconds: float, step: float = 5.0) -> None:
        """Time passes; both jobs run every ``step`` seconds."""
        for _ in range(int(seconds / step)):
            self.clock.forward(step)
            await watch.run(self.hub)
            await delivery.run(self.hub)

    async def say(self, number: int, health: wire.Health, partner: str = "kleinheim") -> None:
        """Some gateways, made when they are not there, say the same."""
        async with self.hub.store.connection() as connection:
            there = await connection.fetchval(
                "SELECT count(*) FROM halls h JOIN partners p ON p.id = h.partner_id WHERE p.name = $1", partner
            )
        made = await boxes(self.hub.store, number - there, partner) if number > there else []
        async with self.hub.store.transaction() as connection:
            for box in made:
                await says(connection, box, self.clock.now, health)
            await connection.execute("UPDATE gateway_states SET seen_at = $1, health = $2", self.clock.now, msgspec.to_builtins(health))


WELL, DOWN = wire.Health(), wire.Health(journal=False)


@asynccontextmanager
async def channel(api: Api, **fields: Any) -> AsyncIterator[dict[str, Any]]:
    """A channel, made by the API as its clock says; it is as old as the test needs."""
    status, made = await api("POST", "/channels", fields)
    assert status == 201, made
    yield made


@pytest.fixture
async def scene(store: Store, database: str) -> Scene:
    """A hub without mail."""
    return Scene(store, database)


async def born_early(hub: Hub) -> None:
    """The API has the real clock, the scene one of its own: channels are older than anything in it."""
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE channels SET created_at = '2020-01-01T00:00:00Z'")


async def test_a_webhook_is_told_once_and_can_tell_who_sent_it(scene: Scene, api: Api, hook: Hook) -> None:
    """Thirty halls that fail together are one signed message; their return is one more."""
    async with channel(api, name="leitstand", kind="webhook", url=hook.url) as made:
        await born_early(scene.hub)
        await scene.say(30, DOWN)
        await scene.pass_(150)
        [(headers, content)] = hook.taken
        body = msgspec.json.decode(content)
        assert body["counts"] == {"raised": 30, "ended": 0, "kinds": {"journal": 30}}
        assert {each["severity"] for each in body["raised"]} == {"urgent"}
        unix = int(headers[delivery.SIGNATURE].split(",")[0].removeprefix("t="))
        assert headers[delivery.SIGNATURE] == delivery.signature(made["secret"], unix, content)
        assert headers[delivery.SIGNATURE] != delivery.signature("other", unix, content)
        await scene.say(30, WELL)
        await scene.pass_(1_200, 15)
        assert [each["counts"]["ended"] for each in hook.bodies] == [0, 30]
        status, shown = await api("GET", "/channels/leitstand")
        assert (status, shown["failing_since"], "secret" in shown) == (200, None, False)


async def test_a_webhook_that_fails_is_tried_again_and_told(scene: Scene, api: Api, hook: Hook) -> None:
    """Errors and redirects are no success; the same message comes again; meanwhile the hub has an alarm of its own, which then ends."""
    hook.statuses = [500, 302, 404, 503]
    async with channel(api, name="leitstand", kind="webhook", url=hook.url):
        await born_early(scene.hub)
        await scene.say(1, DOWN)
        await scene.pass_(90)
        status, shown = await api("GET", "/channels/leitstand")
        assert (status, shown["failure"]) == (200, "status 500: expected 200 to 299")
        await scene.pass_(70)
        assert [request["id"] for request in hook.bodies] == [hook.bodies[0]["id"]] * 3
        await scene.say(1, DOWN)
        await scene.pass_(60)
        alarms = (await api("GET", "/alarms"))[1]
        assert [(each["kind"], each["subject"], each["hall"]) for each in alarms] == [
            ("journal", "", "kleinheim-0"),
            ("channel", "leitstand", None),
        ]
        await scene.pass_(100)
        assert len(hook.taken) == 5
        assert len({content for _, content in hook.taken}) == 1
        await scene.say(1, DOWN)
        await scene.pass_(80)
        assert [each["kind"] for each in (await api("GET", "/alarms"))[1]] == ["journal"]


async def test_a_webhook_that_is_not_there_is_given_up_after_a_day(scene: Scene, api: Api, hook: Hook) -> None:
    """Nobody listens: attempts become rare, and end."""
    async with channel(api, name="leitstand", kind="webhook", url="http://127.0.0.1:9/"):
        await born_early(scene.hub)
        await scene.say(1, DOWN)
        await scene.pass_(120)
        async with scene.hub.store.connection() as connection:
            assert await connection.fetchval("SELECT next_at IS NOT NULL FROM notifications") is True
        for _ in range(27):
            scene.clock.forward(3_601)
            await delivery.run(scene.hub)
        async with scene.hub.store.connection() as connection:
            row = await connection.fetchrow("SELECT attempts, next_at, sent_at FROM notifications")
        assert row is not None
        assert (row["next_at"], row["sent_at"], 20 < row["attempts"] < 40) == (None, None, True)


async def test_a_partners_channel_knows_nothing_of_others_and_reaches_no_private_address(
    scene: Scene, api: Api, hub: Hub, hook: Hook
) -> None:
    """It is told of the partner's halls only; an address in the host's own network is refused at the door, also by its name."""
    await scene.say(1, WELL, "kleinheim")
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    status, problem = await theirs("POST", "/channels", {"name": "fremd", "kind": "webhook", "url": hook.url, "partner": "grossdorf"})
    assert status == 403, problem
    port = hook.url.rpartition(":")[2]
    urls = (hook.url, *(f"http://{host}:{port}" for host in ("localhost", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::7f00:1]")))
    for name, url in zip(("eins", "zwei", "drei", "vier", "fuenf"), urls, strict=True):
        status, made = await theirs("POST", "/channels", {"name": name, "kind": "webhook", "url": url})
        assert (status, made["partner"]) == (201, "kleinheim")
        status, tested = await theirs("POST", f"/channels/{name}/test")
        assert (status, tested["arrived"], "expected one that everybody can reach" in tested["why"]) == (200, False, True)
    assert hook.taken == []
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE channels SET anywhere = name = 'eins'")
    await born_early(hub)
    await scene.say(1, DOWN, "grossdorf")
    async with hub.store.connection() as connection:
        await connection.execute("DELETE FROM channels WHERE name <> 'eins'")
    await scene.pass_(150)
    assert [[each["partner"] for each in body["raised"]] for body in hook.bodies] == [["kleinheim"]]


async def test_channels_of_a_partner_have_an_end(api: Api, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server of the host is not a partner's to use without bound."""
    monkeypatch.setattr("hotspot.hub.api.channels.MOST_OF_PARTNER", 1)
    await api("POST", "/partners", {"name": "kleinheim", "title": "Kleinheim"})
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    mail = {"kind": "mail", "recipients": ["edv@kleinheim.example"]}
    assert (await theirs("POST", "/channels", {"name": "eins", **mail}))[0] == 201
    status, problem = await theirs("POST", "/channels", {"name": "zwei", **mail})
    assert (status, problem["detail"]) == (409, "kleinheim has 1 channels: delete one first")


async def test_channels_by_the_api(api: Api, hub: Hub, hook: Hook) -> None:
    """Made, listed, tried and removed; what does not fit is refused with its key."""
    good = {"name": "leitstand", "kind": "webhook", "url": hook.url, "quiet_from": "22:00", "quiet_until": "06:30"}
    async with channel(api, **good) as made:
        assert (made["quiet_from"], made["quiet_until"], made["secret"][:4]) == ("22:00", "06:30", "hsw_")
        assert await api("POST", "/channels/leitstand/test") == (200, {"arrived": True, "why": ""})
        assert hook.bodies[0]["test"] is True
        assert (await api("POST", "/channels/leitstand/test"))[0] == 429
        tests = (await api("GET", "/audit", action="channel.test"))[1]["entries"]
        assert [(one["actor"], one["subject"]) for one in tests] == [("user admin", "leitstand")]
        assert (await api("POST", "/channels", good))[0] == 409
        assert [each["name"] for each in (await api("GET", "/channels"))[1]] == ["leitstand"]
        operator = api.as_(await token_of(hub, "olga", Role.HOST_OPERATOR))
        assert (await operator("DELETE", "/channels/leitstand"))[0] == 403
        assert (await operator("POST", "/channels", {**good, "name": "zwei"}))[0] == 403
        assert (await api("DELETE", "/channels/leitstand"))[0] == 204
        assert (await api("GET", "/channels/leitstand"))[0] == 404
    for wrong in (
        {**good, "url": ""},
        {**good, "url": "http://"},
        {**good, "url": "http://a:99999/"},
        {**good, "url": "http://anna:geheim@stadt.example/"},
        {**good, "quiet_until": None},
        {**good, "quiet_from": "24:00"},
        {**good, "time_zone": "Mars/Nord"},
        {"name": "post", "kind": "mail"},
        {"name": "post", "kind": "mail", "recipients": ["it@stadt.example\nBcc: x@example.org"]},
        {"name": "post", "kind": "mail", "recipients": ["it@stadt.example"], "url": hook.url},
    ):
        assert (await api("POST", "/channels", wrong))[0] == 400, wrong


async def test_mail_in_german_and_english(store: Store, database: str, api: Api, post_office: tuple[Box, Mail]) -> None:
    """One mail to everybody for both halls, readable by people and marked as made by a machine."""
    box, mail = post_office
    scene = Scene(store, database, mail)
    async with channel(api, name="post", kind="mail", recipients=["it@stadt.example", "wach@stadt.example"]):
        await born_early(scene.hub)
        await scene.say(2, DOWN)
        await scene.pass_(150)
    [(recipients, told)] = box.mails
    assert recipients == ["it@stadt.example", "wach@stadt.example"]
    assert (told["Subject"], told["From"], told["Auto-Submitted"]) == (
        "[hotspot] DRINGEND: 2 Alarme (2 x Journal nicht beschreibbar)",
        "hub@stadt.example",
        "auto-generated",
    )
    assert told.get_content().replace("\r\n", "\n") == (
        "Neue Alarme (2)\n"
        "- DRINGEND: kleinheim-0: Journal kann nicht geschrieben werden\n"
        "- DRINGEND: kleinheim-1: Journal kann nicht geschrieben werden\n\n"
        "----------------------------------------\n\n"
        "New alarms (2)\n"
        "- URGENT: kleinheim-0: journal cannot be written\n"
        "- URGENT: kleinheim-1: journal cannot be written\n\n"
        "https://hub.stadt.example\n"
    )


async def test_mail_that_nobody_takes_is_told(store: Store, database: str, api: Api) -> None:
    """No mail server there: the channel says why; without [mail] in the settings it says so."""
    scene = Scene(store, database, Mail(server="127.0.0.1", port=9, sender="hub@stadt.example"))
    async with channel(api, name="post", kind="mail", recipients=["it@stadt.example"]):
        await born_early(scene.hub)
        await scene.say(1, DOWN)
        await scene.pass_(120)
        assert (await api("GET", "/channels/post"))[1]["failure"].startswith("ConnectionRefusedError")
        tested = await api("POST", "/channels/post/test")
        assert tested == (200, {"arrived": False, "why": "the hub's settings have no [mail]"})


async def test_a_server_that_says_nothing_does_not_hold_up_the_others(
    scene: Scene, api: Api, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One channel's server takes the connection and is silent; the other channel is told all the same."""
    monkeypatch.setattr(delivery, "SECONDS", 0.3)
    over = asyncio.Event()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as silent:
        address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
        async with channel(api, name="stumm", kind="webhook", url=address), channel(api, name="gut", kind="webhook", url=hook.url):
            await born_early(scene.hub)
            await scene.say(1, DOWN)
            await scene.pass_(100)
            assert len(hook.taken) == 1
            assert (await api("GET", "/channels/stumm"))[1]["failure"] == "no answer within 0.3 s"
        over.set()
