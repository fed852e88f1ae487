"""The city around a hall: a hub with a database of its own, three towns with twelve halls and a year behind them. One hall is the lab's
real one, which enrols by the real command; the others are simulated (``simulator``).

The hub is a real process in the WAN's namespace, over TLS with the hall's authority; PostgreSQL is reached by its unix socket, which needs
no network. Where it lies stands in the hall's folder, for ``hotspot lab down`` after a crash.
"""

import asyncio
import secrets
import ssl
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hotspot.hub import passwords
from hotspot.hub.access import ALLOWED, Role
from hotspot.hub.factors import codes
from hotspot.hub.store import Connection, Store, credentials, factors, migrations, people, tenants
from hotspot.hub.tokens import hashed, make
from hotspot.lab import certificates, gateway, history, namespaces, processes
from hotspot.lab import layout as at
from hotspot.lab.browse import Response, fetch, target
from hotspot.lab.gateway import HUB_UID, Rights
from hotspot.lab.layout import Layout
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.postgres import Cluster
from hotspot.lab.record import Folder, Started
from hotspot.lab.servers import python_environment
from hotspot.lab.simulator import Simulated, SimulatedHall

REAL: Final = "musterstadt-rathaus"
"""The hall of the lab."""
TOWNS: Final[Mapping[str, tuple[str, Mapping[str, tuple[str, float]]]]] = {
    "musterstadt": (
        "Stadt Musterstadt",
        {
            REAL: ("Rathaus Musterstadt", 9.0),
            "musterstadt-buergeramt": ("Bürgeramt Musterstadt", 14.0),
            "musterstadt-bibliothek": ("Stadtbibliothek Musterstadt", 20.0),
            "musterstadt-bauhof": ("Bauhof Musterstadt", 2.0),
        },
    ),
    "kleinheim": (
        "Gemeinde Kleinheim",
        {
            "kleinheim-rathaus": ("Rathaus Kleinheim", 5.0),
            "kleinheim-schule": ("Volkshochschule Kleinheim", 6.0),
            "kleinheim-bad": ("Freibad Kleinheim", 8.0),
        },
    ),
    "bergdorf": (
        "Markt Bergdorf",
        {
            "bergdorf-rathaus": ("Rathaus Bergdorf", 4.0),
            "bergdorf-tourismus": ("Tourist-Information Bergdorf", 7.0),
            "bergdorf-bahnhof": ("Bürgerbahnhof Bergdorf", 11.0),
            "bergdorf-feuerwehr": ("Feuerwache Bergdorf", 1.5),
            "bergdorf-museum": ("Heimatmuseum Bergdorf", 3.0),
        },
    ),
}
"""Partners with their halls: title, and visitors in an hour in which it is open."""
TIME_ZONE: Final = "Europe/Berlin"
DAYS: Final = 365
"""Of their past."""
PEOPLE: Final[Mapping[str, tuple[Role, str | None]]] = {
    "admin": (Role.HOST_ADMIN, None),
    "betrieb": (Role.HOST_OPERATOR, None),
    "kleinheim": (Role.PARTNER_EDITOR, "kleinheim"),
    "bergdorf": (Role.PARTNER_VIEWER, "bergdorf"),
}
"""One user of each role."""
REPORT_SECONDS: Final = 5.0


class Login(Struct, frozen=True):
    """Somebody who may look around."""

    user: str
    role: str
    partner: str
    """"": the host's."""
    password: str
    key: str = ""
    """Of the authenticator app that the host's people need, as apps take it."""


class Counted(Struct, frozen=True):
    """Figures of a hall."""

    visits: int
    down: int
    """Bytes."""
    up: int

    def since(self, before: "Counted") -> "Counted":
        """What has come since."""
        return Counted(self.visits - before.visits, self.down - before.down, self.up - before.up)


