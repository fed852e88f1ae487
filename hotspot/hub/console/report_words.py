"""A monthly report in plain words, German or English: for people who decide and have not seen the service from inside (pure but for the
catalogues)."""

from collections.abc import Mapping
from typing import Final

from hotspot.hub.console.formats import formats_of
from hotspot.hub.console.texts import N_, catalogue
from hotspot.hub.reports.availability import Availability
from hotspot.hub.reports.months import Month, parsed
from hotspot.hub.reports.values import ComparedWith, CountedByName, MonthlyReport, VisitsOfHour

ALIKE: Final = 0.005
"""Figures that differ by less than this share are about the same."""
GERMAN: Final = "de"
FAMILIES: Final[Mapping[str, str]] = {
    "android": N_("Android"),
    "apple": N_("iPhone, iPad, Mac"),
    "windows": N_("Windows"),
    "chromeos": N_("Chromebook"),
    "linux": N_("Linux"),
    "networkmanager": N_("Linux"),
    "kindle": N_("Kindle"),
    "browser": N_("other browsers"),
    "other": N_("other devices"),
    "": N_("other devices"),
}
FEEDBACK: Final[Mapping[str, str]] = {
    "idea": N_("Ideas"),
    "complaint": N_("Complaints"),
    "damage": N_("Damage reported"),
    "praise": N_("Praise"),
    "problem": N_("Problems"),
}
OUTAGES: Final[Mapping[str, str]] = {
    "silent": N_("The hall could not be reached"),
    "wan_down": N_("No Internet in the hall"),
    "firewall_down": N_("The box let nobody online"),
    "journal": N_("The box took nobody new"),
}
OTHER_WARNING: Final = N_("Other warnings")
WARNINGS: Final[Mapping[str, str]] = {
    "fault": N_("The box told of a fault"),
    "accept_errors": N_("Some visitors had to try twice"),
    "pool": N_("Addresses of the guest network ran short"),
    "certificate": N_("A certificate was about to end"),
    "certificate_failed": N_("A certificate could not be had"),
    "disk": N_("The disk of the box was nearly full"),
    "drift": N_("The box put its network right by itself"),
    "clone": N_("A device used another one's identity"),
    "backlog": N_("Figures arrived late"),
    "lost": N_("Some figures were lost"),
    "clock": N_("The clock of the box was wrong"),
    "policy_late": N_("Settings arrived late"),
    "policy_refused": N_("Settings could not be applied"),
}


