"""A new plan joins those that the guest networks offer. A list of plans replaces the one above it as a whole, and where there is none the
gateways go by their own files: so the first list that is said has to hold what visitors have had so far."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hotspot.hub.console.forms import Form
from hotspot.hub.console.settings import words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import replaced, table_at
from hotspot.hub.console.settings.zones import Known
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Table


class Joining(Struct, frozen=True, kw_only=True):
    """One guest network in the form of a new plan."""

    zone: str
    ticked: bool
    """Is the new plan to be on offer there?"""
    before: str
    """Plans that are on offer there so far, in words; "": nobody has said."""
    kept: tuple[tuple[str, str, bool], ...]
    """Then: the plans that there are, with title, and whether they stay on offer."""
    unknown: bool
    """Then, without any plan: gateways there offer what only they know."""
    wrong: str


def of(visit: Visit, work: Work, known: Known, form: Form | None, found: Mapping[str, str]) -> tuple[Joining, ...]:
    """All of them. ``form``: what was typed; ``found``: what is wrong, by key."""
    there = plans_there(work.settings)
    titles = {name: words.title_of(visit, ("plans", name), work.settings) for name in there}
    result = []
    for zone in (zone for zone in known.names if not work.is_locked("zones", zone, "plans")):
        before = _offered(work, zone)
        unknown = not before and not any(not voucher for voucher in there.values()) and zone in known.told
        result.append(
            Joining(
                zone=zone,
                ticked=zone in form.all("zone") if form is not None else not unknown,
                before=words.value(visit, f"zones.{zone}.plans", before, work.settings) if before else "",
                kept=() if before else tuple(
                    (name, titles[name], name in form.all(f"keep.{zone}") if form is not None else True) for name in there
                ),
                unknown=unknown,
                wrong=found.get(f"zones.{zone}.plans", ""),
            )
        )  # fmt: skip
    return tuple(result)


def plans_there(settings: Mapping[str, Any]) -> dict[str, bool]:
    """The plans that go, with whether they need a voucher; the others first, because the first one is what visitors get who do not
    choose."""
    plans = {name: plan.get("voucher") is True for name, plan in table_at(settings, ("plans",)).items() if isinstance(plan, Mapping)}
    return dict(sorted(plans.items(), key=lambda one: one[1]))


def _offered(work: Work, zone: str) -> list[str]:
    plans = table_at(work.settings, ("zones", zone)).get("plans")
    return list(plans) if isinstance(plans, list) else []


def joined(work: Work, document: Table, name: str, known: Known, form: Form) -> Table:
    """The document with a new plan on offer in the guest networks that are ticked, after those that are kept there."""
    for zone in (zone for zone in known.names if zone in form.all("zone")):
        kept = _offered(work, zone) or [each for each in plans_there(work.settings) if each in form.all(f"keep.{zone}")]
        own = table_at(work.document, ("zones", zone))
        document = replaced(document, ("zones", zone), {**own, "plans": [*kept, name]})
    return document


def wrong(visit: Visit, work: Work, document: Mapping[str, Any], found: Mapping[str, str], form: Form) -> dict[str, str]:
    """By key what is wrong with what would be on offer. ``document``: with the new plan; ``found``: what readers object to."""
    settings = words.known(work.settings, document)
    free = [name for name, voucher in plans_there(settings).items() if not voucher]
    result = {}
    for zone in form.all("zone"):
        key, plans = f"zones.{zone}.plans", table_at(settings, ("zones", zone)).get("plans") or ()
        if plans and not any(name in free for name in plans):
            result[key] = visit.text(
                "Every guest network needs a plan without a voucher, too. Let one stay on offer, or do not tick this network yet."
            )
        elif key in found:
            result[key] = found[key]
    return result
