"""How the way to the Internet is shut, at a gateway whose rules are half there: the rest of it answers, so the visit gets that far."""

import subprocess
from typing import cast

from hotspot.looks.values import Result
from hotspot.visitor import outside
from hotspot.visitor.choices import Choices
from hotspot.visitor.frames import Frames
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Name, Notes
from tests.kernel.wires import INTERNET4, Wires, client_mac, inside, raised

CLOSED = Name("closed")
_RULES = """flush ruleset
table inet part {
  chain forward { type filter hook forward priority 0; policy drop; %s; }
  chain capture { type nat hook prerouting priority dstnat; %s; }
}
"""
REFUSED, TO_PORTAL, NOTHING = "meta l4proto tcp reject with tcp reset", "tcp dport 80 redirect to :8080", "counter"


def _visited(wires: Wires, refused: str, captured: str) -> tuple[Result, str | None]:
    """What a visit makes of these rules."""
    nft = ["ip", "netns", "exec", wires.namespace("gw"), "nft", "-f", "-"]
    subprocess.run(nft, input=_RULES % (refused, captured), text=True, check=True)
    known = Known(Choices(interface="eth0", patience=0.1), Notes("", 60), "eth0", client_mac(1), cast(Frames, None))
    known.outside[4] = INTERNET4
    inside(wires.namespace("c1"), lambda: known.notes.run(CLOSED, lambda: outside.closed(known, 4)))
    step = known.notes.steps[CLOSED]
    return step.result, step.why


def test_how_it_is_shut() -> None:
    """Refused at once is well; silence is slow for phones; and if not even the web is led to the portal, the zone's rules are gone."""
    with raised(1) as wires:
        seen = [_visited(wires, *rules) for rules in ((REFUSED, TO_PORTAL), (NOTHING, TO_PORTAL), (NOTHING, NOTHING))]
    assert seen == [(Result.PASSED, None), (Result.FAILED, "refusal-slow"), (Result.FAILED, "rules-gone")]
