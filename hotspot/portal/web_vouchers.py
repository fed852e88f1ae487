"""The voucher page: a code is typed, and typed again when it was wrong. No code ever stands in an address."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from hotspot.portal.desk import Refusal
from hotspot.portal.face import Access, Ask, Face, OpenRoute, Route
from hotspot.portal.pages import Pages, Reader
from hotspot.portal.settings import HallTexts, Terms
from hotspot.portal.texts import N_
from hotspot.session import probes
from hotspot.session.forms import parse_voucher_form
from hotspot.session.states import State

PATH: Final = "/voucher"


class Wrong(Struct, frozen=True):
    """What the page says about a code that does not let in."""

    status: int
    text: str
    again: bool = True
    """Is it worth looking at the code once more?"""


_LATER = N_("Too many wrong codes were typed. Please try again in a few minutes.")

WRONG: Final[Mapping[str, Wrong]] = {
    "voucher_mistyped": Wrong(422, N_("There is a typing mistake in the code. Please compare it with your voucher, letter by letter.")),
    "voucher_unknown": Wrong(422, N_("We do not know this code. Please compare it with your voucher.")),
    "voucher_withdrawn": Wrong(409, N_("The staff have withdrawn this code."), again=False),
    "voucher_early": Wrong(409, N_("This code is not valid yet."), again=False),
    "voucher_over": Wrong(409, N_("This code is no longer valid."), again=False),
    "voucher_devices": Wrong(409, N_("This code is used on other devices already, and it is not for more."), again=False),
    "voucher_volume": Wrong(409, N_("The data of this code is used up."), again=False),
    "voucher_elsewhere": Wrong(409, N_("This code is not for this Wi-Fi."), again=False),
    "voucher_tries": Wrong(429, _LATER, again=False),
    "voucher_guessing": Wrong(429, _LATER, again=False),
}
"""By the code of a refusal that is about the voucher (``hotspot.portal.redeem.REFUSALS``)."""


def page(
    pages: Pages, reader: Reader, hall: HallTexts, terms: Terms, token: str, code: str, typed: str = "", wrong: Wrong | None = None
) -> str:
    """The form, with what was typed and what is wrong with it; ``code`` is the device's."""
    return pages.render(
        "voucher.html",
        reader,
        hall,
        code=code,
        token=token,
        terms=pages.terms_of(terms, reader.language),
        typed=typed,
        wrong=None if wrong is None else pages.text(reader.language, wrong.text),
        again=wrong is not None and wrong.again,
    )


def _page(face: Face, ask: Ask, typed: str = "", wrong: Wrong | None = None) -> web.Response:
    reader, desk = replace(ask.reader, path=PATH), face.desk
    text = page(face.pages, reader, face.hall, desk.terms, desk.token(ask.visitor), ask.visitor.code, typed, wrong)
    return face.page(text, 200 if wrong is None else wrong.status)


async def show(face: Face, ask: Ask) -> web.Response:
    """``/voucher``: the field for a code, where the zone has plans for vouchers."""
    if not face.desk.has_vouchers(face.zone):
        return face.problem(ask.reader, "not_found", ask.visitor)
    if ask.visitor.state is State.BLOCKED:
        return face.to("/" + ask.reader.query)
    return _page(face, ask)


async def redeem(face: Face, ask: Ask) -> web.Response:
    """``POST /voucher``: online, or the page again with what was typed and what is wrong with it."""
    if not face.desk.has_vouchers(face.zone):
        return face.problem(ask.reader, "not_found", ask.visitor)
    form = parse_voucher_form(ask.body)
    family = probes.device(ask.request.headers.get("User-Agent", ""))
    outcome = await face.desk.redeem(ask.visitor, form, ask.reader.language, family)
    if not isinstance(outcome, Refusal):
        return face.to("/online" + ask.reader.query)
    wrong = WRONG.get(outcome.code)
    if wrong is None:
        return face.refused(ask, outcome.code)
    return _page(face, ask, form.code, wrong)


ROUTES: Final[tuple[Route | OpenRoute, ...]] = (Route("GET", PATH, show, Access.VISITOR), Route("POST", PATH, redeem, Access.FORM))
