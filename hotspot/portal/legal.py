"""What a town says about itself on the legal pages: values only. ``hotspot.portal.settings_legal`` reads them."""

from datetime import date

from msgspec import Struct

STATUSES = ("full", "partial", "none")
"""How far the pages meet the rules of accessibility, as an assessment found."""
METHODS = ("self", "external")
"""Who assessed the pages: the town itself, or an independent body."""


class Party(Struct, frozen=True):
    """Somebody who can be written to: a town, an office, a person."""

    name: str
    address: tuple[str, ...] = ()
    """Lines of the postal address."""
    phone: str = ""
    email: str = ""
    link: str = ""
    """Address of the web."""


class OwnText(Struct, frozen=True):
    """What the town's lawyers have written for a page."""

    text: dict[str, str] = {}
    """By language, plain text; an empty line parts paragraphs."""
    instead: bool = False
    """It takes the place of the generated page; else it stands above it."""

    @property
    def replaces(self) -> bool:
        """Nothing of the page is generated."""
        return self.instead and bool(self.text)


NO_TEXT = OwnText()


class Imprint(Struct, frozen=True):
    """Who offers the Wi-Fi (section 5 DDG)."""

    operator: Party | None = None
    represented_by: str = ""
    register: str = ""
    """Register and number, for those who are in one."""
    vat_id: str = ""
    responsible: Party | None = None
    """For the content of the pages (section 18(2) MStV)."""
    authority: Party | None = None
    """Who supervises the operator."""
    own: OwnText = NO_TEXT


class Privacy(Struct, frozen=True):
    """What the notice of Article 13 GDPR needs beside the settings themselves."""

    officer: Party | None = None
    """Data protection officer."""
    authority: Party | None = None
    """To whom one can complain."""
    processor: Party | None = None
    """Who runs the technology for the operator (Article 28 GDPR): the host city."""
    basis: dict[str, str] = {}
    """Legal basis, by language; empty: Article 6(1)(e) GDPR."""
    own: OwnText = NO_TEXT


class Accessibility(Struct, frozen=True):
    """The accessibility statement (BITV 2.0, Directive (EU) 2016/2102)."""

    status: str = ""
    """One of ``STATUSES``; "": nobody has assessed the pages."""
    assessed: date | None = None
    method: str = ""
    """One of ``METHODS``, or "" when that is not known."""
    barriers: dict[str, str] = {}
    """What does not work, by language; an empty line parts paragraphs."""
    contact: Party | None = None
    """Whom to tell of a barrier; None: the operator."""
    enforcement: Party | None = None
    """Where to go when the answer does not help."""
    own: OwnText = NO_TEXT


class Legal(Struct, frozen=True):
    """All legal pages but the terms."""

    imprint: Imprint = Imprint()
    privacy: Privacy = Privacy()
    accessibility: Accessibility = Accessibility()

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of the settings that the law wants and that are not there."""
        operator = self.imprint.operator
        wanted: list[tuple[str, object]] = []
        if not self.imprint.own.replaces:
            wanted += [
                ("legal.operator", operator),
                ("legal.operator.address", operator is None or operator.address),
                ("legal.operator.email", operator is None or operator.email),
                ("legal.operator.represented_by", operator is None or self.imprint.represented_by),
            ]
        if not self.privacy.own.replaces:
            wanted += [("legal.privacy.officer", self.privacy.officer), ("legal.privacy.authority", self.privacy.authority)]
        if not self.accessibility.own.replaces:
            wanted += [
                ("legal.accessibility.status", self.accessibility.status),
                ("legal.accessibility.enforcement", self.accessibility.enforcement),
            ]
        return tuple(key for key, value in wanted if not value)
