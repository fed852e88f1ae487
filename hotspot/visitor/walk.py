"""A visit from the first DHCP packet to the last byte: the order of its steps, and what each needs to have passed."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NoReturn

from hotspot.looks.values import Look
from hotspot.visitor import apart, dhcp, joining, online, outside, place, plug, portal
from hotspot.visitor.choices import Choices
from hotspot.visitor.frames import Frames
from hotspot.visitor.gathered import gathered
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Failed, Name, Notes, TimeOver
from hotspot.visitor.programs import CannotLook, NoInterface

N = Name
GRACE: Final = 60.0
"""Seconds for which the step in hand may go on when the visit's time is over."""


def visit(zones: Sequence[Choices], software: str) -> Look:
    """Visit one zone, or several one after the other. Raises ``CannotLook`` when there is nothing to look with; a guest interface that
    is gone is a finding."""
    began = time.monotonic()
    made = [_visit(choices, alone=len(zones) == 1) for choices in zones]
    return gathered(made, time.time(), time.monotonic() - began, software)


def _visit(choices: Choices, alone: bool) -> Notes:
    """One zone's notes. Raises ``CannotLook`` when it is the only one; else that is noted, and the others are visited."""
    mac = place.fresh_mac()
    notes = Notes(choices.zone, choices.most, choices.skip, choices.lan)
    try:
        with in_time(choices.most + GRACE), _guest_side(choices, mac) as interface:
            _visit_from(choices, notes, interface, mac)
    except NoInterface as error:
        if choices.interface != choices.lan:  # somebody's choice of a moment: it says nothing about the hall
            if alone:
                raise
            notes.end(error)
        else:
            notes.run(N("interface"), _gone)
    except CannotLook as error:
        if alone and not notes.steps:
            raise
        notes.end(error)
    except TimeOver as error:
        notes.end(error)
    return notes


def _guest_side(choices: Choices, mac: str) -> contextlib.AbstractContextManager[str]:
    """The interface of the visit."""
    if choices.plug is not None:
        return plug.guest_side(choices.plug, choices.interface, mac)
    return place.guest_side(choices.interface, choices.here, mac)


def _gone() -> None:
    """What the hall itself calls its guest interface is not there: that is how the hall is."""
    raise Failed("interface-missing")


def _visit_from(choices: Choices, notes: Notes, interface: str, mac: str) -> None:
    """With a place among the guests."""
    with contextlib.closing(Frames(interface)) as frames:
        known = Known(choices, notes, interface, mac, frames)
        notes.run(N("interface"), lambda: None)
        try:
            _walk(known)
        except (TimeOver, Exception) as error:  # noqa: BLE001 - between two steps: what was found until here is told all the same
            notes.end(error)
        finally:
            if known.lease is not None:
                frames.send(dhcp.release(mac, known.lease))


@contextlib.contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raises ``TimeOver`` inside, once, after so many seconds. Every wait has a bound of its own; this is
    for the one that does not keep it."""

    def over(_number: int, _frame: object) -> NoReturn:
        raise TimeOver

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _walk(known: Known) -> None:
    """All steps."""
    _join(known)
    _look_around(known)
    _at_the_portal(known)
    _go_online(known)
    known.notes.run(N("status"), partial(portal.status, known))


def _join(known: Known) -> None:
    run, families = known.notes.run, known.choices.families
    if 4 in families:
        run(N("dhcp", 4), partial(joining.address, known))
        leased = (N("dhcp", 4),)
        run(N("router", 4), partial(joining.router, known), leased)
        run(N("gateway", 4), partial(joining.gateway, known), (*leased, N("router", 4)))
        run(N("dns-option", 4), partial(joining.name_server, known), leased)
        run(N("portal-option", 4), partial(joining.portal_option, known), leased)
    if 6 in families:
        run(N("advertisement", 6), partial(joining.advertisement, known))
        heard = (N("advertisement", 6),)
        run(N("address6", 6), partial(joining.address6, known), heard)
        run(N("dns-option", 6), partial(joining.name_server6, known), heard)
        run(N("portal-option", 6), partial(joining.portal_option6, known), heard)
        run(N("gateway", 6), partial(joining.gateway6, known), heard)
    else:
        run(N("advertisement", 6), partial(joining.no_advertisement, known))
    known.notes.instead({"dhcp-silent", "advertisement-missing"}, "gateway-mute")


def _look_around(known: Known) -> None:
    run = known.notes.run
    for family in known.choices.families:
        usable = _usable(family)
        named = () if family in known.servers else (N("dns-option", family),)
        run(N("dns", family), partial(outside.true_names, known, family), (*usable, *named))
        run(N("closed", family), partial(outside.closed, known, family), (*usable, N("dns", family)))


def _usable(family: int) -> tuple[Name, ...]:
    """What an IP version needs before anything can be asked over it."""
    return (N("dhcp", 4), N("gateway", 4)) if family == 4 else (N("address6", 6), N("gateway", 6))


def _at_the_portal(known: Known) -> None:
    run, notes = known.notes.run, known.notes
    for family in known.choices.families:
        ready = (*_usable(family), N("dns", family), N("closed", family))
        if known.portal_url:
            run(N("portal", family), partial(portal.there, known, family), ready)
            ready = (*ready, N("portal", family))
        for name, one in outside.probes(known.choices):
            run(N(f"probe-{name}", family), partial(outside.probe, known, name, one, family), ready)
    way = known.way
    ready = (N("portal", way),) if N("portal", way) in notes.steps else (N("dns", way),)
    run(N("certificate"), partial(portal.certificate, known), ready)
    bare = notes.steps[N("certificate")].why == "no-certificate"
    safe = ready if bare else (*ready, N("certificate"))
    for family in known.families:
        also = tuple(name for name in (N("portal", family),) if name in notes.steps)
        run(N("api", family), partial(portal.api, known, family), (*safe, *also))
    run(N("page"), partial(portal.page, known), safe)
    run(N("accept"), partial(portal.accept, known), () if known.form is not None else (N("page"),))


def _go_online(known: Known) -> None:
    run, accepted = known.notes.run, N("accept")
    known.forget_names()  # from now on it is another name server that answers
    # IPv4 keeps a visitor offline also where it never came up, and nothing but this step says so.
    for family in (one for one in known.choices.families if one == 4 or one in known.usable):
        run(N("online", family), partial(online.online, known, family), (*_usable(family), accepted))
        for _, one in outside.probes(known.choices)[:1]:
            run(N("own-answer", family), partial(online.own_answer, known, one, family), (N("online", family),))
    reached = N("online", known.way)
    steps: list[tuple[str, Callable[[Known], None], Name]] = [
        ("api-online", online.api, accepted),
        ("download", online.download, reached),
        ("upload", online.upload, reached),
        ("neighbour", apart.neighbour, accepted),
        ("town", apart.town, accepted),
        ("countdown", online.countdown, N("api-online")),
        ("leave", online.leave, accepted),
    ]
    for name, action, needed in steps:
        run(N(name), partial(action, known), (needed,))
    for family in known.families:
        before = (N("leave"), N("online", family), N("closed", family))
        run(N("closed-again", family), partial(online.closed_again, known, family), before)
