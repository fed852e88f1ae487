"""What can be printed, as values that go to another process as they are, and what becomes of them there."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.control_vouchers import VoucherRow
from hotspot.portal.policy_check import check
from hotspot.portal.settings import BadSettings, Settings, Zone
from hotspot.printing import drawing
from hotspot.printing.drawing import Drawing
from hotspot.printing.pdf import document, pdf
from hotspot.printing.poster import TooManyLanguages, poster
from hotspot.printing.sheet import sheets
from hotspot.printing.vectors import MOST, is_endless
from hotspot.printing.words import UnknownLanguage, poster_of, ticket_of
from hotspot.session.quantities import parse_seconds


class CannotDraw(Exception):
    """It cannot be printed as it was asked for; the text says why."""


class Network(Struct, frozen=True, kw_only=True):
    """A hall's Wi-Fi as visitors meet it: what only the town knows."""

    zone: str
    ssid: str
    password: str | None = None
    """None: an open network."""
    address: str
    """Of the portal, with a trailing slash, as ``http://portal.hall.example/``."""


class Place(Struct, frozen=True, kw_only=True):
    """A hall as it is printed for."""

    settings: dict[str, Any]
    """Of its policy."""
    files: dict[str, str]
    """Of its policy: name -> SHA-256."""
    contents: dict[str, bytes]
    """What is in them, by name."""
    title: str
    """Of the hall, when its policy has no name for it."""
    town: str
    """The same of the town."""
    network: Network


class PosterPrint(Struct, frozen=True, kw_only=True, tag="poster"):
    """The poster of a hall, one page."""

    place: Place
    languages: tuple[str, ...]
    """The first is the main one."""
    size: Literal["A4", "A3"] = "A4"


class TicketsPrint(Struct, frozen=True, kw_only=True, tag="tickets"):
    """Voucher codes on tickets to be cut, 24 on a page of A4."""

    place: Place
    language: str
    number: int
    """Of the batch, for staff, as its note."""
    note: str
    plan: str
    valid: str | float
    devices: int
    not_after: float | None
    """Moment after the last day of a first use, seconds since 1970."""
    codes: tuple[str, ...]


class PagePrint(Struct, frozen=True, kw_only=True, tag="page"):
    """An HTML document with its styles in it. Nothing is fetched: pictures are ``data:`` addresses or inline SVG."""

    html: str
    variant: Literal["", "pdf/ua-1", "pdf/a-3u"] = ""
    """``pdf/ua-1``: tagged, so that a screen reader can read it."""


Print = PosterPrint | TicketsPrint | PagePrint


def draw_poster(wanted: PosterPrint) -> Drawing:
    """The page. Raises ``CannotDraw``."""
    settings, zone = _told(wanted.place)
    network = wanted.place.network
    try:
        return poster(poster_of(settings, zone, network.ssid, network.password, wanted.languages))
    except (UnknownLanguage, TooManyLanguages) as error:
        raise CannotDraw(str(error)) from None


def svg(wanted: PosterPrint) -> bytes:
    """A poster as a picture, in milliseconds. Raises ``CannotDraw``."""
    return drawing.svg(draw_poster(wanted), drawing.SIZES[wanted.size]).encode()


def made(wanted: Print) -> bytes:
    """The PDF, in seconds. Raises ``CannotDraw`` and ``hotspot.printing.pdf.CannotPrint``."""
    match wanted:
        case PosterPrint():
            return pdf([draw_poster(wanted)], drawing.SIZES[wanted.size])
        case TicketsPrint():
            return pdf(_draw_tickets(wanted))
        case PagePrint():
            return document(wanted.html, wanted.variant)


def _draw_tickets(wanted: TicketsPrint) -> list[Drawing]:
    settings, zone = _told(wanted.place, lambda each: wanted.plan in each.voucher_plans)
    plan = settings.plans.get(wanted.plan)
    if plan is None:
        raise CannotDraw(f"plan = {wanted.plan!r}: expected a plan that the hall still has, one of {', '.join(settings.plans)}")
    batch = VoucherRow(
        number=wanted.number,
        plan=wanted.plan,
        count=len(wanted.codes),
        used=0,
        devices=wanted.devices,
        valid=parse_seconds(wanted.valid),
        not_before=None,
        not_after=wanted.not_after,
        note=wanted.note,
        created_at=0.0,
        created_by="",
        created_uid=None,
        in_force=True,
    )
    try:
        return sheets(ticket_of(settings, zone, batch, plan, wanted.place.network.ssid, wanted.language), wanted.codes)
    except UnknownLanguage as error:
        raise CannotDraw(str(error)) from None


def _told(place: Place, fits: Callable[[Zone], bool] = lambda _: True) -> tuple[Settings, Zone]:
    """The settings that the hall's gateway would have, and its zone with the address that visitors type."""
    given = place.settings.get("hall")
    hall = {"name": place.title, "town": place.town, **(given if isinstance(given, dict) else {})}
    wanted = {name: value for name, value in place.settings.items() if name not in ("vouchers", "blocklist")}
    policy = wire.Policy(serial=0, settings={**wanted, "hall": hall}, files=place.files)
    try:
        settings = check(policy, place.contents, (place.network.zone,))
    except BadSettings as error:
        raise CannotDraw(f"the hall's settings cannot be used: {error}") from None
    logo = settings.hall.theme.logo
    if logo is not None and logo.media_type == "image/svg+xml" and is_endless(logo.content):
        raise CannotDraw(f"theme.logo.file = {logo.name!r}: expected a drawing of at most {MOST} shapes, each use of one counted")
    zone = settings.zones[place.network.zone]
    if not fits(zone):
        raise CannotDraw(f"zone = {zone.name!r}: expected a zone that has this plan")
    return settings, msgspec.structs.replace(zone, portal_url=place.network.address)
