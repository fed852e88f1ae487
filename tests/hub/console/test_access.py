"""Who may open which page: one table, and every page tried as everybody against it."""

import re
from typing import Any, Final

import pytest

from hotspot.hub.access import Role
from hotspot.hub.console.pages import Page
from hotspot.hub.console.rates import Limit
from hotspot.hub.console.table import PAGES
from hotspot.hub.console.web import Console
from hotspot.hub.hub import Hub
from hotspot.hub.store.sessions import Stage
from tests.hub.conftest import Api
from tests.hub.console.conftest import Answer, Seat, Seats, secret_of
from tests.hub.test_access import world

pytestmark = pytest.mark.hub

ANYBODY, STARTED, KNOWN = "-HVEOA", "HVEOA", "VEOA"
SEE, OPERATE, EDIT, HOST, ADMIN = "VEOA", "EOA", "EOA", "OA", "A"
TABLE: Final = {
    "login": ANYBODY, "login.password": ANYBODY, "logout": STARTED,
    "login.second": STARTED, "login.second.check": STARTED, "login.enrol": KNOWN, "login.enrol.done": KNOWN,
    "login.openid": ANYBODY, "login.openid.back": ANYBODY,
    "account": SEE, "account.password": SEE, "account.password.change": SEE, "account.session.end": SEE, "account.sessions.end": SEE,
    "account.confirm": SEE, "account.confirm.done": SEE,
    "account.app": SEE, "account.app.add": SEE, "account.passkey": SEE, "account.passkey.add": SEE,
    "account.factor": SEE, "account.factor.remove": SEE, "account.codes": SEE, "account.codes.make": SEE,
    "account.token": SEE, "account.token.make": SEE, "account.token.revoke": SEE, "account.token.revoked": SEE,
    "overview": SEE, "live": SEE, "alarms": SEE, "alarms.past": SEE, "alarms.acknowledge": OPERATE,
    "channels": SEE, "channels.new": EDIT, "channels.create": EDIT, "channels.test": EDIT, "channels.ask-delete": EDIT,
    "channels.delete": EDIT,
    "hall": SEE, "hall.now": SEE, "hall.figures": SEE, "hall.settings": SEE,
    "hall.sessions": OPERATE, "hall.sessions.ask": OPERATE, "hall.sessions.device": OPERATE, "hall.sessions.act": OPERATE,
    "hall.order": OPERATE, "hall.change": ADMIN, "hall.changed": ADMIN, "hall.close": ADMIN, "hall.closed": ADMIN,
    "gateways": SEE, "gateway": SEE, "gateway.rotate": ADMIN, "gateway.revoke": ADMIN, "gateway.revoked": ADMIN,
    "enrol.choose": ADMIN, "enrol": ADMIN, "enrol.make": ADMIN, "enrol.watch": ADMIN, "enrol.withdraw": ADMIN,
    "preview.hall": SEE, "preview.hall.page": SEE, "preview.draft": EDIT, "preview.draft.page": EDIT,
    "settings.branding": SEE, "settings.branding.save": EDIT, "settings.contrast": SEE, "settings.legal": SEE, "settings.legal.save": EDIT,
    "settings.messages": SEE, "settings.messages.save": EDIT, "settings.services": SEE, "settings.services.save": EDIT,
    "settings.services.entry": SEE, "settings.services.entry.save": EDIT, "settings.services.import": SEE,
    "settings.services.import.save": EDIT, "settings.services.export": SEE, "settings.services.template": SEE,
    "settings": SEE, "settings.host": SEE, "settings.partner": SEE, "settings.hall": SEE, "settings.zone": SEE,
    "settings.plans": SEE, "settings.plan": SEE, "settings.plan.save": EDIT, "settings.plan.remove.save": EDIT,
    "settings.zones": SEE, "settings.zones.save": EDIT,
    "settings.hours": SEE, "settings.hours.table": SEE, "settings.hours.table.save": EDIT,
    "settings.hours.remove.save": EDIT, "settings.hours.holidays.save": EDIT, "settings.terms": SEE, "settings.terms.save": EDIT,
    "settings.contact": SEE, "settings.contact.save": EDIT, "settings.away": SEE, "settings.away.save": EDIT,
    "settings.locks": SEE, "settings.locks.save": EDIT, "settings.expert": SEE, "settings.expert.save": EDIT, "settings.reset": EDIT,
    "settings.draft": EDIT, "settings.draft.apply": EDIT, "settings.draft.discard": EDIT, "settings.draft.renew": EDIT,
    "settings.rollout": SEE, "settings.rollout.advance": EDIT, "settings.rollout.stop": EDIT,
    "settings.history": SEE, "settings.change": SEE, "settings.rollback": EDIT, "settings.rollback.do": EDIT,
    "vouchers": SEE, "hall.vouchers": SEE, "hall.vouchers.new": EDIT, "hall.vouchers.make": EDIT, "hall.voucher": SEE,
    "hall.voucher.print": EDIT, "hall.voucher.export": EDIT, "hall.voucher.codes": EDIT, "hall.voucher.withdraw": EDIT,
    "hall.poster": SEE, "hall.poster.picture": SEE, "hall.poster.print": SEE, "hall.network": EDIT, "hall.network.set": EDIT,
    "blocks": SEE, "blocks.export": SEE, "blocks.new": EDIT, "blocks.add": EDIT, "block": SEE, "block.withdraw": EDIT,
    "feedback": SEE, "feedback.export": SEE, "feedback.message": SEE, "feedback.set": OPERATE,
    "reports": SEE, "report": SEE, "report.pdf": SEE, "report.csv": SEE, "report.days": SEE,
    "partners": SEE, "partner": SEE, "partners.erased": HOST, "partner.checklist": SEE, "partner.tick": EDIT,
    "partner.new": ADMIN, "partner.create": ADMIN, "partner.change": ADMIN, "partner.changed": ADMIN,
    "partner.hall": ADMIN, "partner.hall.create": ADMIN, "partner.leave": ADMIN, "partner.left": ADMIN, "partner.export": ADMIN,
    "partner.erase": ADMIN, "partner.erased": ADMIN, "hall.data": ADMIN, "hall.export": ADMIN, "hall.erase": ADMIN,
    "users": ADMIN, "users.new": ADMIN, "users.create": ADMIN, "users.roles": ADMIN, "user": ADMIN, "user.change": ADMIN,
    "user.password": ADMIN, "user.password.set": ADMIN, "user.provider": ADMIN, "user.provider.link": ADMIN, "user.enable": ADMIN,
    "user.token": ADMIN, "user.token.revoke": ADMIN, "user.end": ADMIN, "user.end.now": ADMIN,
    "audit": EDIT, "audit.export": EDIT,
}  # fmt: skip
"""Page -> who may: - a stranger, H somebody who has shown the password only, V viewer and E editor of the partner, O operator and A
administrator of the host."""
OF_SETTINGS: Final = {"scope": "partner:kleinheim", "plan": "free", "table": "hall", "zone": "public", "section": "plans"}
"""What the addresses of the settings speak of."""
ROLES: Final = {"V": Role.PARTNER_VIEWER, "E": Role.PARTNER_EDITOR, "O": Role.HOST_OPERATOR, "A": Role.HOST_ADMIN}


