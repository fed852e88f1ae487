"""All pages that can be looked at, with what stands for the parameters of their addresses. A page that is missing here fails a test."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.api import feedback, policy_items, reports
from hotspot.hub.hub import Hub
from hotspot.hub.store import factors, people
from hotspot.hub.store.sessions import Stage
from tests.hub.console import city, faces, gateway_there, settings_there


class Place(Struct, frozen=True):
    """One page to look at."""

    name: str
    """Of the page, and what is special: ``hall``, ``hall-silent``."""
    address: str | Callable[[Hub], Awaitable[str]]
    """Or how it is found out."""
    who: str | None = None
    """Who looks; None: the administrator, "": nobody."""
    status: int = 200
    stage: Stage = Stage.FULL
    """How far they have come."""
    sandboxed: bool = False
    """Scripts are off, axe's too: it looks at the same page outside."""


async def address(hub: Hub, place: Place) -> str:
    """Where the page is."""
    return place.address if isinstance(place.address, str) else await place.address(hub)


async def report(hub: Hub, partner: str, before: int) -> str:
    """A town's newest monthly report, or the one so many before it."""
    return f"/reports/{partner}/{(await city.done(hub, reports.list_reports, partner=partner))[before].month}"


async def factor(hub: Hub, who: str) -> str:
    """Where somebody removes the first of their second factors."""
    async with hub.store.connection() as connection:
        user = await people.user(connection, who)
        assert user is not None
        return f"/account/factors/{(await factors.of_user(connection, user.id))[0].id}/remove"


BLOCKED: Final = {"order": "block", "code": "AAA-AAA"}


async def order(hub: Hub, body: dict[str, Any], reply: dict[str, Any] | None) -> str:
    """Where an order to a gateway shows what became of it."""
    return f"/halls/kleinheim-rathaus/sessions/{await gateway_there.answered(hub, 'kleinheim-rathaus', body, reply)}"


async def _voucher(hub: Hub) -> str:
    """The newest batch of Kleinheim."""
    batches = await city.done(hub, policy_items.list_batches, hall="kleinheim-rathaus")
    return f"/halls/kleinheim-rathaus/vouchers/{batches[0].id}"


async def _block(hub: Hub) -> str:
    """What the court has said."""
    return f"/blocks/{(await city.done(hub, policy_items.list_blocks))[-1].id}"


async def _message(hub: Hub) -> str:
    """A message written from the right to the left, of somebody who wants an answer."""
    found = await city.done(hub, feedback.list_feedback)
    return f"/feedback/{next(message.number for message in found if message.language == 'ar')}"


async def _message_of_bergdorf(hub: Hub) -> str:
    """One that a viewer reads."""
    found = await city.done(hub, feedback.list_feedback)
    return f"/feedback/{next(message.number for message in found if message.partner == 'bergdorf')}"


async def faced(hub: Hub, below: str) -> str:
    """Below a draft of the branding."""
    return await faces.changed(hub) + below


