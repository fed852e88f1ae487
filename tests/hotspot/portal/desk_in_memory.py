"""A desk without journal and firewall, for tests of what the web makes of a desk's answers. States move by the same table."""

import asyncio
import html
from pathlib import Path

from msgspec.structs import replace

from firewall.api import Rates
from hotspot.portal.desk import Accepted, Desk, Offers, Refusal, TooMany, Visitor
from hotspot.portal.gate import GateUnavailable
from hotspot.portal.mould import Mould
from hotspot.portal.settings import HallTexts, Settings, Terms, Zone
from hotspot.session.admission import Barrier
from hotspot.session.forms import AcceptForm, ExtendForm, VoucherForm
from hotspot.session.plans import Plan
from hotspot.session.states import LeftByChoice, State, TermsAccepted, move
from hotspot.town.feedback import Message

FREE = Plan(name="free", title={"de": "Kostenlos", "en": "Free"}, rates=Rates(64_000, 10_000_000, 64_000, 2_500_000), seconds=10_800)
LONG = Plan(
    name="long",
    title={"de": "Den ganzen Tag", "en": "All day"},
    rates=Rates(64_000, 2_000_000, 64_000, 500_000),
    seconds=86_400,
    volume=1_500_000_000,
)
NOW = 1_800_000_000.0
"""Wall clock: Friday, 15 January 2027, 08:00 in UTC."""
TOKEN = "7200.0123456789abcdef"
TERMS = Terms(
    version="2026-11",
    text={
        "de": "Das WLAN ist ein freiwilliges Angebot der Stadt.\n\nBitte achten Sie das Recht & die <Rechte> anderer.",
        "en": "The Wi-Fi is a voluntary service of the town.\n\nPlease respect the law & the <rights> of others.",
    },
)


def make_settings(portal_url: str = "http://portal.hall.example/", plans: tuple[Plan, ...] = (FREE,)) -> Settings:
    """Settings of a hall with one zone."""
    return Settings(
        state_dir=Path("state"),
        firewall_socket=Path("firewall.sock"),
        control_socket=Path("control.sock"),
        hall=HallTexts(
            name='Rathaus "Neustadt" & Umland',
            contact="Empfang im Erdgeschoss, Telefon 01234 567-0",
            venue_info_url="https://hall.example/",
        ),
        terms=TERMS,
        plans={plan.name: plan for plan in plans},
        zones={"public": Zone(name="public", plans=tuple(plan.name for plan in plans), portal_url=portal_url)},
    )


def text_of(page: Mould, token: str = "t", code: str = "c") -> str:
    """A captive page, filled in as the web does it."""
    return page.filled({"token": html.escape(token), "code": html.escape(code)}).decode()


