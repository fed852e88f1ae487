"""The shape of a look (pure): findings by kind, steps by name. Words are not in it: a kind is a key of ``hotspot.looks.words``."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MOST_FINDINGS = 60
"""In one look; whoever finds more keeps the gravest."""
MOST_STEPS = 80
"""In one look."""
MOST_ZONES = 32
"""That one look tells of."""

Kind = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}\Z")]
"""Of a finding or a step, as ``option114-wrong``."""
Value = Annotated[str, Meta(max_length=120)]
"""What a finding names: a number, a zone, an interface, a name of the hall's own; never a client's address or anybody's name."""
Unix = Annotated[float, Meta(ge=0, le=4_102_444_800)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class By(StrEnum):
    """Who looked."""

    VISIT = "visit"
    DOCTOR = "doctor"
    GUARD = "guard"


class Severity(StrEnum):
    """How grave a finding is, as alarms at the hub are."""

    NOTICE = "notice"
    """To be looked at when there is time."""
    WARNING = "warning"
    """To be seen to today."""
    URGENT = "urgent"
    """Visitors are not served, or are in danger."""

    @property
    def rank(self) -> int:
        """The graver, the higher."""
        return list(Severity).index(self)


class Result(StrEnum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What became of a visit as a whole."""

    ONLINE = "online"
    """The visitor reached the Internet, over one IP version at least."""
    CLOSED = "closed"
    """The hall is closed now: the page has no button, and that is right."""
    PARTIAL = "partial"
    """Somebody asked for a visit that leaves out what leads online, and nothing else kept it from there."""
    STUCK = "stuck"
    """It did not get online, and ``Visited.because`` says why."""


class Finding(Struct, frozen=True, kw_only=True):
    """Something is amiss."""

    kind: Kind
    """A key of the words of who looked."""
    severity: Severity
    zone: Annotated[str, Meta(max_length=32)] = ""
    """Of the gateway; "": of all, or of none."""
    values: dict[Kind, Value] = {}
    """What the words name in braces."""
    first: Unix = 0
    """Since when it has been seen; 0: in this look."""
    times: Annotated[int, Meta(ge=1, le=2**40)] = 1


class Step(Struct, frozen=True, kw_only=True):
    """One thing that was tried."""

    name: Kind
    """A key of the words of who looked."""
    zone: Annotated[str, Meta(max_length=32)] = ""
    family: Annotated[int, Meta(ge=0, le=6)] = 0
    """4, 6, or 0 for both or neither."""
    result: Result
    seconds: Seconds = 0
    why: Kind | None = None
    """The kind of the finding that it failed with, or the reason why it was skipped."""


class Visited(Struct, frozen=True, kw_only=True):
    """The verdict on the visit of one zone, by the program that made it: nobody has to guess it from steps."""

    zone: Annotated[str, Meta(max_length=32)] = ""
    verdict: Verdict
    because: Annotated[tuple[Kind, ...], Meta(max_length=MOST_FINDINGS)] = ()
    """Kinds of the findings, none of them a notice, that kept it from getting online: of ``online`` itself, or of a step that it needs.
    Never empty when ``verdict`` is stuck, else always."""


class Look(Struct, frozen=True, kw_only=True):
    """All that one program found at one time."""

    by: By
    at: Unix
    """When it ended."""
    seconds: Seconds = 0
    """How long it took."""
    software: Annotated[str, Meta(max_length=64)] = ""
    findings: Annotated[tuple[Finding, ...], Meta(max_length=MOST_FINDINGS)] = ()
    steps: Annotated[tuple[Step, ...], Meta(max_length=MOST_STEPS)] = ()
    visited: Annotated[tuple[Visited, ...], Meta(max_length=MOST_ZONES)] = ()
    """Of visits, one a zone; (): by a program older than this field, or by another program than the visitor."""

    @property
    def well(self) -> bool:
        """Nothing is amiss but perhaps notices, and no visit is stuck."""
        stuck = any(visited.verdict is Verdict.STUCK for visited in self.visited)
        return not stuck and all(finding.severity is Severity.NOTICE for finding in self.findings)
