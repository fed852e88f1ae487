"""What there is to say about one gateway, point by point: how it is, and whether that is well."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from hotspot.hub.alarms import BACKLOG_WELL, CLOCK_SECONDS, Limits
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.health import GatewayHealth
from hotspot.hub.console.formats import Formats
from hotspot.hub.console.gateway_words import COVERED, Kind, said
from hotspot.hub.console.texts import N_

Say = Callable[..., str]
"""``Visit.text``."""
LIMITS: Final = Limits()
SHOWN: Final = 400
"""Letters of what a gateway says in its own words."""


class Check(Struct, frozen=True, kw_only=True):
    """One point, in the reader's words."""

    label: str
    kind: Kind
    value: str
    note: str = ""
    """What it means, or what to look at; "" when all is well."""


def checks(say: Say, formats: Formats, gateway: Gateway, health: GatewayHealth | None, now: datetime) -> list[Check]:
    """All points of a gateway; only what is known of one that has never spoken."""
    found = [_heard(say, formats, gateway, now)]
    if health is None:
        return found
    found.append(_policy(say, formats, gateway, health))
    found += _parts(say, health)
    found += _stocks(say, formats, health, now)
    found += _counted(say, formats, health)
    return found


def amiss(found: list[Check]) -> list[Check]:
    """Those that somebody should see to."""
    return [check for check in found if check.kind in ("bad", "warn")]


def own_words(say: Say, texts: list[str]) -> list[tuple[str, bool]]:
    """Faults or warnings as a gateway says them, translated, or as they are (then True); without what ``checks`` tells as well."""
    out = []
    for text in texts:
        if text.startswith(COVERED) or text.endswith(COVERED):
            continue
        known = said(text)
        out.append((text[:SHOWN], True) if known is None else (say(known[0], **known[1])[:SHOWN], False))
    return out


def _heard(say: Say, formats: Formats, gateway: Gateway, now: datetime) -> Check:
    label = say(N_("Last report"))
    if gateway.revoked_at is not None:
        return Check(label=label, kind="quiet", value=say(N_("Revoked since %(when)s"), when=formats.moment(gateway.revoked_at)))
    if gateway.seen_at is None:
        return Check(label=label, kind="quiet", value=say(N_("none yet")), note=say(N_("It has not spoken since it was enrolled.")))
    ago = formats.ago(gateway.seen_at, now)
    if gateway.state == "silent":
        note = say(N_("Is the box switched on, and does the Internet line of the hall work?"))
        return Check(label=label, kind="bad", value=f"{formats.moment(gateway.seen_at)} ({ago})", note=note)
    return Check(label=label, kind="good", value=ago)


def _policy(say: Say, formats: Formats, gateway: Gateway, health: GatewayHealth) -> Check:
    label = say(N_("Settings"))
    versions = say(N_("version %(has)s of %(wanted)s"), has=health.policy, wanted=health.policy_wanted)
    if health.policy_refused:
        why = gateway.policy_error[:SHOWN] or say(N_("it does not say why"))
        return Check(
            label=label,
            kind="bad",
            value=versions,
            note=say(N_("It cannot apply the newest settings, those before go on: %(why)s"), why=why),
        )
    if not health.policy_wanted:
        return Check(label=label, kind="quiet", value=say(N_("its own")), note=say(N_("Nothing has been set for this hall here yet.")))
    if health.policy != health.policy_wanted:
        return Check(label=label, kind="warn", value=versions, note=say(N_("The newest settings are on their way.")))
    return Check(label=label, kind="good", value=say(N_("up to date (version %(has)s)"), has=health.policy))


def _parts(say: Say, health: GatewayHealth) -> list[Check]:
    works, fails = say(N_("works")), say(N_("fails"))
    rows = (
        (N_("Internet line"), health.internet, N_("Visitors reach the welcome page, but not the Internet.")),
        (N_("Firewall"), health.firewall, N_("Nobody new gets onto the Internet.")),
        (N_("Journal"), health.journal, N_("The box cannot write to its disk, and lets nobody new in.")),
    )
    return [
        Check(label=say(label), kind="good" if well else "bad", value=works if well else fails, note="" if well else say(note))
        for label, well, note in rows
    ]


def _stocks(say: Say, formats: Formats, health: GatewayHealth, now: datetime) -> list[Check]:
    found = []
    if health.disk_size:
        free = 100 * health.disk_free / health.disk_size
        kind: Kind = "bad" if free <= LIMITS.disk / 3 else "warn" if free <= LIMITS.disk else "good"
        value = say(N_("%(free)s of %(size)s free"), free=formats.size(health.disk_free), size=formats.size(health.disk_size))
        note = say(N_("When the disk is full, nobody new gets in.")) if kind != "good" else ""
        found.append(Check(label=say(N_("Disk")), kind=kind, value=value, note=note))
    if health.certificate_until is not None or health.certificate_failure:
        found.append(_certificate(say, formats, health, now))
    off = abs(health.clock_offset)
    right = off <= CLOCK_SECONDS
    value = say(N_("is right")) if off < 30 else formats.duration(off) if off >= 60 else say(N_("less than a minute wrong"))
    note = "" if right else say(N_("Opening hours and time limits may be wrong: look at the time server of the box."))
    found.append(Check(label=say(N_("Clock")), kind="good" if right else "warn", value=value, note=note))
    return found


def _certificate(say: Say, formats: Formats, health: GatewayHealth, now: datetime) -> Check:
    """Also when there is none yet, and why."""
    kind: Kind = "warn"
    value, note = say(N_("none so far")), ""
    if health.certificate_until is not None:
        left = (health.certificate_until - now).total_seconds()
        kind = "bad" if left <= LIMITS.certificate / 5 else "warn" if left <= LIMITS.certificate else "good"
        value = say(N_("until %(day)s"), day=formats.short_day(health.certificate_until))
        note = say(N_("Renew it on the box, or visitors will see a warning.")) if kind != "good" else ""
    if health.certificate_failure:
        kind = "warn" if kind == "good" else kind
        note = say(N_("No other one to be had: %(why)s"), why=health.certificate_failure)
    return Check(label=say(N_("Certificate")), kind=kind, value=value, note=note)


def _counted(say: Say, formats: Formats, health: GatewayHealth) -> list[Check]:
    waits = health.backlog > BACKLOG_WELL
    found = [
        Check(
            label=say(N_("Reports that wait")),
            kind="warn" if waits else "good",
            value=formats.number(health.backlog),
            note=say(N_("Figures of the hall arrive late.")) if waits else "",
        )
    ]
    if health.lost:
        note = say(N_("The hall was cut off for so long that these were given up; visitors noticed nothing."))
        found.append(Check(label=say(N_("Reports given up")), kind="warn", value=formats.number(health.lost), note=note))
    value = say(N_("%(count)s of %(all)s"), count=formats.number(health.accept_errors), all=formats.number(health.accepts))
    errors = bool(health.accept_errors)
    note = say(N_("Since the box was started: visitors pressed the button and did not get online.")) if errors else ""
    found.append(Check(label=say(N_("Failed acceptances")), kind="warn" if errors else "good", value=value, note=note))
    note = say(N_("Times since its start that what the box wanted and what its network did differed; it puts that right by itself."))
    kind: Kind = "warn" if health.drift else "good"
    found.append(Check(label=say(N_("Drift")), kind=kind, value=formats.number(health.drift), note=note if health.drift else ""))
    return found
