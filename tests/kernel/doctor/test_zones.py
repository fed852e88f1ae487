"""A gateway with two zones: each has name servers, advertisements, rules and classes of its own."""

import asyncio

import pytest

from hotspot.lab import Hall
from hotspot.lab.zones import Extra
from tests.kernel.daemons import eventually
from tests.kernel.doctor.conftest import examined, grave, place_of
from tests.kernel.visits import status

pytestmark = pytest.mark.kernel


def test_two_zones(spoilt_hall: Hall) -> None:
    """What is the second zone's own fault is said of it alone: the certificate that both have does not name it, and its
    DHCP tells of no address; else nothing is amiss. The last test here: the zone stays."""
    asyncio.run(spoilt_hall.add_zone(Extra("council", 1)))
    eventually(lambda: status(spoilt_hall).firewall, 15)
    assert grave(examined(spoilt_hall)) == set()
    config = place_of(spoilt_hall).portal
    config.write_text(config.read_text().replace("http://council.hall.example/", "https://council.hall.example/"))
    look = examined(spoilt_hall)
    assert {(finding.kind, finding.zone) for finding in look.findings if finding.kind in grave(look)} == {
        ("certificate-name-wrong", "council"),
        ("option114-missing", "council"),
    }