def address(page: Page, things: dict[str, str]) -> str:
    """Where the page is about things that are there."""
    return re.sub(r"\{(\w+)\}", lambda match: things.get(match[1], "1"), page.path)


async def tried(seat: Seat, page: Page, things: dict[str, str]) -> Answer:
    """Open a page, or send its form with nothing in it but the token."""
    return await (seat.get if page.method == "GET" else seat.post)(address(page, things))


def let_in(answer: Answer) -> bool:
    """Neither led to the login nor refused."""
    logged_out = "Set-Cookie" in answer.headers
    return answer.status != 403 and (logged_out or not answer.goal.startswith("/login"))


async def test_every_page_has_a_row() -> None:
    """A new page is in the table, or this fails."""
    assert sorted(page.name for page in PAGES) == sorted(TABLE)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that nobody asks too often: a thousand people come from one address in seconds."""
    for limit in ("KNOWN", "STRANGERS", "LOOKUPS"):
        monkeypatch.setattr(Console, limit, Limit(10_000, 10_000))


async def test_the_table_is_what_happens(patient: None, api: Api, hub: Hub, seats: Seats) -> None:
    """Each page, as everybody: to the login without a session, 403 for those who may not, anything else for those who may."""
    things = await world(api, hub) | OF_SETTINGS
    happened, wrongly = {}, {}
    for page in PAGES:
        allowed = ""
        for who in ANYBODY:
            if who == "-":
                seat = seats.stranger
            else:
                role = ROLES.get(who, Role.HOST_ADMIN)
                stage = Stage.PASSWORD if who == "H" else Stage.FULL
                name = f"{who.lower()}-{page.name.replace('.', '-')}"[:40]  # of their own: some pages end sessions
                secret = await secret_of(hub, name, role, "kleinheim" if role.of_partner else None, stage)
                seat = Seat(seats.http, seats.base, secret)
            answer = await tried(seat, page, things)
            assert answer.status < 500, (page.name, who, answer.words)
            if let_in(answer) or TABLE[page.name] == ANYBODY:
                allowed += who
                if who not in TABLE[page.name]:
                    wrongly[page.name, who] = (answer.status, answer.goal, sorted(answer.headers), answer.words[:200])
        happened[page.name] = allowed
    assert wrongly == {}
    assert happened == TABLE


async def test_another_partner_finds_nothing(api: Api, hub: Hub, seats: Seats) -> None:
    """For a partner's editor nothing of another partner is there: 404 or 403 by its name, and on no page of their own."""
    things: dict[str, Any] = await world(api, hub) | OF_SETTINGS
    looked = 0
    for page in PAGES:
        if "E" in TABLE[page.name] and TABLE[page.name] not in (ANYBODY, STARTED):
            gerda = await seats("gerda", Role.PARTNER_EDITOR, "grossdorf")  # anew: some pages end sessions
            answer = await tried(gerda, page, things)
            if any(f"{{{name}}}" in page.path for name in things if name not in ("sha256", "token")):
                assert answer.status in (400, 403, 404), (page.name, answer.status, answer.words)
                told = answer.words.replace("'kleinheim", "").replace("kleinheim-rathaus'", "")  # what was asked for, repeated
                assert "Kleinheim" not in told, (page.name, answer.words)
            elif page.method == "GET":
                assert "kleinheim" not in answer.text.lower(), (page.name, answer.words)
            looked += 1
    assert looked >= 1
