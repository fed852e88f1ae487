"""Steps 8 and 9 of a walk: what the hub knows of a phone's visit, and what comes back from the hub.

``8`` the report is there, ``9`` the figures of the whole city, ``9a`` a change of policy reaches the visitor's page, ``9b`` an order ends
a session: a second phone's, which only joins for that; ``9c`` somebody of a town logs in at the console and sees their halls; ``9d`` the
synthetic visitor (``walk_visit``).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from hotspot.lab.browse import Unreachable
from hotspot.lab.figures import usage_of
from hotspot.lab.layout import SITE, SITE_TLS_PORT
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.walk import Numbered, Step, Walker
from hotspot.lab.walk_visit import visited

if TYPE_CHECKING:
    from hotspot.lab.city import City, Counted

WITHIN: Final = 20.0
"""Seconds until the hub must know, and until a policy must be in force; the lab's gateway reports each second."""
ORDERED_WITHIN: Final = 1.0
"""Seconds from asking the hub's API until the client is cut off."""
_PAUSE: Final = 0.1
"""Seconds between two looks."""
GUEST: Final = "bert"
"""The second phone."""
CONTACT: Final = "Bürgerbüro, Zimmer 12"
"""What the hub changes on the visitor's page."""


class HubWalk:
    """The hub's part of one walk."""

    def __init__(self, city: "City") -> None:
        self._city = city
        self._before: Counted | None = None

    async def begin(self) -> None:
        """Note what the hub has counted before the tap. Raises ``LabFailed`` and ``Unreachable``."""
        self._before = await self._city.counted()

    def steps(self, walker: Walker) -> list[Numbered]:
        """The steps, for this walker."""

        def with_walker(action: Callable[[Walker, str, str], Awaitable[Step]]) -> Callable[[str, str], Awaitable[Step]]:
            return lambda number, name: action(walker, number, name)

        return [
            ("8", "report", with_walker(self.report)),
            ("9", "figures", with_walker(self.figures)),
            ("9a", "policy", with_walker(self.policy)),
            ("9b", "order", with_walker(self.order)),
            ("9c", "console", with_walker(self.console)),
            ("9d", "visit", with_walker(visited)),
        ]

    async def report(self, walker: Walker, number: str, name: str) -> Step:
        """The hub has counted this visit once, and to the byte what the portal has counted."""
        if self._before is None:
            raise LabFailed("cannot compare with the hub: nobody noted what it had counted before")
        began = time.monotonic()
        while True:
            told, counted = await usage_of(walker.hall.folder, walker.code), (await self._city.counted()).since(self._before)
            equal = (counted.visits, counted.down, counted.up) == (1, told.down, told.up)
            took = time.monotonic() - began
            if equal or took > WITHIN:
                break
            await asyncio.sleep(_PAUSE)
        saw = f"hub: {counted.visits} visit, {counted.down:,} bytes down, {counted.up:,} up; " + (
            f"the portal counted the same; after {took:.1f} s" if equal else f"portal: 1, {told.down:,} and {told.up:,}"
        )
        figures = {
            "hub_visits": counted.visits,
            "hub_down": counted.down,
            "hub_up": counted.up,
            "portal_down": told.down,
            "portal_up": told.up,
        }
        return Step(number, name, equal, saw, {**{key: float(value) for key, value in figures.items()}, "seconds": took})

    async def figures(self, _: Walker, number: str, name: str) -> Step:
        """Every hall of the city reports, and the hub knows the year behind them; a town sees its own halls only."""
        city, took = self._city, []

        async def asked(path: str, token: str = "") -> Any:
            began = time.monotonic()
            answer = await city.ask("GET", path, token=token)
            took.append(time.monotonic() - began)
            return answer

        halls = await asked("/figures/now")
        year = await asked(f"/halls/{city.hall}/figures?step=month&from={city.begins}")
        town, token = await city.log_in_as_viewer()
        seen = await asked("/figures/now", token)
        not_well = [f"{hall['hall']} is {hall['state']}" for hall in halls if hall["state"] != "well"]
        months, visits = len(year["points"]), sum(point["visits"] for point in year["points"])
        passed = not not_well and len(halls) == city.size and months >= 12 and {hall["partner"] for hall in seen} == {town}
        saw = (
            f"{len(halls)} halls of {len({hall['partner'] for hall in halls})} towns, {'; '.join(not_well) or 'all well'};"
            f" {city.hall}: {visits:,} visits in {months} months; a viewer of {town} sees {len(seen)};"
            f" slowest answer {max(took) * 1000:.0f} ms"
        )
        figures = {"halls": len(halls), "months": months, "visits": visits, "seen_by_viewer": len(seen)}
        return Step(number, name, passed, saw, {**{key: float(value) for key, value in figures.items()}, "seconds_slowest": max(took)})

    async def policy(self, walker: Walker, number: str, name: str) -> Step:
        """A change at the hub is on the visitor's page, and the hub hears that it is in force."""
        online = urljoin(walker.portal, "/online")
        if CONTACT in (await walker.phone.get(online)).text:
            return Step(number, name, False, f"{online} shows {CONTACT!r} before anybody said so")
        began = time.monotonic()
        serial = await self._city.say_of_hall({"contact": CONTACT})
        shown: float | None = None
        while True:
            if shown is None and CONTACT in (await walker.phone.get(online)).text:
                shown = time.monotonic() - began
            gateway = (await self._city.ask("GET", f"/gateways/{self._city.gateway}"))["gateway"]
            took = time.monotonic() - began
            if shown is not None and gateway["policy"] == serial:
                saw = f"change {serial}: on the visitor's page after {shown * 1000:.0f} ms, confirmed to the hub after {took:.1f} s"
                return Step(number, name, True, saw, {"seconds_shown": shown, "seconds_confirmed": took})
            if took > WITHIN:
                page = "is" if shown is not None else "is not"
                saw = f"change {serial} {page} on the page; the gateway has {gateway['policy']}: {gateway['policy_error'] or 'no error'}"
                return Step(number, name, False, saw)
            await asyncio.sleep(_PAUSE)

    async def order(self, walker: Walker, number: str, name: str) -> Step:
        """The city's staff end a session by its device code, while something is being downloaded: the connection is cut."""
        guest = Walker(walker.hall, await walker.hall.add_phone(GUEST), walker.plan)
        for step in (guest.address, guest.page, guest.accept):
            done = await step(number, name)
            if not done.passed:
                return done
        order = {"order": "end", "code": guest.code, "wait": 10}
        reply, answered, cut = await guest.cut_by(lambda: self._city.ask("POST", f"/gateways/{self._city.gateway}/orders", order))
        try:
            await guest.phone.connect(SITE, SITE_TLS_PORT)
        except Unreachable:
            saw = (
                f"end {guest.code} (phone {GUEST}) at the hub: {reply['state']} after {answered * 1000:.0f} ms,"
                f" the running download was cut after {cut * 1000:.0f} ms"
            )
            figures = {"seconds_answered": answered, "seconds_cut": cut}
            return Step(number, name, reply["state"] == "done" and cut <= ORDERED_WITHIN, saw, figures)
        return Step(number, name, False, f"{reply['state']}, but phone {GUEST} still reaches port {SITE_TLS_PORT} of the Internet")

    async def console(self, _: Walker, number: str, name: str) -> Step:
        """A town's viewer logs in with a password, and the first page shows the town's halls and nobody else's."""
        town, page, seconds = await self._city.at_the_console()
        shown = {title for title in self._city.titles if escape(title) in page}
        own = {title for title, owner in self._city.titles.items() if owner == town}
        saw = f"a viewer of {town} sees {len(shown)} halls on one page, after {seconds * 1000:.0f} ms"
        return Step(number, name, shown == own, saw, {"seconds": seconds, "halls": float(len(shown))})