PLACES: Final[tuple[Place, ...]] = (
    Place("login", "/login", ""),
    Place("login.second", "/login/second", "admin", stage=Stage.PASSWORD),
    Place("login.enrol", "/login/enrol", "betrieb", stage=Stage.ENROL),
    Place("account", "/account", "admin"),
    Place("account-town", "/account", "kleinheim"),
    Place("account.password", "/account/password"),
    Place("account.confirm", "/account/confirm", "kleinheim"),
    Place("account.app", "/account/app", "kleinheim"),
    Place("account.passkey", "/account/passkey", "kleinheim"),
    Place("account.factor", lambda hub: factor(hub, "admin"), "admin"),
    Place("account.codes", "/account/codes", "admin"),
    Place("account.token", "/account/tokens/new"),
    Place("account.token.revoke", "/account/tokens/grafana/revoke", "admin"),
    Place("overview", "/"),
    Place("overview-town", "/", "bergdorf"),
    Place("overview-found", "/?q=rathaus&sort=online"),
    Place("alarms", "/alarms"),
    Place("alarms-viewer", "/alarms", "bergdorf"),
    Place("alarms.past", "/alarms/past"),
    Place("channels", "/alarms/channels"),
    Place("channels.new-mail", "/alarms/channels/new/mail"),
    Place("channels.new-webhook", "/alarms/channels/new/webhook"),
    Place("channels.ask-delete", "/alarms/channels/it-team/delete"),
    Place("preview.hall", "/halls/kleinheim-rathaus/preview"),
    Place("preview.hall-large", "/halls/kleinheim-rathaus/preview?view=large&scene=online"),
    Place("preview.hall.page", "/halls/kleinheim-rathaus/preview/public", sandboxed=True),
    Place("preview.draft", lambda hub: faced(hub, "/preview")),
    Place("preview.draft-compare", lambda hub: faced(hub, "/preview?view=compare")),
    Place("preview.draft.page", lambda hub: faced(hub, "/preview/musterstadt-bauhof/public"), sandboxed=True),
    Place("settings.branding", "/settings/in/partner:musterstadt/branding", None),
    Place("settings.branding-viewer", "/settings/in/partner:bergdorf/branding", "bergdorf"),
    Place("settings.legal", "/settings/in/partner:musterstadt/legal"),
    Place("settings.messages", "/settings/in/partner:musterstadt/messages"),
    Place("settings.services", "/settings/in/partner:musterstadt/services"),
    Place("settings.services-empty", "/settings/in/partner:bergdorf/services"),
    Place("settings.services.entry", "/settings/in/partner:musterstadt/services/personalausweis"),
    Place("settings.services.entry-new", "/settings/in/partner:musterstadt/services/_new"),
    Place("settings.services.import", "/settings/in/partner:musterstadt/services-import"),
    Place("hall", "/halls/kleinheim-rathaus"),
    Place("hall-day", "/halls/musterstadt-bibliothek?span=day"),
    Place("hall-year", "/halls/musterstadt-bibliothek?span=year"),
    Place("hall-silent", f"/halls/{city.SILENT}"),
    Place("hall-faulty", f"/halls/{city.FAULTY}", "bergdorf"),
    Place("hall-new", f"/halls/{city.NEW}"),
    Place("hall.sessions", "/halls/kleinheim-rathaus/sessions", "kleinheim"),
    Place("hall.order", lambda hub: order(hub, {"order": "sessions"}, gateway_there.carried_out({"type": "sessions"}))),
    Place("hall.order-waits", lambda hub: order(hub, {"order": "sessions"}, None)),
    Place("hall.order-refused", lambda hub: order(hub, BLOCKED, gateway_there.carried_out({"type": "block", "code": "AAA-AAA"}))),
    Place("hall.settings", "/halls/kleinheim-rathaus/settings", "kleinheim"),
    Place("hall.change", "/halls/kleinheim-rathaus/change"),
    Place("hall.close", "/halls/kleinheim-rathaus/close"),
    Place("gateways", "/gateways"),
    Place("gateway", "/gateways/kleinheim-rathaus"),
    Place("gateway-faulty", f"/gateways/{city.FAULTY}", "bergdorf"),
    Place("gateway.revoke", "/gateways/kleinheim-rathaus/revoke"),
    Place("enrol.choose", "/enrol"),
    Place("enrol", "/halls/kleinheim-rathaus/enrol?replaces=kleinheim-rathaus"),
    Place("enrol-new", f"/halls/{city.NEW}/enrol"),
    Place("partners", "/partners"),
    Place("partner", "/partners/kleinheim"),
    Place("partner-viewer", "/partners/bergdorf", "bergdorf"),
    Place("partner.new", "/partners/new"),
    Place("partner.change", "/partners/kleinheim/change"),
    Place("partner.hall", "/partners/kleinheim/halls/new"),
    Place("partner.leave", "/partners/kleinheim/leave"),
    Place("partner.erase", "/partners/kleinheim/erase"),
    Place("partners.erased", "/partners/erased"),
    Place("hall.data", f"/halls/{city.NEW}/data"),
    Place("partner.checklist", "/partners/kleinheim/checklist"),
    Place("partner.checklist-viewer", "/partners/bergdorf/checklist", "bergdorf"),
    Place("reports", "/reports"),
    Place("report", lambda hub: report(hub, "kleinheim", 1)),
    Place("report-partial", lambda hub: report(hub, "bergdorf", 0), "bergdorf"),
    Place("vouchers", "/vouchers"),
    Place("vouchers-nothing", "/vouchers?q=nirgends"),
    Place("hall.vouchers", "/halls/kleinheim-rathaus/vouchers"),
    Place("hall.vouchers-none", "/halls/bergdorf-rathaus/vouchers", "bergdorf"),
    Place("hall.vouchers.new", "/halls/kleinheim-rathaus/vouchers/new", "kleinheim"),
    Place("hall.voucher", _voucher),
    Place("hall.poster", "/halls/kleinheim-rathaus/poster"),
    Place("hall.poster-unknown", "/halls/bergdorf-rathaus/poster"),
    Place("hall.network", "/halls/bergdorf-rathaus/network"),
    Place("blocks", "/blocks?state=all"),
    Place("blocks.new", "/blocks/new", "kleinheim"),
    Place("block", _block),
    Place("feedback", "/feedback?state=all"),
    Place("feedback-filtered", "/feedback?kind=damage&since=2026-01-01"),
    Place("feedback.message", _message),
    Place("feedback.message-viewer", _message_of_bergdorf, "bergdorf"),
    Place("settings", "/settings"),
    Place("settings-town", "/settings", "bergdorf"),
    Place("settings.host", "/settings/host"),
    Place("settings.partner", "/settings/partner/kleinheim", "kleinheim"),
    Place("settings.hall", "/settings/hall/kleinheim-rathaus"),
    Place("settings.zone", "/settings/zone/kleinheim-rathaus/public"),
    Place("settings.plans", "/settings/in/partner:kleinheim/plans", "kleinheim"),
    Place("settings.plan", "/settings/in/partner:kleinheim/plans/free", "kleinheim"),
    Place("settings.plan-new", "/settings/in/host/plans/+"),
    Place("settings.plan-viewer", "/settings/in/partner:bergdorf/plans/free", "bergdorf"),
    Place("settings.zones", "/settings/in/partner:kleinheim/zones"),
    Place("settings.hours", "/settings/in/hall:musterstadt-rathaus/hours"),
    Place("settings.hours.table", "/settings/in/hall:musterstadt-rathaus/hours/hall"),
    Place("settings.hours.table-new", "/settings/in/partner:kleinheim/hours/+"),
    Place("settings.terms", "/settings/in/partner:kleinheim/terms"),
    Place("settings.terms-own", "/settings/in/partner:kleinheim/terms?begin=model"),
    Place("settings.contact", "/settings/in/hall:kleinheim-rathaus/contact"),
    Place("settings.away", "/settings/in/partner:kleinheim/away"),
    Place("settings.locks", "/settings/in/host/locks"),
    Place("settings.expert", "/settings/in/host/expert"),
    Place("settings.draft", settings_there.good),
    Place("settings.draft-bad", settings_there.bad),
    Place("settings.draft-late", settings_there.late),
    Place("settings.rollout", settings_there.arrived),
    Place("settings.history", "/settings/history"),
    Place("settings.change", settings_there.change),
    Place("settings.rollback", lambda hub: settings_there.change(hub, "/rollback")),
    Place("login.openid", "/login/oidc", "", status=503),
    Place("login.openid.back", "/login/oidc/callback?code=x", "", status=400),
    Place("users", "/users"),
    Place("users-nobody", "/users?search=niemand"),
    Place("users.new", "/users/new"),
    Place("users.roles", "/users/roles"),
    Place("user", "/users/name/admin"),
    Place("user-provider", "/users/name/betrieb"),
    Place("user.password", "/users/name/kleinheim/password"),
    Place("user.provider", "/users/name/kleinheim/provider"),
    Place("user.end", "/users/name/kleinheim/end/disable"),
    Place("user.token", "/users/name/admin/tokens/grafana"),
    Place("audit", "/audit"),
    Place("audit-found", "/audit?action=policy.&since=2026-01-01&partner=kleinheim"),
    Place("audit-town", "/audit", "kleinheim"),
    Place("audit-nothing", "/audit?subject=nichts"),
    Place("nothing", "/nowhere", status=404),
)
