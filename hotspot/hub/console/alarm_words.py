"""What the kinds of alarms mean for a hall, and what to look at: for clerks, in plain words (pure)."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from hotspot.hub.console.texts import N_, text
from hotspot.looks.catalogues import words
from hotspot.looks.values import By


class Meaning(Struct, frozen=True):
    """Of one kind of alarm; both are texts to be translated."""

    means: str
    """For the people in the hall."""
    look: str
    """What to do first."""


OTHER: Final = Meaning(
    N_("The gateway tells of something that it did not know before."), N_("Please show the message to those who look after the gateways.")
)
"""For a kind that nobody has described."""

MEANINGS: Final[Mapping[str, Meaning]] = {
    "silent": Meaning(
        N_("The city's server does not hear from the hall. Visitors may still be online, but nobody here can see it."),
        N_("Is the box in the hall switched on, and is its network cable plugged in? Does the Internet line of the hall work?"),
    ),
    "wan_down": Meaning(
        N_("Visitors reach the welcome page, but not the Internet."),
        N_("Is the router of the Internet line switched on? If so, ask the provider of the line whether there is a disturbance."),
    ),
    "firewall_down": Meaning(
        N_("The box lets nobody onto the Internet until its firewall runs again."),
        N_("Switch the box off and on again. If that does not help, have the box looked at."),
    ),
    "journal": Meaning(
        N_("The box cannot write down acceptances, so it lets nobody new in. Whoever is online stays online."),
        N_("The disk of the box is full or broken: have the box looked at."),
    ),
    "fault": Meaning(
        N_("The box says itself that something is amiss."), N_("The message says what it is. Have the box looked at if it stays.")
    ),
    "accept_errors": Meaning(
        N_("Visitors pressed the button and still did not get online."),
        N_("Look at the other alarms of the hall: the reason is often there. If there is none, have the box looked at."),
    ),
    "pool": Meaning(
        N_("Nearly all addresses of the guest network are in use. When they run out, further visitors get no connection."),
        N_("Have the guest network enlarged, or shorten the time for which addresses are given out."),
    ),
    "certificate": Meaning(
        N_("The certificate of the welcome page ends soon or has ended. Then visitors get the page without TLS; some phones open it late."),
        N_("Have the certificate renewed on the box."),
    ),
    "certificate_failed": Meaning(
        N_("The hub cannot get a new certificate for the welcome page. The one that is there goes on until its end."),
        N_("The message says who refuses: the authority, or the name server of the town's zone. It is tried again by itself."),
    ),
    "disk": Meaning(
        N_("The disk of the box is nearly full. When it is full, nobody new gets in."), N_("Have somebody make room on the box.")
    ),
    "drift": Meaning(
        N_("What the box wanted and what its network did differed several times. It put that right by itself."),
        N_("Does another program on the box change the network? Have the box looked at if it happens again."),
    ),
    "clone": Meaning(
        N_("Somebody uses the identity of another visitor's device, perhaps to surf at their cost."),
        N_("If it happens again, block the device under “Sessions”."),
    ),
    "told": Meaning(N_("The box tells of something unusual."), N_("Have the box looked at if it stays.")),
    "visit": Meaning(
        N_("A test visit, which does what a visitor's phone does, found that something does not work."),
        N_("The page of the hall says under “Test visit” what that means and what to look at."),
    ),
    "visit_missing": Meaning(
        N_("For hours there was no test visit. Visitors may be online as always, but nobody has tried."),
        N_("Has the test visit been switched off on the box? If not, have the box looked at."),
    ),
    "doctor": Meaning(
        N_("The box looked at itself and found something that should be seen to."),
        N_("The page of the hall says under “Findings of the gateway” what that means and what mends it."),
    ),
    "doctor_missing": Meaning(
        N_("The box looks at itself once an hour, and has stopped. What becomes amiss there is not noticed before visitors notice it."),
        N_("On the box “systemctl status hotspot-doctor.timer hotspot-doctor.service” says why. Whoever does not want it switches it off."),
    ),
    "guard": Meaning(
        N_("The box heard something on the guest network that endangers visitors or keeps them from getting online."),
        N_("The page of the hall says under “Seen in the Wi-Fi” what it is and where to look for it."),
    ),
    "guard_missing": Meaning(
        N_("Nobody listens on the guest network for what endangers visitors. They are online as always."),
        N_("On the box “systemctl status hotspot-lan-guard.service” says why. Whoever does not want it switches it off."),
    ),
    "backlog": Meaning(
        N_("Figures of the hall arrive late; none are lost so far."), N_("Is the Internet line of the hall slow or interrupted?")
    ),
    "lost": Meaning(
        N_("The hall was cut off for so long that some of its figures were given up. Visitors noticed nothing."),
        N_("Nothing can be brought back. Look why the hall was cut off."),
    ),
    "clock": Meaning(
        N_("The clock of the box is wrong. Opening hours and time limits may be wrong with it."),
        N_("Have the time server looked at that is set on the box."),
    ),
    "restored": Meaning(
        N_("The box was put back to an old state. Blocks and sessions since then may be missing on it."),
        N_("Did somebody restore a backup? If not, have the box looked at."),
    ),
    "twin": Meaning(
        N_("Two boxes speak in the name of the same gateway: one may be a copy."),
        N_("Find out which box is the right one, switch the other one off, then give the gateway new credentials."),
    ),
    "stale_credential": Meaning(
        N_("Somebody used credentials of the gateway that had been replaced: an old copy of the box, or a thief."),
        N_("Was an old box switched on again? If not, revoke the gateway and enrol it anew."),
    ),
    "token_reused": Meaning(
        N_("A one-time token was used a second time: somebody else may have seen it."),
        N_("Look under “Gateways” whether the gateway that was enrolled with it is yours; revoke it if not."),
    ),
    "refused": Meaning(
        N_("The city's server could not make sense of some figures of the hall; they are kept in the box."),
        N_("Do box and server have versions that go together? Have it looked at."),
    ),
    "names": Meaning(
        N_("The hall tells of more zones or plans than can be right."), N_("Have the settings of the box looked at."),
    ),
    "gaps": Meaning(N_("Some reports of the hall are missing."), N_("Have the box looked at if it happens again.")),
    "streams": Meaning(N_("The box restarts again and again."), N_("Is its power supply in order? Have the box looked at.")),
    "policy_refused": Meaning(
        N_("The hall cannot apply the newest settings and goes on with those before."),
        N_("Look at “Settings”: the message says which value does not fit there."),
    ),
    "policy_late": Meaning(
        N_("The newest settings have not reached the hall for half an hour."),
        N_("Does the hall report at all? If so, wait or look at the box."),
    ),
    "channel": Meaning(
        N_("Messages about alarms do not reach somebody who should get them."), N_("Look at the notification channel under “Alarms”."),
    ),
    "remote_write": Meaning(
        N_("The monitoring of the city does not get the hub's measurements."), N_("Is the monitoring server reachable?"),
    ),
    "updates_late": Meaning(
        N_("The machine has not got any security updates of its operating system for days. Visitors notice nothing."),
        N_("Whoever looks after the machine: the log of apt-daily-upgrade says why."),
    ),
    "restart_wanted": Meaning(
        N_("A security update only counts after a restart of the machine, and nobody has made one. Visitors notice nothing."),
        N_("Restart the machine when few people are there. Whoever is online stays so."),
    ),
    "backup_failed": Meaning(
        N_("The hub was not saved last night, or the backup was not carried away. Older backups are still there."),
        N_("Whoever runs the hub: the log of hotspot-hub-backup says why."),
    ),
    "backup_old": Meaning(
        N_("The hub has not been saved for more than a day. What happened since would be lost with its disk."),
        N_("Whoever runs the hub: does hotspot-hub-backup.timer run? Save it by hand meanwhile."),
    ),
    "hub_certificate": Meaning(
        N_("The certificate of this server ends soon or has ended. Then no hall reports, and nobody gets in here."),
        N_("Whoever runs the hub: have another certificate made, and put it in."),
    ),
    "hub_disk": Meaning(
        N_("A disk of this server is nearly full. When it is, no report and no change can be written down."),
        N_("Whoever runs the hub: see what grows there, make room, or give it a larger disk."),
    ),
}  # fmt: skip
"""By kind, as ``hotspot.hub.alarm_texts.KINDS`` has them."""


def meaning(kind: str) -> Meaning:
    """What a kind means, and what to look at."""
    return MEANINGS.get(kind, OTHER)


def means(kind: str, subject: str, language: str) -> str:
    """What an alarm means for the people in the hall, in the reader's language. One of a finding says what that finding means, unless its
    words want values that an alarm has not."""
    if kind in frozenset(By):
        found = words(By(kind), subject)
        said = "" if found is None else found.meaning_german if language == "de" else found.meaning_english
        if said and "{" not in said:
            return said
    return text(language, meaning(kind).means)
