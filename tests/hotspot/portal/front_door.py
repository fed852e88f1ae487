"""A hall with everything that the front door can have, for tests of its pages."""

from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from hotspot.lab.services import FILE
from hotspot.portal.settings import Settings
from hotspot.portal.settings_reader import Reader
from hotspot.portal.settings_town import services
from hotspot.session.hours import Hours, parse_spans
from hotspot.town.feedback import Rules
from hotspot.town.wifi4eu import Wifi4eu
from tests.hotspot.portal.desk_in_memory import make_settings

BERLIN = ZoneInfo("Europe/Berlin")
WIFI4EU = Wifi4eu("12345678-9abc-4def-8123-456789abcdef")


def front_door() -> Settings:
    """The lab's directory, messages, opening hours, and how to reach the hall."""
    settings = make_settings()
    hall = replace(
        settings.hall,
        town="Stadt Musterstadt",
        phone="+49 1234 567-0",
        email="rathaus@musterstadt.example",
        address=("Marktplatz 1", "12345 Musterstadt"),
        hours=Hours(BERLIN, parse_spans("Mon-Fri 08:00-12:00")),
        time_zone=BERLIN,
    )
    return replace(settings, hall=hall, services=services(Reader(Path(FILE)), FILE.name), feedback=Rules(next={"de": "Wir melden uns."}))
