"""How it stands with the hub, and whether it keeps new visitors out."""

from itertools import product

import pytest

from hotspot.portal.settings_hub import AWAY
from hotspot.portal.uplink.state import Uplink
from hotspot.session.admission import Away, hub_away
from hotspot.session.sessions import Now

START = Now(unix=1_800_000_000.0, boottime=100.0, boot_id="boot-1")


def later(seconds: float) -> Now:
    """The clocks after a while."""
    return Now(unix=START.unix + seconds, boottime=START.boottime + seconds, boot_id=START.boot_id)


def test_what_keeps_new_visitors_out() -> None:
    """The whole table: how, was it ever reached, is there a policy, is it away."""
    shut = {case for case in product(AWAY, (False, True), (False, True), (False, True)) if hub_away(*case)}
    closed = {("closed", False, policy, away) for policy in (False, True) for away in (False, True)}
    closed |= {("closed", True, policy, True) for policy in (False, True)}
    assert shut == closed | {("last-policy", False, False, False), ("last-policy", False, False, True), ("last-policy", True, False, True)}


@pytest.mark.parametrize("how", ["closed", "last-policy"])
def test_a_hub_that_was_never_reached(how: Away) -> None:
    """Nobody new comes in until it answers for the first time."""
    uplink = Uplink(START)
    assert uplink.closes(how, 900, False, START)
    assert uplink.heard(later(1))
    assert not uplink.closes(how, 900, False, later(1))


def test_patience() -> None:
    """A hub that goes is away after a while without an answer, counted from the last one; a try that is under way is no absence."""
    uplink = Uplink(START)
    uplink.heard(later(10))
    assert not uplink.closes("closed", 900, True, later(5_000))  # the last try worked; the next one is on its way
    assert uplink.missed("no answer in time", later(5_000))
    assert uplink.closes("closed", 900, True, later(5_000))
    assert not uplink.missed("no answer in time", later(5_001))
    assert uplink.heard(later(5_002))
    uplink.missed("no answer in time", later(5_010))
    assert not uplink.closes("closed", 900, True, later(5_901))
    assert uplink.closes("closed", 900, True, later(5_902))
    assert (uplink.away_since, uplink.trouble) == (START.unix + 5_010, "no answer in time")


def test_a_restart_has_patience_too() -> None:
    """A hub that has answered before is given time to do so again: the line may need a while after a power cut."""
    uplink = Uplink(START)
    uplink.reached_before = True
    uplink.missed("cannot reach the hub", later(1))
    assert not uplink.closes("closed", 900, False, later(899))
    assert uplink.closes("closed", 900, False, later(900))


def test_each_policy_is_named_once() -> None:
    """0 is no news, the same serial is none, a smaller one is: a hub may have been restored from a backup."""
    uplink = Uplink(START)
    assert [uplink.name_policy(serial) for serial in (0, 7, 7, 0, 8, 5)] == [False, True, False, False, True, True]
    assert (uplink.wanted, uplink.named.is_set()) == (5, True)


def test_a_refused_policy_is_tried_again_only_then() -> None:
    """Without a refusal nothing is fetched again."""
    uplink = Uplink(START)
    uplink.fetched = 4
    uplink.try_again()
    assert (uplink.fetched, uplink.named.is_set()) == (4, False)
    uplink.refused = 4
    uplink.try_again()
    assert (uplink.fetched, uplink.named.is_set()) == (0, True)
