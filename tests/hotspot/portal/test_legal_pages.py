"""The legal pages: what they say comes from the settings in force."""

import html
import re
from datetime import date

import pytest
from msgspec.structs import replace

from hotspot.portal import legal_pages
from hotspot.portal.legal import Accessibility, Imprint, Legal, OwnText, Party, Privacy
from hotspot.portal.pages import Pages, Reader
from hotspot.portal.records import RECORDS
from hotspot.portal.settings import HallTexts, Hub, Settings, Terms
from hotspot.portal.texts import PROBLEMS
from hotspot.town.feedback import Rules
from hotspot.town.wifi4eu import HOST, Wifi4eu
from tests.hotspot.portal.desk_in_memory import FREE, make_settings

PAGES = Pages()
ENGLISH, GERMAN = Reader("en", True), Reader("de", False)
TOWN = Party("Stadt Musterstadt", ("Marktplatz 1",), "+49 1234 567-0", "rathaus@musterstadt.example", "https://musterstadt.example/")
OFFICE = Party("Landesbeauftragte <für> Datenschutz")
LEGAL = Legal(
    Imprint(TOWN, "Petra Muster", "HRB 1", "DE1", Party("Redaktion"), Party("Kommunalaufsicht")),
    Privacy(Party("Datenschutzbeauftragter"), OFFICE, Party("Amt für IT")),
    Accessibility("partial", date(2026, 11, 16), "self", {"de": "Keine Untertitel.\n\nKein Ton."}, enforcement=Party("Schlichtungsstelle")),
)
ALL = replace(
    make_settings(plans=(replace(FREE, daily_seconds=14_400), replace(FREE, name="code", voucher=True))),
    legal=LEGAL,
    feedback=Rules(),
    hub=Hub(url="https://hub.city.example", authority=""),
)
ZONE = ALL.zones["public"]
ALL = replace(
    ALL,
    zones={"public": replace(ZONE, plans=("free",), voucher_plans=("code",))},
    hall=replace(ALL.hall, wifi4eu=Wifi4eu("12345678-9abc-4def-8123-456789abcdef")),
)


def words(page: str) -> str:
    """The main part as a person reads it."""
    main = page.partition("<main>")[2].partition("</main>")[0]
    text = html.unescape(re.sub(r"<[^>]+>", " ", main)).replace("\u00a0", " ")
    return " ".join(text.split())


def privacy(settings: Settings) -> str:
    """The privacy notice in English."""
    return words(legal_pages.privacy(PAGES, ENGLISH, settings))


def test_every_record_is_told() -> None:
    """With everything switched on there is a row for each."""
    page = legal_pages.privacy(PAGES, ENGLISH, ALL)
    assert re.findall(r"<h3>(.*?)</h3>", page) == [record.heading for record in RECORDS]
    assert [record.what for record in RECORDS if record.what not in words(page)] == []
    assert "%(" not in page


@pytest.mark.parametrize(
    ("before", "after"),
    [(3_600.0, "1 hour"), (43_200.0, "12 hours"), (86_400.0, "24 hours"), (259_200.0, "3 days")],
)
def test_retention_is_the_one_in_force(before: float, after: str) -> None:
    """Another retention time is another page."""
    page = privacy(replace(ALL, retention=before))
    assert f"It is erased {after} after the end of your connection. If you only open our pages, it is erased after 12 hours." in page
    assert page.count(f"From {after} after the end of your connection on, nothing says which device it was.") == 2
    assert f"It is erased at the latest {after} after the code has become invalid." in page


def test_what_is_off_is_not_told() -> None:
    """Messages, vouchers, the daily allowance and WiFi4EU are on the page exactly when they are in the settings."""
    off = replace(make_settings(), legal=LEGAL)
    switches = {
        "Your messages to the town": replace(off, feedback=Rules()),
        "Voucher codes": replace(off, zones={"public": replace(off.zones["public"], voucher_plans=("free",))}),
        "Your share of the day": replace(off, plans={"free": replace(FREE, daily_volume=10**9)}),
        HOST: replace(off, hall=replace(off.hall, wifi4eu=ALL.hall.wifi4eu)),
    }
    told = {name: {other for other in switches if other in privacy(settings)} for name, settings in switches.items()}
    assert told == {name: {name} for name in switches}
    assert {other for other in switches if other in privacy(off)} == set()


def test_messages_are_kept_as_the_settings_say() -> None:
    """Both times, in words."""
    page = privacy(replace(ALL, feedback=Rules(keep=90 * 86_400.0, keep_done=86_400.0)))
    assert "It is erased 24 hours after we have dealt with it, and 90 days after you sent it at the latest." in page


def test_times_are_written_as_the_language_writes_them() -> None:
    """Arabic and Persian have their own numbers or plurals; none of them says 24 hours in English."""
    pages = {code: words(legal_pages.privacy(PAGES, Reader(code, True), ALL)) for code in PAGES.languages if code != "en"}
    assert [code for code, page in pages.items() if "24 hours" in page] == []


def test_who_gets_data() -> None:
    """The processor is named when there is one."""
    sentence = "This body runs the technology for us."
    assert sentence in privacy(ALL)
    assert "Amt für IT" in privacy(ALL)
    assert sentence not in privacy(replace(ALL, legal=replace(LEGAL, privacy=replace(LEGAL.privacy, processor=None))))


