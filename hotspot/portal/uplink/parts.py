"""All that a gateway with a hub runs beside a hall without one."""

import asyncio
from collections.abc import Callable

from hotspot.portal.office import Office
from hotspot.portal.settings import Settings
from hotspot.portal.settings_reader import Files
from hotspot.portal.staff import Staff
from hotspot.portal.uplink import poll
from hotspot.portal.uplink.certificate import Certificates
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.orders import Orders
from hotspot.portal.uplink.policy import Policies, Source
from hotspot.portal.uplink.sender import Sender
from hotspot.portal.uplink.wishes import Wishes


async def run(
    office: Office,
    staff: Staff,
    source: Callable[[], Source | None],
    take: Callable[[Settings, Files], None],
    renewed: Callable[[], None] = lambda: None,
) -> None:
    """Until cancelled; at once over when the settings name no hub. ``source`` and ``take`` as in ``Policies``; without a source no policy
    is fetched. ``renewed``: there is another certificate."""
    hub = office.settings.hub
    if hub is None:
        return
    async with Link(hub, office.settings.state_dir) as link, asyncio.TaskGroup() as tasks:
        orders = Orders(office, staff, link)
        tasks.create_task(poll.run(office, link, orders))
        tasks.create_task(orders.run())
        tasks.create_task(Sender(office, link).run())
        tasks.create_task(Wishes(office).run())
        if hub.certificate:
            tasks.create_task(Certificates(office, link, renewed).run())
        if source() is not None:
            tasks.create_task(Policies(office, link, source, take).run())
