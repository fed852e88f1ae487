"""What the pages say when something did not work, when a session has ended, and when nobody may begin one: English, to be translated."""

from collections.abc import Mapping

from msgspec import Struct


def N_(text: str) -> str:  # noqa: N802  (the name that pybabel looks for)
    """Marks a text for the catalogues without translating it."""
    return text


class Problem(Struct, frozen=True):
    """What a visitor reads when something did not work, and what they can do next."""

    status: int
    """HTTP status of the answer."""
    heading: str
    text: str
    way_on: str = N_("Back to the start page")
    """Text of the button that leads to the start page; "" for none."""
    again: bool = False
    """It will be over by itself in a moment: the page goes on to the start page as soon as that is there."""


_LATER = N_("Please try again in a few minutes.")
_AGAIN = N_("Try again")

PROBLEMS: Mapping[str, Problem] = {
    "form": Problem(400, N_("That did not work"), N_("Your browser sent an incomplete form. Please open the start page and try again.")),
    "too_large": Problem(413, N_("That did not work"), N_("Your browser sent more than we can take.")),
    "origin": Problem(
        403, N_("That did not work"), N_("The request came from another website. Please press the button on our own start page.")
    ),
    "token": Problem(403, N_("This page has expired"), N_("It was open for too long. Please press the button on a fresh start page.")),
    "terms": Problem(409, N_("The terms of use have changed"), N_("Please read the new terms on the start page and accept them there.")),
    "plan": Problem(409, N_("This offer is no longer there"), N_("Please choose again on the start page.")),
    "blocked": Problem(403, N_("This device is blocked"), N_("The staff of the hall have blocked this device for the Wi-Fi.")),
    "unknown_client": Problem(
        403, N_("We cannot see your device"), N_("Please turn the Wi-Fi of your device off and on again, and then open this page."), _AGAIN
    ),
    "closed": Problem(409, N_("We are closed at the moment"), N_("The start page says when the Wi-Fi is open again.")),
    "pause": Problem(409, N_("A short break"), N_("The start page says when you can connect again.")),
    "daily": Problem(409, N_("Your share for today is used up"), N_("From tomorrow on you can connect again.")),
    "offline": Problem(
        503,
        N_("No Internet at the moment"),
        N_("Your device is connected to our Wi-Fi, but the line to the Internet is down."),
        _AGAIN,
    ),
    "journal": Problem(503, N_("We cannot let anybody in right now"), _LATER, _AGAIN),
    "firewall": Problem(503, N_("We cannot let anybody in right now"), _LATER, _AGAIN, again=True),
    "full": Problem(503, N_("All places are taken"), N_("Too many devices are online. Please try again in a few minutes."), _AGAIN),
    "not_found": Problem(404, N_("There is no such page"), N_("Perhaps the address was mistyped.")),
    "method": Problem(405, N_("That did not work"), N_("This page cannot do what your browser asked for.")),
}
"""By the code of a refusal, of the desk (``hotspot.portal.desk.Refusal``) or of the web itself."""

LESS_THAN_A_MINUTE = N_("less than a minute")
THEN = N_("then %(speed)s")


class Captive(Struct, frozen=True):
    """A page for somebody who may accept: its template and its heading."""

    template: str
    heading: str


SPLASH = Captive("splash.html", N_("Free Wi-Fi"))
OFFLINE = Captive("offline.html", N_("No Internet at the moment"))
ENDED = Captive("ended.html", N_("Your connection has ended"))
ENDED_BY: Mapping[str, Captive] = {
    "time": Captive("ended.html", N_("Your time is up")),
    "volume": Captive("ended.html", N_("Your data is used up")),
    "idle": Captive("ended.html", N_("You were away for a while")),
    "left": Captive("ended.html", N_("You are disconnected")),
    "kicked": Captive("ended.html", N_("The staff have ended your connection")),
    "closed": Captive("ended.html", N_("We have closed")),
    "voucher": Captive("ended.html", N_("The time of your voucher is over")),
    "daily": Captive("ended.html", N_("Your share for today is used up")),
}
"""By the reason of the end of a session; ``ENDED`` for all others."""


class Wait(Struct, frozen=True):
    """A page for somebody who may not accept now: its heading, and what it says."""

    heading: str
    until: str
    """With the moment from which on it goes on again."""
    unknown: str
    """When that moment is not known, or is none that a clock shows."""


WAITS: Mapping[str, Wait] = {
    "closed": Wait(
        N_("We are closed at the moment"),
        N_("The Wi-Fi is open again from %(moment)s on."),
        N_("The Wi-Fi is closed until further notice."),
    ),
    "pause": Wait(N_("A short break"), N_("You can connect again from %(moment)s on."), N_("You can connect again in a while.")),
    "daily": Wait(N_("Your share for today is used up"), "", N_("From tomorrow on you can connect again.")),
    "offline": Wait(
        N_("No Internet at the moment"),
        "",
        N_("The line to the Internet is down. You can connect here as soon as it is back. Please try again in a few minutes."),
    ),
}
"""By the code of a barrier."""
