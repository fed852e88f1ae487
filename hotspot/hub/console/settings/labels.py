"""What the values of the visitors' pages are called, and what their readers expect: of the branding, the legal pages and the services
directory."""

import re
from collections.abc import Mapping
from typing import Final

from hotspot.hub.console.texts import N_

GROUPS: Final[Mapping[str, str]] = {
    "legal.operator": N_("Who offers the Wi-Fi"),
    "legal.responsible": N_("Who answers for the content"),
    "legal.authority": N_("Who supervises the operator"),
    "legal.processor": N_("Who runs the technology"),
    "legal.imprint": N_("Imprint"),
    "legal.privacy": N_("Privacy notice"),
    "legal.accessibility": N_("Accessibility statement"),
    "services.account": N_("Account for fees"),
}
"""What belongs together, as in ``words``."""
PARTY: Final[Mapping[str, str]] = {
    "name": N_("Name"),
    "address": N_("Address, line by line"),
    "phone": N_("Telephone"),
    "email": N_("E-mail"),
    "link": N_("Web page"),
}
"""Of somebody who is named."""
LABELS: Final[Mapping[str, str]] = {
    "theme.colours.accent": N_("Colour"),
    "theme.colours.dark": N_("Colour on dark pages"),
    "theme.logo": N_("Coat of arms"),
    "theme.logo.file": N_("Coat of arms"),
    "theme.logo.alt": N_("What the coat of arms shows"),
    "theme.photo": N_("Photo"),
    "theme.photo.file": N_("Photo"),
    "theme.photo.alt": N_("What the photo shows"),
    "theme.welcome": N_("Greeting or notice on the start page"),
    "theme.sign_language": N_("Video in sign language"),
    "theme.sign_language.file": N_("Video in sign language"),
    **{f"legal.*.{name}": label for name, label in PARTY.items()},
    "legal.operator.represented_by": N_("Represented by"),
    "legal.operator.register": N_("Register and number"),
    "legal.operator.vat_id": N_("VAT number"),
    "legal.*.text": N_("Text of your own"),
    "legal.*.file": N_("Text of your own, as a file"),
    "legal.*.instead": N_("In the place of the text that is made"),
    "legal.privacy.officer": N_("Data protection officer"),
    "legal.privacy.authority": N_("Supervisory authority for data protection"),
    "legal.privacy.basis": N_("Legal basis"),
    "legal.accessibility.status": N_("Result of the assessment"),
    "legal.accessibility.assessed": N_("Assessed on"),
    "legal.accessibility.method": N_("Assessed by"),
    "legal.accessibility.barriers": N_("What does not work"),
    "legal.accessibility.contact": N_("Contact for barriers"),
    "legal.accessibility.enforcement": N_("Arbitration board"),
    "services.account.iban": N_("IBAN"),
    "services.account.receiver": N_("Receiver"),
    "services.account.bic": N_("BIC"),
    "services.services.*": N_("%(inner)s"),
    "services.services.*.name": N_("%(inner)s: name"),
    "services.services.*.purpose": N_("%(inner)s: what it is for"),
    "services.services.*.authority": N_("%(inner)s: who does it"),
    "services.services.*.authority_name": N_("%(inner)s: office"),
    "services.services.*.room": N_("%(inner)s: where"),
    "services.services.*.hours": N_("%(inner)s: opening hours"),
    "services.services.*.closed": N_("%(inner)s: closed on"),
    "services.services.*.hours_note": N_("%(inner)s: note on the hours"),
    "services.services.*.phone": N_("%(inner)s: telephone"),
    "services.services.*.email": N_("%(inner)s: e-mail"),
    "services.services.*.link": N_("%(inner)s: web page"),
    "services.services.*.keywords": N_("%(inner)s: further words"),
    "services.services.*.reachable": N_("%(inner)s: web sites before going online"),
    "services.services.*.fee": N_("%(inner)s: fee"),
    "services.services.*.fee.amount": N_("%(inner)s: fee in euro"),
    "services.services.*.fee.reference": N_("%(inner)s: reference of the transfer"),
    "services.services.*.fee.note": N_("%(inner)s: note on the fee"),
    "services.services.*.fee.receiver": N_("%(inner)s: receiver of the fee"),
    "services.services.*.fee.iban": N_("%(inner)s: IBAN"),
    "services.services.*.fee.bic": N_("%(inner)s: BIC"),
}
"""What a value is, as in ``words``; ``inner`` is the third step of a key."""
PARTS: Final[Mapping[str, str]] = {
    **PARTY,
    "address": N_("Postal address"),
    "file": N_("File"),
    "represented_by": N_("Represented by"),
    "text": N_("Text"),
}
"""Further steps of keys: of somebody who is named, of a text."""
STATUS: Final[Mapping[str, str]] = {
    "full": N_("meets the standard"),
    "partial": N_("meets it for the most part"),
    "none": N_("does not meet it"),
}
METHOD: Final[Mapping[str, str]] = {"self": N_("by ourselves"), "external": N_("by somebody else")}
AUTHORITIES: Final[Mapping[str, str]] = {"town": N_("the town"), "district": N_("the district")}
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "legal.accessibility.status": STATUS,
    "legal.accessibility.method": METHOD,
    "services.services.*.authority": AUTHORITIES,
}
"""Values that are one of a few, as in ``words``."""
EXPECTED: Final = (
    N_("expected a name"),
    N_('expected a colour such as "#0b5394"'),
    N_('expected an IBAN such as "DE89 3704 0044 0532 0130 00"'),
    N_("expected an IBAN whose check digits are right: a letter or digit is mistyped"),
    N_('expected a BIC of 8 or 11 letters and digits such as "COBADEFFXXX"'),
    N_('expected an amount in euro from 0.01 to 999999999.99 such as "28.80"'),
    N_('expected "town" or "district"'),
    N_('expected a telephone number such as "+49 1234 567-0"'),
    N_('expected an e-mail address such as "buergerbuero@musterstadt.example"'),
    N_('expected an id of a-z, 0-9 and - such as "kfz-zulassung"'),
    N_("expected a text without control characters"),
    N_('expected the network identifier of the programme, a UUID such as "12345678-9abc-4def-8123-456789abcdef"'),
    N_("expected iban beside it; else the account of the file is meant"),
    N_('expected "full", "partial" or "none", because method names an assessment'),
    N_('expected the whole name of a host such as "ratsinfo.musterstadt.example": no address, no pattern, no path'),
)
"""What readers say, word for word."""
PATTERNS: Final[Mapping[re.Pattern[str], str]] = {
    re.compile(r"expected (\d+) to (\d+) characters, not (\d+)"): N_("expected %(one)s to %(two)s characters, not %(three)s"),
    re.compile(r"expected (\d+) letters and digits in an IBAN of ([A-Z]+), not (\d+)"): N_(
        "expected %(one)s letters and digits in an IBAN of %(two)s, not %(three)s"
    ),
    re.compile(r"expected an IBAN of a country that takes part in SEPA, not of ([A-Z]+)"): N_(
        "expected an IBAN of a country that takes part in SEPA, not of %(one)s"
    ),
    re.compile(r"expected a text: status '\w+' has to say what does not work"): N_(
        "with this result the page has to say what does not work"
    ),
    re.compile(r"expected legal\.\w+\.text or legal\.\w+\.file, which take the place of the page"): N_(
        "expected a text of your own, which takes the place of the page"
    ),
    re.compile(r"expected another id than in line (\d+); give both rows an id of their own"): N_(
        "expected another id than in line %(one)s: give both rows an id of their own"
    ),
    re.compile(r"expected at most (\d+) entries.*"): N_("expected at most %(one)s services"),
    re.compile(r"expected no name with (\S+) in it: .*"): N_("expected no name with %(one)s in it: phones ask it whether they are online"),
    re.compile(r"expected (\d+) bytes less: .*"): N_("expected a shorter text: receiver and reference are more than a payment code holds"),
}
"""The same with figures in it."""