class City:
    """What surrounds one hall. First ``prepare``; then ``start_hub``, and ``enrol`` before the portal starts, while ``fill`` makes the
    past; at last ``start_simulators`` and ``give_policy``."""

    def __init__(self, layout: Layout, folder: Folder) -> None:
        self._layout, self._folder = layout, folder
        self.namespace = layout.wan
        """Where the hub runs."""
        self.hall = REAL
        """The lab's, at the hub."""
        self.gateway = ""
        """Its gateway there, once it is enrolled."""
        self.titles: Mapping[str, str] = {title: town for town, (_, halls) in TOWNS.items() for title, _ in halls.values()}
        """Of all halls, and whose they are."""
        self.size = len(self.titles)
        """How many halls there are."""
        self.today = datetime.now(ZoneInfo(TIME_ZONE)).date()
        """The day on which the city is made; the lab's hall has a past up to the day before."""
        self.logins: tuple[Login, ...] = ()
        self.token = ""
        """Of the administrator, for programs."""
        self.database = Path()
        """Folder of PostgreSQL's socket."""
        self._halls: list[SimulatedHall] = []
        self._enrolment = ""
        self._own = 0
        """The lab's hall in the database."""
        self._places: list[history.Place] = []
        self._dsn = ""

    @property
    def begins(self) -> date:
        """The first day of its past."""
        return self.today - timedelta(days=DAYS)

    async def prepare(self) -> None:
        """The database with towns, halls and people, and the settings of the hub. Raises ``LabFailed``."""
        cluster = await asyncio.to_thread(_raised, self._folder)
        self.database, self._dsn = cluster.folder, cluster.dsn("hub")
        async with Store(self._dsn, connections=2) as store:
            async with store.connection() as connection:
                await migrations.migrate(connection)
            async with store.transaction() as connection:
                self._places = await self._towns(connection)
                await self._people(connection)
        if not self._folder.authority.exists():
            await certificates.make(self._folder.path / "tls")
        await certificates.certify(self._folder.path / "tls", "hub", [at.LINK_WAN, "127.0.0.1"])
        self._folder.hub_config.write_text(
            f'database = "{self._dsn}"\nlisten = ["{at.LINK_WAN}:{at.HUB_PORT}"]\nurl = "{at.HUB_URL}"\n'
            f'certificate = "tls/hub.pem"\nkey = "tls/hub.key"\n',
            encoding="utf-8",
        )

    async def fill(self) -> None:
        """A year of figures for each hall. The lab's own ends with yesterday, those of the others where their gateways take over: with the
        quarter of an hour that has begun. In a thread with a loop of its own, because it computes for seconds."""
        midnight = datetime.combine(self.today, time(), ZoneInfo(TIME_ZONE))
        quarter = datetime.fromtimestamp(datetime.now(UTC).timestamp() // history.QUARTER * history.QUARTER, UTC)

        async def past() -> None:
            async with Store(self._dsn, connections=2) as store, store.connection() as connection:
                for own in (True, False):
                    which = [place for place in self._places if (place.hall_id == self._own) is own]
                    await history.fill(connection, which, midnight if own else quarter, DAYS)

        await asyncio.to_thread(lambda: asyncio.run(past()))

    async def _towns(self, connection: Connection) -> list[history.Place]:
        """Partners, halls, and a one-time token for the gateway of each; halls that get a past."""
        places, now = [], datetime.now(UTC)
        for town, (title, halls) in TOWNS.items():
            await tenants.add_partner(connection, town, title, "")
            partner = await tenants.partner(connection, town)
            assert partner is not None
            for name, (hall_title, size) in halls.items():
                await tenants.add_hall(connection, partner.id, name, hall_title, TIME_ZONE)
                hall = await tenants.hall(connection, name)
                assert hall is not None
                places.append(history.Place(hall.id, 0, hall.time_zone, size))
                token = make("enrolment")
                label = secrets.token_hex(4)
                await credentials.add_enrolment(connection, label, hall.id, None, hashed(token), "user admin", now, now + timedelta(days=1))
                if name == REAL:
                    self._own, self._enrolment = hall.id, token
                else:
                    self._halls.append(SimulatedHall(token, size, hall.time_zone))
        return places

    async def _people(self, connection: Connection) -> None:
        """A user of each role with a password, the host's with an app too, and a token of the administrator."""
        logins = []
        for name, (role, partner) in PEOPLE.items():
            found = await tenants.partner(connection, partner) if partner else None
            user = await people.add_user(connection, name, role, found.id if found else None)
            password = secrets.token_urlsafe(12)
            await people.set_password(connection, user, await passwords.hashed(password))
            key = b"" if role.of_partner else secrets.token_bytes(codes.KEY_BYTES)
            if key:
                await factors.add_app(connection, user, "", key, 0, datetime.now(UTC))
            logins.append(Login(name, role.value, partner or "", password, codes.text_key(key)))
            if role is Role.HOST_ADMIN:
                self.token = make("token")
                until = datetime.now(UTC) + timedelta(days=30)
                await people.add_token(connection, user, "demo", hashed(self.token), ALLOWED[role], until)
        self.logins = tuple(logins)

    async def start_hub(self) -> Started:
        """The hub's process; returns when it is ready. Raises ``LabFailed``."""
        who = Rights(HUB_UID if (await gateway.rights())[1].uid else 0, ())
        gateway.give(self._folder.path / "tls" / "hub.key", who)
        words = ["hotspot", "hub", "serve", "--config", str(self._folder.hub_config)]
        return await gateway.start_service("hub", self._layout.wan, self._folder, who, words)

    async def start_simulators(self) -> Started:
        """The other halls' gateways; returns when all have reported. Raises ``LabFailed``."""
        simulated = Simulated(
            url=at.HUB_URL,
            authority=self._folder.authority.read_text(),
            folder=str(self._folder.path / "simulated"),
            every=REPORT_SECONDS,
            halls=tuple(self._halls),
        )
        file, log = self._folder.path / "simulated.json", self._folder.log("simulator")
        Path(simulated.folder).mkdir(mode=0o700)
        file.touch(mode=0o600)
        file.write_bytes(msgspec.json.encode(simulated))
        portal = (await gateway.rights())[1]
        for path in (file, Path(simulated.folder)):
            gateway.give(path, portal)
        words = [*portal.words(), sys.executable, "-P", "-m", "hotspot.lab.simulator", str(file)]
        simulator = processes.start("simulator", self._layout.wan, words, log, python_environment())
        await processes.line_in(log, "^gateways speak$", simulator)
        return simulator

    async def enrol(self) -> None:
        """The real gateway shows its token, by the command that people use, as the portal's user. Raises ``LabFailed``."""
        who = (await gateway.rights())[1]
        environment = [f"{key}={value}" for key, value in python_environment().items()]
        words = ["-m", "hotspot", "enrol", "--config", str(self._folder.portal_config), "--json", "-"]
        command = ["env", *environment, *who.words(), sys.executable, "-P", *words]
        said = await namespaces.command("ip", "netns", "exec", self._layout.gateway, *command, stdin=f"{self._enrolment}\n")
        self.gateway = str(msgspec.json.decode(said)["gateway"])

    async def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """The hub's API as the administrator, or as whose ``token`` it is; JSON. Raises ``LabFailed`` and ``Unreachable``."""
        tls = ssl.create_default_context(cafile=str(self._folder.authority))
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        content = b"" if body is None else msgspec.json.encode(body)
        where = target(f"{at.HUB_URL}/api/v1{path}")
        answer = await fetch(self._layout.wan, at.LINK_WAN, where, method=method, headers=headers, body=content, tls=tls)
        if not 200 <= answer.status < 300:
            raise LabFailed(f"cannot ask the hub: {method} {path} answers {answer.status}: {answer.text[:500]}")
        return msgspec.json.decode(answer.body) if answer.body else None

    async def counted(self) -> Counted:
        """What the hub has counted of the lab's hall since the city was made. Raises ``LabFailed`` and ``Unreachable``."""
        points = (await self.ask("GET", f"/halls/{REAL}/figures?step=day&from={self.today}"))["points"]
        visits, down, up = (sum(point[key] for point in points) for key in ("visits", "bytes_down", "bytes_up"))
        return Counted(visits, down, up)

    async def log_in_as_viewer(self) -> tuple[str, str]:
        """A town that has a viewer, and a token for that viewer's password. Raises ``LabFailed`` and ``Unreachable``."""
        login = next(login for login in self.logins if login.role == Role.PARTNER_VIEWER)
        issued = await self.ask("POST", "/login", {"name": login.user, "password": login.password})
        return login.partner, str(issued["token"])

    async def at_the_console(self) -> tuple[str, str, float]:
        """A town that has a viewer, the first page that they see when they have logged in at the console, and after how many seconds it
        was there. Raises ``LabFailed`` and ``Unreachable``."""
        login = next(login for login in self.logins if login.role == Role.PARTNER_VIEWER)
        form = urlencode({"name": login.user, "password": login.password, "next": "/"}).encode()
        let_in = await self._browsed("POST", "/login", form)
        cookie = (let_in.header("set-cookie") or "").partition(";")[0]
        if let_in.status != 303 or not cookie:
            raise LabFailed(f"cannot log in at the console: POST /login answers {let_in.status}: {let_in.text[:500]}")
        page = await self._browsed("GET", let_in.header("location") or "/", cookie=cookie)
        if page.status != 200:
            raise LabFailed(f"cannot open the console: GET / answers {page.status}: {page.text[:500]}")
        return login.partner, page.text, page.seconds

    async def _browsed(self, method: str, path: str, form: bytes = b"", cookie: str = "") -> Response:
        headers = {"Cookie": cookie, "Origin": at.HUB_URL, "Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "de"}
        tls = ssl.create_default_context(cafile=str(self._folder.authority))
        where = target(f"{at.HUB_URL}{path}")
        return await fetch(self._layout.wan, at.LINK_WAN, where, method=method, headers=headers, body=form, tls=tls)

    async def say_of_hall(self, values: Mapping[str, str]) -> int:
        """Change keys of ``[hall]`` in the policy of the lab's hall; the change's serial. Raises ``LabFailed`` and ``Unreachable``."""
        town = next(halls for _, halls in TOWNS.values() if REAL in halls)
        document = {"scope": f"hall/{REAL}", "document": {"hall": {"name": town[REAL][0], **values}}}
        changed = await self.ask("POST", "/policy/changes", {"documents": [document], "note": "Demo"})
        return int(changed["serial"])

    async def give_policy(self) -> None:
        """Documents of the host and of every town, so that there is something to look at. Raises ``LabFailed`` and ``Unreachable``."""
        documents: list[dict[str, Any]] = [{"scope": "host", "document": {"hub": {"away": "open"}, "locked": ["hub"]}}]
        for town, (title, halls) in TOWNS.items():
            documents.append({"scope": f"partner/{town}", "document": {"hall": {"town": title}}})
            documents += [{"scope": f"hall/{name}", "document": {"hall": {"name": words[0]}}} for name, words in halls.items()]
        await self.ask("POST", "/policy/changes", {"documents": documents, "note": "Demo"})


def _raised(folder: Folder) -> Cluster:
    """A running cluster; where it is stands in the hall's folder, so that another program can take it away."""
    cluster = Cluster()
    folder.cluster.write_text(str(cluster.folder), encoding="utf-8")
    cluster.create()
    cluster.start()
    cluster.run("createdb", "hub")
    return cluster
