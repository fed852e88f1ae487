"""A hall is restarted while a visitor is online: how long until they are online again, without a tap."""

import time

from tests.deploy.machines.fleet.fleet import PARTNERS, Fleet, hall_of, online
from tests.kernel.attacks.programs import say

HALL, OTHER = PARTNERS
MOST = 60.0
"""Seconds, on a machine that has other things to do."""
_WAIT = "while ! curl -4 -s --max-time 2 http://www.town.example/ | grep -q 'Town of Example'; do :; done; echo online"


def test_a_visitor_is_online_again_without_a_tap(fleet: Fleet) -> None:
    """From the command to the page; the phone asks all the time, and it takes what its owner would see. The other hall notices nothing, and
    the hub sees both."""
    phone = fleet.phones[HALL]
    assert phone.online()
    began = time.monotonic()
    fleet.halls[HALL].run("systemctl", "reboot", check=False)
    fleet.halls[HALL].down()
    down = time.monotonic() - began
    fleet.halls[HALL].start(settled=False)
    with phone.begin("sh", "-c", _WAIT) as asking:
        asking.wait(1)
    seconds = time.monotonic() - began
    say(f"reboot: down after {down:.1f} s, the visitor online again {seconds - down:.1f} s later, {seconds:.1f} s in all")
    assert seconds < MOST
    assert fleet.phones[OTHER].online()
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, wanted) == wanted
    assert fleet.halls[HALL].run("systemctl", "--failed", "--no-legend") == ""
