"""Step 9d of a walk: the synthetic visitor (``hotspot visit``) goes through the hall too, finds nothing amiss and is not counted."""

import re
import sys
import time
from typing import Any, Final

import msgspec

from hotspot.lab.browse import fetch, target
from hotspot.lab.describe import management_url
from hotspot.lab.gateway import visitor_key
from hotspot.lab.hall import Hall
from hotspot.lab.layout import LINK_WAN
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.phone import Finished, Phone
from hotspot.lab.walk import Step, Walker

PLACE: Final = "probe"
"""The visitor's link to the access point; a phone of this name never joins by itself."""
LARGE, SINK = "http://download.town.example/bytes/1000000000", "http://download.town.example/sink"
"""What it measures with."""
_SECONDS: Final = 60.0


async def visit(hall: Hall, place: Phone, *words: str) -> Finished:
    """Run ``hotspot visit`` where a phone is plugged in; ``words`` are further options."""
    fixed = ["--here", "--interface", "wlan0", "--settings", str(hall.folder.portal_config), "--key", str(visitor_key(hall.folder))]
    authority = ["--authority", str(hall.folder.authority)] if hall.folder.authority.exists() else []
    return await place.run([sys.executable, "-P", "-m", "hotspot", "visit", *fixed, *authority, *words], _SECONDS)


async def visited(walker: Walker, number: str, name: str) -> Step:
    """It passes every step, at the rates of its own plan, and the portal's count of acceptances stays as it was."""
    hall, before = walker.hall, await _accepts(walker.hall)
    place, began = await hall.add_phone(PLACE), time.monotonic()
    forbidden = f"{LINK_WAN}:22"  # nobody listens there; it stands for a machine of the town
    done = await visit(hall, place, "--json", "--download", LARGE, "--upload", SINK, "--measured", "1", "--forbidden", forbidden)
    took = time.monotonic() - began
    if done.status not in (0, 1):
        raise LabFailed(f"cannot visit: {(done.complaint or done.out).strip()}")
    look: dict[str, Any] = msgspec.json.decode(done.out)
    results = [step["result"] for step in look["steps"]]
    amiss = [finding["kind"] for finding in look["findings"] if finding["severity"] != "notice"]
    counted = await _accepts(hall) - before
    saw = (
        f"{results.count('passed')} of {len(results)} steps passed, {results.count('skipped')} skipped, in {took:.1f} s;"
        f" {', '.join(amiss) or 'nothing amiss'}; counted {counted:g} times as a visit"
    )
    figures = {"steps": float(len(results)), "passed": float(results.count("passed")), "counted": counted, "seconds": took}
    return Step(number, name, done.status == 0 and counted == 0, saw, figures)


async def _accepts(hall: Hall) -> float:
    """Accept forms that the portal has counted."""
    answer = await fetch(hall.layout.gateway, "127.0.0.1", target(management_url("/metrics")))
    return sum(float(value) for value in re.findall(r"^hotspot_accepts_total\{.*\} (\S+)$", answer.text, re.MULTILINE))