class DeskInMemory(Desk):
    """One client with the address ``ip``; what may go wrong is an attribute."""

    def __init__(self, settings: Settings, ip: str = "127.0.0.1") -> None:
        self.now_settings = settings
        self.ip = ip
        self.plain_address = ""
        """Where visitors are sent instead; "": to the portal's address."""
        self.state = State.CAPTIVE
        self.reason = ""
        self.bytes_left: int | None = None
        self.seconds_left = 10_740
        self.fast_left: int | None = None
        self.can_extend = False
        self.extended: list[ExtendForm] = []
        self.barrier: Barrier | None = None
        self.closes: float | None = None
        self.refusal: Refusal | None = None
        self.internet_up = True
        self.gate_up = True
        self.gate_back = asyncio.Event()
        self.accepted: list[tuple[AcceptForm, str, str]] = []
        self.messages: list[tuple[Message, str]] = []
        self.numbered = True
        self.redeemed: list[tuple[VoucherForm, str, str]] = []

    def address(self, portal_url: str) -> str:
        """As the test says."""
        return self.plain_address or portal_url

    @property
    def insist(self) -> int:
        """A certificate that goes on for long."""
        return 604_800

    @property
    def settings(self) -> Settings:
        """As last set."""
        return self.now_settings

    @property
    def now(self) -> float:
        """Always the same moment."""
        return NOW

    @property
    def terms(self) -> Terms:
        """The terms in force."""
        return self.now_settings.terms

    @property
    def hall(self) -> HallTexts:
        """The hall."""
        return self.now_settings.hall

    def plans(self, zone: str) -> tuple[Plan, ...]:
        """The plans of the zone."""
        return tuple(self.now_settings.plans[name] for name in self.now_settings.zones[zone].plans)

    @property
    def firewall_up(self) -> bool:
        """As the test wants."""
        return self.gate_up

    async def firewall_back(self, seconds: float) -> bool:
        """When the test says so."""
        await self.gate_back.wait()
        return self.gate_up

    async def visitor(self, ip: str) -> Visitor | None:
        """The client, when it asks from its address."""
        if not self.gate_up:
            raise GateUnavailable("cannot ask the firewall: not connected")
        if ip != self.ip:
            return None
        online = self.state is State.ONLINE
        return Visitor(
            ip=ip,
            mac="02:00:00:00:00:01",
            zone="public",
            code="K7F-3QX",
            state=self.state,
            plan=self.plans("public")[0],
            session=None,
            seconds_left=self.seconds_left if online else None,
            bytes_left=self.bytes_left if online else None,
            reason=self.reason,
            seen_before=False,
            can_extend=online and self.can_extend,
            extended=len(self.extended),
            fast_left=self.fast_left if online else None,
        )

    def has_vouchers(self, zone: str) -> bool:
        """By the settings."""
        return bool(self.now_settings.zones[zone].voucher_plans)

    async def redeem(self, visitor: Visitor, form: VoucherForm, language: str, family: str) -> Accepted | Refusal:
        """Online, or the refusal that the test wants."""
        if form.token != TOKEN:
            return Refusal("token")
        if self.refusal is not None:
            return self.refusal
        self.redeemed.append((form, language, family))
        self.state = State.ONLINE
        return Accepted(visitor=replace(visitor, state=self.state))

    def offers(self, visitor: Visitor) -> Offers:
        """All plans, unless the test wants a barrier."""
        return Offers(() if self.barrier else self.plans(visitor.zone), self.barrier, self.closes, now=NOW)

    async def extend(self, visitor: Visitor, form: ExtendForm) -> Visitor | Refusal:
        """Longer."""
        if form.token != TOKEN:
            return Refusal("token")
        self.extended.append(form)
        return visitor

    def token(self, visitor: Visitor) -> str:
        """Always the same."""
        return TOKEN

    async def accept(self, visitor: Visitor, form: AcceptForm, language: str, family: str, proof: str = "") -> Accepted | Refusal:
        """Online, or the refusal that the test wants."""
        if form.token != TOKEN:
            return Refusal("token")
        if self.refusal is not None:
            return self.refusal
        self.accepted.append((form, language, family))
        if self.state is not State.ONLINE:
            self.state = move(self.state, TermsAccepted())
        return Accepted(visitor=replace(visitor, state=self.state))

    async def leave(self, visitor: Visitor, token: str) -> Visitor | Refusal:
        """Ended."""
        if token != TOKEN:
            return Refusal("token")
        self.state, self.reason = move(self.state, LeftByChoice()), LeftByChoice.reason
        return replace(visitor, state=self.state)

    async def tell(self, visitor: Visitor, token: str, message: Message, language: str) -> int | TooMany | Refusal | None:
        """The next number, or the refusal that the test wants."""
        if token != TOKEN:
            return Refusal("token")
        if self.refusal is not None:
            return self.refusal
        if len(self.messages) == 3:
            return TooMany(1_200.0)
        self.messages.append((message, language))
        return self._number()

    def told(self, visitor: Visitor) -> int | None:
        """The last number."""
        return self._number()

    def _number(self) -> int | None:
        return 16 + len(self.messages) if self.messages and self.numbered else None

    def internet(self, zone: str) -> bool:
        """As the test wants."""
        return self.internet_up
