"""What posters and vouchers say, from settings and catalogues."""

import pytest
from msgspec.structs import replace

from hotspot.control_vouchers import VoucherRow
from hotspot.portal.settings import Asset, Theme
from hotspot.printing.poster import Colours, Logo
from hotspot.printing.sheet import Ticket
from hotspot.printing.words import UnknownLanguage, poster_of, ticket_of
from tests.hotspot.portal.desk_in_memory import LONG, make_settings

SETTINGS = make_settings()
ZONE = SETTINGS.zones["public"]
BATCH = VoucherRow(3, "long", 50, 0, 2, 604_800.0, None, 1_801_440_000.0, "Schulung", 1_800_000_000.0, "Meier", 0, True)


def test_poster_of() -> None:
    """Hall, network and address are the settings'; steps are in each language, the network's name isolated from what stands around it."""
    hall = replace(
        SETTINGS.hall,
        town="Stadt Neustadt",
        phone="+49 1234 5670",
        theme=Theme(accent="#7a1f1f", logo=Asset("logo.svg", "image/svg+xml", b"<svg/>")),
    )
    told = poster_of(replace(SETTINGS, hall=hall), ZONE, "Rathaus-WLAN", None, ["en", "ar"])
    english = told.languages[0]
    assert (told.hall, told.town, told.ssid, told.address) == (
        'Rathaus "Neustadt" & Umland',
        "Stadt Neustadt",
        "Rathaus-WLAN",
        "portal.hall.example",
    )
    assert (english.language, english.name, english.title) == ("en", "English", "Free Wi-Fi")
    assert english.steps[0] == "Scan the code or choose the Wi-Fi \u2068Rathaus-WLAN\u2069."
    assert (told.languages[1].direction, told.logo, told.colours.accent) == ("rtl", Logo("image/svg+xml", b"<svg/>"), "#7a1f1f")
    assert told.help == "Questions? We are glad to help: \u2068Empfang im Erdgeschoss, Telefon 01234 567-0, +49 1234 5670\u2069"


def test_ticket_of() -> None:
    """The plan's speed and volume, the code's time, devices and last day, in the hall's own days."""
    expected = Ticket(
        title="Voucher for the Wi-Fi \u2068Rathaus-WLAN\u2069",
        hall='Rathaus "Neustadt" & Umland',
        facts=(
            "All day, 2\u00a0/\u00a00.5\u00a0Mbit/s, 1.5\u00a0GB",
            "Valid for 7\u00a0days from the first use",
            "Devices: 2 · To be used by 31 January 2027",
        ),
        how="Join the Wi-Fi, open \u2068portal.hall.example/voucher\u2069 and enter the code.",
        page="http://portal.hall.example/voucher",
        batch="3 – Schulung",
        language="en",
        colours=Colours(accent="#0b5394", on_accent="#ffffff", soft="#e7eef4"),
    )
    assert ticket_of(SETTINGS, ZONE, BATCH, LONG, "Rathaus-WLAN", "en") == expected


def test_unknown_language() -> None:
    """A language without a catalogue is refused by name."""
    with pytest.raises(UnknownLanguage, match="language 'xx': expected one of de, "):
        poster_of(SETTINGS, ZONE, "Rathaus-WLAN", None, ["de", "xx"])