def test_legal_basis() -> None:
    """Article 6(1)(e), unless the town says another one."""
    other = replace(LEGAL, privacy=replace(LEGAL.privacy, basis={"de": "§ 3 Landesgesetz"}))
    assert "Article 6(1)(e)" in privacy(ALL)
    assert "Article 6(1)(e)" not in privacy(replace(ALL, legal=other))
    assert '<span lang="de" dir="ltr">§ 3 Landesgesetz</span>' in legal_pages.privacy(PAGES, ENGLISH, replace(ALL, legal=other))


def test_imprint() -> None:
    """Section 5 DDG, all of it."""
    page = words(legal_pages.imprint(PAGES, ENGLISH, ALL))
    assert page == (
        "Imprint Information under section 5 of the German Digital Services Act (DDG) Who offers this Wi-Fi Stadt Musterstadt Marktplatz 1 "
        "+49 1234 567-0 rathaus@musterstadt.example https://musterstadt.example/ Represented by: Petra Muster Register: HRB 1 "
        "VAT identification number: DE1 Contact point under the Digital Services Act (DSA) Authorities and users can write to "
        "rathaus@musterstadt.example, in German or in English. Supervisory authority Kommunalaufsicht "
        "Responsible for the content (section 18(2) MStV) Redaktion Who runs the technology Amt für IT Back"
    )


def test_nothing_filled_in() -> None:
    """The pages say what is known of the hall, and that the town has more to say."""
    settings = replace(make_settings(), hall=HallTexts(name="Rathaus", town="Stadt Neustadt", phone="+49 1", address=("Markt 1",)))
    note = "The town has not filled in this page yet. Please ask the staff of the hall."
    pages = [words(each(PAGES, ENGLISH, settings)) for each in (legal_pages.imprint, legal_pages.privacy)]
    assert [(note in page, "Stadt Neustadt Markt 1 +49 1" in page) for page in pages] == [(True, True)] * 2
    statement = words(legal_pages.accessibility(PAGES, ENGLISH, settings))
    assert ("Nobody has assessed these pages yet." in statement, "Stadt Neustadt Markt 1 +49 1" in statement) == (True, True)


def test_accessibility_statement() -> None:
    """Status, date, barriers in their own language, contact, enforcement body."""
    page = legal_pages.accessibility(PAGES, ENGLISH, ALL)
    said = words(page)
    assert "The pages meet these rules in part. The town has assessed the pages itself. Date of the assessment: 16 November 2026." in said
    assert '<div lang="de" dir="ltr">\n<p>Keine Untertitel.</p>\n<p>Kein Ton.</p>\n</div>' in page
    assert "look for a way: Stadt Musterstadt" in said
    assert "It costs you nothing: Schlichtungsstelle" in said


@pytest.mark.parametrize("status", ["", "full", "partial", "none"])
def test_every_status_has_words(status: str) -> None:
    """Each in its own."""
    statement = replace(LEGAL.accessibility, status=status, method="")
    page = words(legal_pages.accessibility(PAGES, ENGLISH, replace(ALL, legal=replace(LEGAL, accessibility=statement))))
    assert [key for key, text in legal_pages.STATUS_TEXTS.items() if text in page] == [status]


@pytest.mark.parametrize("page", ["imprint", "privacy", "accessibility"])
def test_the_towns_own_text(page: str) -> None:
    """It stands above what is generated, or instead of it; in the language that it has."""
    make = getattr(legal_pages, page)

    def with_own(own: OwnText) -> Settings:
        return replace(ALL, legal=replace(LEGAL, **{page: replace(getattr(LEGAL, page), own=own)}))

    own = OwnText({"de": "Vom Amt <b>.\n\nZweitens."})
    above_or_instead = (with_own(own), with_own(replace(own, instead=True)))
    plain, above, instead = (words(make(PAGES, ENGLISH, settings)) for settings in (ALL, *above_or_instead))
    heading, _, rest = plain.partition(" ")
    assert above == f"{heading} Vom Amt <b>. Zweitens. {rest}"
    assert instead == f"{heading} Vom Amt <b>. Zweitens. Back"
    assert '<div lang="de" dir="ltr">\n<p>Vom Amt &lt;b&gt;.</p>' in make(PAGES, ENGLISH, with_own(own))


@pytest.mark.parametrize("language", PAGES.languages)
def test_every_language(language: str) -> None:
    """Each page has one heading, no unfilled place, and what the town wrote stays text."""
    for make in (legal_pages.imprint, legal_pages.privacy, legal_pages.accessibility):
        page = make(PAGES, Reader(language, True), ALL)
        assert (page.count("<h1>"), "%(" in page, "<für>" in page) == (1, False, False)


def test_terms_with_version_and_date() -> None:
    """The date is said when there is one."""
    terms = Terms("2026-11", {"en": "Be kind."})
    plain, dated = (words(PAGES.terms(ENGLISH, ALL.hall, each)) for each in (terms, replace(terms, dated=date(2026, 11, 1))))
    assert plain == "Terms of use Be kind. Version 2026-11 Back"
    assert dated == "Terms of use Be kind. Version 2026-11 of 1 November 2026 Back"


def test_the_footer_leads_there_from_every_page() -> None:
    """One tap, in the visitor's language."""
    page = PAGES.problem(ENGLISH, ALL.hall, PROBLEMS["form"])
    links = re.findall(r'<a href="(/[a-z]+)\?lang=en">', page.partition("<footer>")[2])
    assert {"/accessibility", "/privacy", "/terms", "/imprint"} <= set(links)
