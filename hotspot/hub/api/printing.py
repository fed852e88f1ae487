"""What a town prints: posters and tickets with voucher codes, as the hall's settings would have them look."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from hotspot.hub import printer
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.api.policy_items import Named, read_codes
from hotspot.hub.api.problems import Conflict, Fault, NotFound, Unprocessable
from hotspot.hub.policy import items, publishing
from hotspot.hub.store import Connection, audit, networks, policies, policy_files, tenants
from hotspot.printing import prints
from hotspot.printing.prints import Place, PosterPrint, Print, TicketsPrint

PDF: Final = "application/pdf"
SVG: Final = "image/svg+xml"
LANGUAGES: Final = "de,en,tr,ar,uk"
ON_A_PART: Final = 240
"""Codes in one file: 10 pages, which take some seconds."""

Code = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?$(?!\n)")]
Codes = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?(,[a-z]{2,3}(-[a-z]{2,8})?){0,19}$(?!\n)")]


class Busy(Fault):
    """The printer has too much to do: try again."""

    status, title, code = 503, "Busy", "busy"
    seconds = printer.AGAIN


class TookTooLong(Fault):
    """It was given up: the same again would be, too."""

    status, title, code = 503, "Took too long", "print_too_long"
    seconds = printer.AGAIN


class PrintFailed(Fault):
    """The process that makes PDFs has died of it, or while it was at it; the next print starts another."""

    status, title, code = 503, "Print failed", "print_failed"
    seconds = printer.AGAIN


class NotInstalled(Fault):
    """This server cannot make PDFs."""

    status, title, code = 501, "Not installed", "not_installed"


class WhichPoster(Struct, frozen=True, kw_only=True):
    """What the poster is to be like."""

    zone: Named | None = None
    """Left out: the first whose network is known."""
    languages: Codes = LANGUAGES
    """The first is the main one; at most 8."""
    size: Literal["A4", "A3"] = "A4"


class WhichTickets(Struct, frozen=True, kw_only=True):
    """What the tickets are to be like."""

    zone: Named | None = None
    """Left out: the first whose network is known."""
    language: Code = "de"
    part: Annotated[int, Meta(ge=1, le=100)] = 1
    """Of a large batch: each part has 240 codes, on 10 pages."""


async def printed(call: Call, wanted: Print) -> bytes:
    """The PDF. Raises ``Busy``, ``TookTooLong``, ``PrintFailed``, ``NotInstalled`` and ``Unprocessable``."""
    try:
        return await call.hub.printer.pdf(wanted, call.who.partner or f"user {call.who.user}")
    except printer.Busy as error:
        raise Busy(str(error)) from None
    except printer.TookTooLong as error:
        raise TookTooLong(str(error)) from None
    except printer.NotPrinted as error:
        raise PrintFailed(str(error)) from None
    except printer.NotInstalled as error:
        raise NotInstalled(str(error)) from None
    except printer.Refused as error:
        raise Unprocessable(str(error)) from None


async def draw_poster(call: Call) -> Raw:
    """The hall's poster as a picture."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        wanted = await _poster(call, connection, hall)
    try:
        return Raw(await asyncio.to_thread(prints.svg, wanted), SVG, f"poster-{hall.name}.svg")
    except prints.CannotDraw as error:
        raise Unprocessable(str(error)) from None


