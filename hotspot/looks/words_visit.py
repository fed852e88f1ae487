"""Words for what a visit finds, and for its steps (pure)."""

from typing import Final

from hotspot.looks.words import Catalogue, StepWords, plain
from hotspot.looks.words_visit_join import JOINING
from hotspot.looks.words_visit_online import ONLINE
from hotspot.looks.words_visit_portal import PORTAL

VISIT: Final[Catalogue] = {**JOINING, **PORTAL, **ONLINE}
"""Every kind that a visit can find."""

PHONES: Final = {
    "ios": "iPhone",
    "android": "Android",
    "windows": "Windows",
    "chromium": "Chrome",
    "firefox": "Firefox",
    "linux": "Linux",
    "kde": "KDE",
    "kindle": "Kindle",
    "steam": "Steam",
    "nintendo": "Nintendo",
    "roku": "Roku",
    "huawei": "Huawei",
    "xiaomi": "Xiaomi",
    "graphene": "GrapheneOS",
}
"""Makes of phone whose probe can be asked."""

STEPS: Final[dict[str, StepWords]] = {
    "interface": StepWords("Anschluss am Gast-WLAN", "Onto the guest network"),
    "dhcp": StepWords("Adresse bekommen (DHCP)", "Get an address (DHCP)"),
    "router": StepWords("Router genannt (Option 3)", "Router named (option 3)"),
    "dns-option": StepWords("Nameserver genannt", "Name server named"),
    "portal-option": StepWords("Portal genannt (Option 114 und 37)", "Portal named (options 114 and 37)"),
    "gateway": StepWords("Gateway antwortet (ARP, ND)", "Gateway answers (ARP, ND)"),
    "advertisement": StepWords("IPv6-Router wirbt", "IPv6 router advertises"),
    "address6": StepWords("IPv6-Adresse (SLAAC)", "IPv6 address (SLAAC)"),
    "dns": StepWords("Namen wahr beantwortet", "Names answered truly"),
    "closed": StepWords("Vor der Zustimmung zu", "Shut before acceptance"),
    "portal": StepWords("Portal antwortet", "Portal answers"),
    "certificate": StepWords("Zertifikat gilt", "Certificate holds"),
    **{
        f"probe-{name}": StepWords(f"Probe von {title} führt zum Portal", f"Probe of {title} leads to the portal")
        for name, title in PHONES.items()
    },
    "api": StepWords("Auskunft für Handys (RFC 8908)", "API for phones (RFC 8908)"),
    "page": StepWords("Startseite mit Knopf", "Splash page with its button"),
    "accept": StepWords("Bedingungen angenommen", "Terms accepted"),
    "online": StepWords("Online", "Online"),
    "own-answer": StepWords("Probe hört ihren eigenen Server", "Probe hears its own server"),
    "api-online": StepWords("Auskunft sagt „online“", 'API says "online"'),
    "download": StepWords("Geschwindigkeit herunter", "Download rate"),
    "upload": StepWords("Geschwindigkeit hinauf", "Upload rate"),
    "neighbour": StepWords("Nachbar nicht erreichbar", "Neighbour out of reach"),
    "town": StepWords("Netz der Stadt nicht erreichbar", "Town's network out of reach"),
    "countdown": StepWords("Restzeit läuft ab", "Time left counts down"),
    "leave": StepWords("Abgemeldet", "Left"),
    "closed-again": StepWords("Danach wieder zu", "Shut again after it"),
    "status": StepWords("Was das Portal selbst meldet", "What the portal itself says"),
}
"""Every step of a visit, in its order."""

AS_ASKED: Final = "as-asked"
CLOSED_NOW: Final = "closed-now"
NO_TIME: Final = "no-time-left"
REASONS: Final[dict[str, StepWords]] = {
    AS_ASKED: StepWords("so verlangt", "as asked"),
    CLOSED_NOW: StepWords("das Rathaus hat gerade geschlossen", "the hall is closed now"),
    NO_TIME: StepWords("die Zeit des Besuchs war um", "the visit's time was over"),
    "no-address": StepWords("der Name hat hier keine Adresse", "the name has no address here"),
    "no-certificate": StepWords("das Portal hat kein Zertifikat", "the portal has no certificate"),
    "no-portal-named": StepWords("niemand hat ein Portal genannt", "nobody named a portal"),
    "no-target": StepWords("kein Ziel für die Messung genannt", "no target was named to measure with"),
    "no-plan-known": StepWords("der Tarif ist nicht bekannt", "the plan is not known"),
    "no-time-told": StepWords("keine Restzeit genannt", "no time left was told"),
    "line-busy": StepWords("andere Gäste haben die Leitung gerade gefüllt", "other guests filled the line just then"),
    "none-named": StepWords("niemand genannt, bei dem es zu versuchen wäre", "none was named to try"),
    "not-on-the-gateway": StepWords("nur auf dem Gateway selbst", "only on the gateway itself"),
    "closes-now": StepWords("die Öffnungszeit ging gerade zu Ende", "the opening hours just ended"),
}
"""Why a step was not tried, beside a step before it that did not pass (``needs-…``)."""


def why(reason: str) -> StepWords:
    """Why a step was not tried, or did not pass; what this version does not know is its own name."""
    if reason in REASONS:
        return REASONS[reason]
    if reason in VISIT:
        return StepWords(plain(VISIT[reason].german), plain(VISIT[reason].english))
    step = STEPS.get(reason.removeprefix("needs-"))
    if step is not None and reason.startswith("needs-"):
        return StepWords(f"braucht „{step.german}“", f'needs "{step.english}"')
    return StepWords(reason, reason)
