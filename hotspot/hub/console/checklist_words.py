"""The steps of a town that joins in words, and where each is taken (pure)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from hotspot.hub.checklist import ChecklistStep, StepBy, StepNote, StepState
from hotspot.hub.console.texts import N_


class StepWords(Struct, frozen=True):
    """One step; all but ``address`` are texts to be translated."""

    title: str
    """What is so when it is done."""
    hint: str
    """What to do."""
    button: str = ""
    address: str = ""
    """Of the page where it is taken: ``{partner}`` and ``{hall}`` stand in it."""


STEPS: Final[Mapping[str, StepWords]] = {
    "agreement": StepWords(
        N_("The agreement is signed"), N_("Between the city and the town, with the annex on data protection (Art. 28 GDPR).")
    ),
    "town": StepWords(N_("The town is set up here"), ""),
    "contact": StepWords(
        N_("It is known whom to ask in the town"),
        N_("Write down a name, an office or a telephone number."),
        N_("Enter the contact"),
        "/partners/{partner}/change",
    ),
    "user": StepWords(
        N_("Somebody in the town has an account"),
        N_("So the town sees its figures, changes its own texts and reads its visitors' messages."),
        N_("Invite somebody"),
        "/users/new?partner={partner}&role=partner-editor",
    ),
    "halls": StepWords(
        N_("There is a hall"),
        N_("A hall is a building with the public Wi-Fi: the town hall, a library, a school."),
        N_("Set up a hall"),
        "/partners/{partner}/halls/new",
    ),
    "settings": StepWords(
        N_("Plans and terms of use are there"),
        N_("Most towns take over those of the city. Look whether they fit."),
        N_("Open the settings"),
        "/settings/partner/{partner}",
    ),
    "contacts": StepWords(
        N_("Visitors read whose Wi-Fi it is"),
        N_("The name of the town, and whom visitors can ask."),
        N_("Enter name and contact"),
        "/settings/in/partner:{partner}/contact",
    ),
    "imprint": StepWords(
        N_("Imprint and privacy notice say who is responsible"),
        N_("The law wants that. The texts are written by themselves from a few details."),
        N_("Fill in the legal pages"),
        "/settings/in/partner:{partner}/legal",
    ),
    "branding": StepWords(
        N_("The pages look like the town's own"),
        N_("Coat of arms, colours, a photo. Without them the pages are plain, but work."),
        N_("Choose the looks"),
        "/settings/in/partner:{partner}/branding",
    ),
    "channel": StepWords(
        N_("Somebody is told when something is amiss"),
        N_("By e-mail, or in a chat."),
        N_("Set up notifications"),
        "/alarms/channels",
    ),
    "preview": StepWords(
        N_("The pages were looked at"),
        N_("Look at what visitors will see, in all languages, and tick when all is right."),
        N_("Look at the pages"),
        "/halls/{hall}/preview",
    ),
    "enrolled": StepWords(
        N_("The box belongs to this hall"),
        N_("Make a token and run the shown command on the box; that takes a minute."),
        N_("Connect the box"),
        "/halls/{hall}/enrol",
    ),
    "box": StepWords(
        N_("The box stands in the hall"),
        N_("It was delivered, plugged in, and connected to the Internet line and the access points. Tick when that is so."),
    ),
    "heard": StepWords(
        N_("The box reports"),
        N_("It does so by itself within a minute once it is connected. This list shows it without your doing."),
        N_("Look at the hall"),
        "/halls/{hall}",
    ),
    "policy": StepWords(
        N_("The settings are in force there"),
        N_("The box fetches them by itself and says when they are in force."),
        N_("Look at the settings of the hall"),
        "/halls/{hall}/settings",
    ),
    "poster": StepWords(
        N_("The poster hangs"),
        N_("With the name of the Wi-Fi and a code for the camera. Print it, hang it up, and tick."),
        N_("Print the poster"),
        "/halls/{hall}/poster",
    ),
    "visitor": StepWords(
        N_("The first visitor was online"),
        N_("Take a phone, choose the Wi-Fi and accept the terms: that is the first visit."),
        N_("Look at the hall"),
        "/halls/{hall}",
    ),
    "report": StepWords(
        N_("The first report is there"),
        N_("It comes by itself on the day after the first visitors."),
        N_("Open the monthly reports"),
        "/reports?partner={partner}",
    ),
}
STATES: Final[Mapping[StepState, tuple[str, str]]] = {
    StepState.DONE: ("good", N_("done")),
    StepState.OPEN: ("quiet", N_("to do")),
    StepState.WAITING: ("going", N_("under way")),
    StepState.TROUBLE: ("bad", N_("amiss")),
}
"""Sign and word."""
WHO: Final[Mapping[StepBy, str]] = {StepBy.CITY: N_("the city"), StepBy.TOWN: N_("the town")}
NOTES: Final[Mapping[StepNote, str]] = {
    StepNote.NONE: "",
    StepNote.NEVER_LOGGED_IN: N_("There is an account, but nobody has logged in with it yet."),
    StepNote.TOKEN_OPEN: N_("A token was made and not used yet. It can be used until %(until)s."),
    StepNote.SILENT: N_("The box was heard, but has been silent since %(since)s."),
    StepNote.ON_ITS_WAY: N_("They are on their way to the box."),
    StepNote.REFUSED: N_("The box cannot apply them: %(text)s"),
    StepNote.PRINTED: N_("It has been printed. Tick as soon as it hangs."),
    StepNote.CITYS: N_("The city is told. The town itself is not."),
    StepNote.NO_MAIL: N_(
        "Somebody is named, but this server cannot send e-mail yet. Its section [mail] has to be filled in by the IT department."
    ),
    StepNote.TEST_VISIT: N_("A test visit from the box got online (%(since)s): the hall works. Now try it with a phone, over the Wi-Fi."),
    StepNote.NO_TERMS: N_("There are no terms of use yet."),
    StepNote.NO_PLANS: N_("There is no plan yet."),
    StepNote.NO_OFFER: N_("It is not set yet which plans the guest networks offer."),
    StepNote.HALL: N_("First there must be a hall."),
}
LONGEST: Final = 300
"""Letters of what a gateway says."""


_MENDED: Final[Mapping[StepNote, tuple[str, str]]] = {
    StepNote.NO_PLANS: (N_("Make a plan"), "/settings/in/{scope}/plans"),
    StepNote.NO_OFFER: (N_("Choose the plans on offer"), "/settings/in/{scope}/zones"),
    StepNote.NO_TERMS: (N_("Choose the terms"), "/settings/in/{scope}/terms"),
}
"""Where it is mended that something is missing: for all towns by the city, by a town for itself."""


def button(step: ChecklistStep) -> str:
    """What stands on the way to the page where the step is taken."""
    return _MENDED[step.why][0] if step.why in _MENDED else STEPS[step.name].button


def address(step: ChecklistStep, partner: str, of_city: bool = False) -> str:
    """Of the page where the step is taken, with the way back to the list; "" where there is none. ``of_city``: for the city's people."""
    wanted = _MENDED[step.why][1] if step.why in _MENDED else STEPS[step.name].address
    wanted = wanted.format(partner=partner, hall=step.hall or "", scope="host" if of_city else f"partner:{partner}")
    if not wanted:
        return ""
    return f"{wanted}{'&' if '?' in wanted else '?'}back={quote(f'/partners/{partner}/checklist', safe='')}"