async def print_poster(call: Call) -> Raw:
    """The hall's poster, to be printed."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        wanted = await _poster(call, connection, hall)
    content = await printed(call, wanted)
    async with call.hub.store.transaction() as connection:
        detail = {"zone": wanted.place.network.zone, "languages": list(wanted.languages), "size": wanted.size}
        await audit.write(connection, call.actor, "poster.print", partner=hall.partner, hall=hall.name, subject=hall.name, detail=detail)
    return Raw(content, PDF, f"poster-{hall.name}-{wanted.size}.pdf")


async def print_tickets(call: Call) -> Raw:
    """The codes of a batch on tickets to be cut. Whoever has a code is let in."""
    query: WhichTickets = call.query
    batch = await read_codes(call)
    codes = items.codes_of(batch)
    some = codes[(query.part - 1) * ON_A_PART : query.part * ON_A_PART]
    if not some:
        raise NotFound(f"part = {query.part}: expected at most {parts(len(codes))}")
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        wanted = TicketsPrint(
            place=await _place(connection, hall, query.zone),
            language=query.language,
            number=batch.number,
            note=batch.item.get("note", ""),
            plan=batch.item["plan"],
            valid=batch.item["valid"],
            devices=batch.item["devices"],
            not_after=_end_of(batch.item.get("not_after"), hall.time_zone),
            codes=some,
        )
    name = f"vouchers-{batch.id}.pdf" if len(some) == len(codes) else f"vouchers-{batch.id}-{query.part}.pdf"
    return Raw(await printed(call, wanted), PDF, name)


def parts(count: int) -> int:
    """Files in which the codes of a batch come."""
    return -(-count // ON_A_PART)


def _end_of(day: str | None, time_zone: str) -> float | None:
    """The moment after the end of a day, where the hall is."""
    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time.min, ZoneInfo(time_zone)).timestamp()


async def _poster(call: Call, connection: Connection, hall: tenants.Hall) -> PosterPrint:
    query: WhichPoster = call.query
    return PosterPrint(
        place=await _place(connection, hall, query.zone), languages=tuple(dict.fromkeys(query.languages.split(","))), size=query.size
    )


async def _place(connection: Connection, hall: tenants.Hall, zone: str | None) -> Place:
    """The hall as it is printed for. Raises ``NotFound`` and ``Conflict``."""
    found = await policies.halls(connection, (), (hall.id,))
    if not found:
        raise NotFound(f"hall = {hall.name!r}: it is closed")
    known = [each for each in await networks.networks(connection, hall.id) if zone in (None, each.zone)]
    if not known:
        which = "" if zone is None else f"zone = {zone!r}: "
        raise Conflict(f"{which}expected a zone whose network is known: tell its name and address first (setNetwork)")
    effective = (await publishing.present(connection, found))[hall.name]
    contents = await policy_files.contents(connection, effective.files.values())
    town = await tenants.partner(connection, hall.partner)
    assert town is not None
    return Place(
        settings=effective.settings,
        files=effective.files,
        contents={name: contents[digest] for name, digest in effective.files.items() if digest in contents},
        title=hall.title,
        town=town.title,
        network=prints.Network(zone=known[0].zone, ssid=known[0].ssid, password=known[0].password, address=known[0].address),
    )


_SEE, _EDIT = Permission.SEE, Permission.EDIT
OPERATIONS = (
    Operation(
        name="drawPoster", method="GET", path="/halls/{hall}/poster.svg", summary="The hall's poster as a picture", subject="printing",
        permission=_SEE, handler=draw_poster, query=WhichPoster, reply=Raw, media_type=SVG, faults=(Conflict, Unprocessable),
    ),
    Operation(
        name="printPoster", method="GET", path="/halls/{hall}/poster.pdf", summary="The hall's poster as PDF", subject="printing",
        permission=_SEE, handler=print_poster, query=WhichPoster, reply=Raw, media_type=PDF,
        faults=(Conflict, Unprocessable, Busy, TookTooLong, PrintFailed, NotInstalled),
    ),
    Operation(
        name="printVoucherCodes", method="GET", path="/halls/{hall}/vouchers/{batch}/codes.pdf", summary="The codes of a batch as tickets",
        subject="vouchers", permission=_EDIT, handler=print_tickets, query=WhichTickets, reply=Raw, media_type=PDF,
        faults=(Conflict, Unprocessable, Busy, TookTooLong, PrintFailed, NotInstalled),
    ),
)  # fmt: skip
