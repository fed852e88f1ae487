"""What the portal says about a device, asked as staff would ask, and what the gateway's queues say."""

import asyncio
import json

from hotspot import control
from hotspot.ask import PortalUnavailable, ask
from hotspot.lab.counting import Bytes
from hotspot.lab.namespaces import LabFailed, command
from hotspot.lab.record import Folder


async def usage_of(folder: Folder, code: str) -> Bytes:
    """Usage of the device's session in progress; raises ``LabFailed`` when there is none."""
    try:
        reply = await asyncio.to_thread(ask, folder.control_socket, control.Sessions())
    except PortalUnavailable as error:
        raise LabFailed(str(error)) from None
    if not isinstance(reply, control.SessionsAre):
        raise LabFailed(f"cannot read usage: the portal answers {reply}")
    for row in reply.sessions:
        if row.code == code:
            return Bytes(down=row.bytes_down, up=row.bytes_up)
    raise LabFailed(f"cannot read usage: the portal knows no session of device {code!r} among {len(reply.sessions)}")


async def dropped(namespace: str, interface: str) -> int:
    """Packets that the queues of ``interface`` had no room for, so far: how a plan's speed is enforced, and what TCP sends again."""
    shown = await command("ip", "netns", "exec", namespace, "tc", "-s", "-j", "qdisc", "show", "dev", interface, "root")
    return sum(int(qdisc.get("drops", 0)) for qdisc in json.loads(shown))