class ReportWords:
    """Of one language."""

    def __init__(self, language: str) -> None:
        self.formats = formats_of(language)
        self._catalogue = catalogue(language)
        self._gettext = self._catalogue.gettext

    def by_table(self, words: Mapping[str, str], name: str, otherwise: str = "") -> str:
        """What something is called; one that is in no table is its own name."""
        return self._gettext(words[name]) if name in words else self._gettext(otherwise) if otherwise else name

    def language(self, name: str) -> str:
        """``Türkisch``; "": the others."""
        return self.formats.language_name(name) if name else self._gettext("other languages")

    def month(self, month: str) -> str:
        """``Oktober 2026``."""
        return self.formats.month(parsed(month).first)

    def period(self, report: MonthlyReport) -> str:
        """``Oktober 2026``, or ``1. bis 22. November 2026``."""
        if not report.partial:
            return self.month(report.month)
        return self._gettext("1 to %(until)s") % {"until": self.formats.day(report.to)}

    def change(self, now: int, before: int) -> str:
        """``8 % mehr``, ``gleich viele``; "" when there is nothing to compare with."""
        if not before:
            return ""
        share = now / before - 1
        if abs(share) < ALIKE:
            return self._gettext("about the same")
        percent = self.formats.percent(round(abs(share), 2))
        return (self._gettext("%(percent)s more") if share > 0 else self._gettext("%(percent)s less")) % {"percent": percent}

    # Sentences ------------------------------------------------------------------------------------------------------------------------

    def sentences(self, report: MonthlyReport) -> list[str]:
        """The whole report in a few paragraphs."""
        said = [self._visits(report)]
        if report.sums.visits:
            said += [self._use(report), self._busiest(report), self._languages(report)]
        said += [self._available(report.availability), self._feedback(report)]
        return [each for each in said if each]

    def _visits(self, report: MonthlyReport) -> str:
        values = {
            "visits": self.formats.number(report.sums.visits),
            "month": self.month(report.month),
            "until": self.formats.day(report.to),
        }
        if report.partial:
            said = [self._gettext("From the 1st to %(until)s, the Wi-Fi was used %(visits)s times.") % values]
        else:
            said = [self._gettext("In %(month)s, the Wi-Fi was used %(visits)s times.") % values]
        for other in (report.before, report.year_before):
            if other is not None and other.sums.visits:
                said.append(self._compared(report, other))
        return " ".join(said)

    def _compared(self, report: MonthlyReport, other: ComparedWith) -> str:
        change = report.sums.visits / other.sums.visits - 1
        values = {
            "percent": self.formats.percent(round(abs(change), 2)),
            "month": self.month(other.month),
            "visits": self.formats.number(other.sums.visits),
        }
        if abs(change) < ALIKE:
            if report.partial:
                return self._gettext("That is about as often as on the same days of %(month)s (%(visits)s).") % values
            return self._gettext("That is about as often as in %(month)s (%(visits)s).") % values
        if report.partial:
            more = self._gettext("That is %(percent)s more than on the same days of %(month)s (%(visits)s).")
            less = self._gettext("That is %(percent)s less than on the same days of %(month)s (%(visits)s).")
        else:
            more = self._gettext("That is %(percent)s more than in %(month)s (%(visits)s).")
            less = self._gettext("That is %(percent)s less than in %(month)s (%(visits)s).")
        return (more if change > 0 else less) % values

    def _use(self, report: MonthlyReport) -> str:
        sums = report.sums
        values = {
            "hours": self.formats.number(round(sums.seconds / 3_600)),
            "size": self.formats.size(sums.bytes_up + sums.bytes_down),
            "peak": self.formats.number(sums.peak),
        }
        used = self._gettext("Together, visitors were online for %(hours)s hours and moved %(size)s.") % values
        return f"{used} {self._gettext('At the busiest moment, %(peak)s were online at once in one hall.') % values}"

    def _busiest(self, report: MonthlyReport) -> str:
        if not report.hours:
            return ""
        busiest = busiest_hour(report.hours)
        values = {"day": self.formats.day_of_week(busiest.weekday - 1), "from": busiest.hour, "to": busiest.hour + 1}
        return self._gettext("Most visitors come on %(day)s between %(from)s:00 and %(to)s:00.") % values

    def _languages(self, report: MonthlyReport) -> str:
        whole = sum(one.number for one in report.languages)
        others = [one for one in report.languages if one.name != GERMAN]
        foreign = sum(one.number for one in others)
        if not foreign:
            return ""
        named = [self.language(one.name) for one in others if one.name][:2]
        values = {"share": self.formats.percent(round(foreign / whole, 2)), "names": self._gettext(" and ").join(named)}
        text = self._gettext("In %(share)s of the visits the pages were read in another language than German, most often in %(names)s.")
        return text % values

    def _available(self, share: Availability | None) -> str:
        if share is None:
            return ""
        said = self._gettext("The Wi-Fi was available %(share)s of the time.") % {"share": self.formats.percent(share.share, 2)}
        if not share.outages:
            return f"{said} {self._gettext('There was no outage.')}"
        values = {"number": self.formats.number(share.outages), "length": self.formats.duration(share.away)}
        outages = self._catalogue.ngettext(
            "There was %(number)s outage, which lasted %(length)s.", "There were %(number)s outages, %(length)s in all.", share.outages
        )
        return f"{said} {outages % values}"

    def _feedback(self, report: MonthlyReport) -> str:
        if report.feedback is None:
            return ""
        count = report.feedback.done + report.feedback.open
        if not count:
            return self._gettext("No messages came from visitors.")
        values = {"number": self.formats.number(count), "done": self.formats.number(report.feedback.done)}
        text = self._catalogue.ngettext(
            "Visitors wrote %(number)s message; %(done)s has been dealt with.",
            "Visitors wrote %(number)s messages; %(done)s have been dealt with.",
            count,
        )
        return text % values


def busiest_hour(hours: list[VisitsOfHour]) -> VisitsOfHour:
    """That with most visits; of several the first of the week."""
    return min(hours, key=lambda one: (-one.visits, one.weekday, one.hour))


def shared(counts: list[CountedByName]) -> list[tuple[str, int, float]]:
    """Name, number, and its share of all."""
    whole = sum(one.number for one in counts)
    return [(one.name, one.number, one.number / whole) for one in counts]


def neighbour(months: list[str], month: str, step: int) -> str:
    """The month beside one, among those that there are; "": none."""
    here: Month = parsed(month)
    wanted = str(here.next if step > 0 else here.before)
    return wanted if wanted in months else ""
