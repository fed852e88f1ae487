"""What gateways say of themselves, in the reader's words (pure)."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from hotspot.hub.console.texts import N_

Kind = Literal["good", "warn", "bad", "quiet"]

STATES: Final[Mapping[str, tuple[Kind, str]]] = {
    "ok": ("good", N_("All well")),
    "degraded": ("bad", N_("Fault")),
    "silent": ("bad", N_("No contact")),
    "new": ("quiet", N_("Not heard yet")),
    "revoked": ("quiet", N_("Shut out")),
}
"""State of a gateway, as the API names it."""
HALL_STATES: Final[Mapping[str, tuple[Kind, str]]] = {
    "well": ("good", N_("All well")),
    "faulty": ("bad", N_("Fault")),
    "silent": ("bad", N_("No contact")),
    "new": ("quiet", N_("Not set up yet")),
}
"""The same of a hall."""
SEVERITIES: Final[Mapping[str, tuple[Kind, str]]] = {
    "urgent": ("bad", N_("Urgent")),
    "warning": ("warn", N_("Warning")),
    "notice": ("quiet", N_("Notice")),
}
"""How grave an alarm is."""
FAMILIES: Final[Mapping[str, str]] = {
    "android": N_("Android"),
    "apple": N_("Apple"),
    "windows": N_("Windows"),
    "linux": N_("Linux"),
    "chromeos": N_("ChromeOS"),
    "firefox": N_("Firefox"),
    "browser": N_("Another browser"),
    "other": N_("Others"),
}
"""Device families."""

_SAID: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"firewall does not answer", N_("The firewall of the box does not answer: nobody new gets onto the Internet.")),
        (r"journal cannot be written \((?P<why>.*)\)", N_("The box cannot write to its disk (%(why)s): nobody new gets in.")),
        (r"(?P<what>.{1,60}) is not in force: (?P<why>.*)", N_("Not in force yet: %(what)s (%(why)s).")),
        (r"zone (?P<zone>\S+) is not served \((?P<why>.*)\)", N_("The zone %(zone)s is not served: %(why)s.")),
        (r"Internet not reachable|the line to the Internet is down", N_("The Internet cannot be reached from the hall.")),
        (r"(?P<why>.*) \(the last good settings are in force\)", N_("The settings of the box are wrong; those before go on: %(why)s.")),
        (r"hub away: nobody new is let in", N_("The hall does not reach the city's server, and lets nobody new in while that lasts.")),
        (
            r"the portal has no certificate from the hub: pages are served without TLS",
            N_("The pages for visitors are not encrypted: the box has no certificate from the city's server yet."),
        ),
        (
            r"the portal's certificate has ended: pages are served without TLS",
            N_("The pages for visitors are not encrypted: the certificate has ended."),
        ),
        (
            r"the portal's certificate is not for (?P<names>.*): pages are served without TLS",
            N_("The pages for visitors are not encrypted: the certificate does not cover %(names)s."),
        ),
        (r"(?P<why>.*): pages are served without TLS", N_("The pages for visitors are not encrypted: %(why)s.")),
        (r"(?P<why>.*) \(the settings from before are in force\)", N_("The newest settings do not fit here; those before go on: %(why)s.")),
        (
            r"legal pages are not complete: (?P<what>.*) missing in the settings",
            N_("Imprint or privacy page are not complete: %(what)s is missing."),
        ),
        (
            r"policy \d+ of the hub is about zones that are not here: (?P<zones>.*)",
            N_("The settings speak of zones that the box does not have: %(zones)s."),
        ),
        (r"hub away: (?P<why>.*)", N_("The hall did not reach the city's server: %(why)s.")),
        (
            r"(?P<count>\d+) reports were refused by the hub and are set aside: see the log",
            N_("The city's server did not take %(count)s reports; they are kept in the box."),
        ),
        (
            r"(?P<count>\d+) reports were given up: .*",
            N_("%(count)s reports were given up because the disk space for them was used up."),
        ),
        (
            r"what the visit wrote cannot be used: see the log",
            N_("What the test visit found cannot be read: the log of the box says why."),
        ),
        (
            r"what the doctor wrote cannot be used: see the log",
            N_("What the box found when it looked at itself cannot be read: its log says why."),
        ),
        (
            r"what the guard wrote cannot be used: see the log",
            N_("What the box heard in the Wi-Fi cannot be read: its log says why."),
        ),
        (r"the visit has not looked for (?P<count>\d+) min", N_("There was no test visit for %(count)s minutes.")),
        (r"the doctor has not looked for (?P<count>\d+) min", N_("The box has not looked at itself for %(count)s minutes.")),
        (r"the guard has not looked for (?P<count>\d+) min", N_("The box has not listened in the Wi-Fi for %(count)s minutes.")),
        (
            r"what the (?:visit|doctor|guard) wrote could name a device: (?P<count>\d+) values were left out",
            N_("What a program on the box found could have named a device: %(count)s values stayed in the hall."),
        ),
    )
)


COVERED: Final = (
    "firewall does not answer",
    "Internet not reachable",
    "the line to the Internet is down",
    "(the settings from before are in force)",
)
"""How faults begin or end that the points of a gateway tell as well (``gateway_checks``)."""


def said(text: str) -> tuple[str, Mapping[str, str]] | None:
    """A fault or a warning of a gateway as a text to be translated, with its values; None: it is not known, and shown as it is."""
    for pattern, words in _SAID:
        found = pattern.fullmatch(text)
        if found is not None:
            return words, found.groupdict()
    return None
