"""Values that several tests of the session core start from."""

from hypothesis import strategies as st

from firewall.api import Rates, Usage
from hotspot.session.plans import Plan
from hotspot.session.sessions import Now, Session, begin
from hotspot.session.states import State, TermsAccepted

RATES = Rates(rate_down=64_000, ceil_down=10_000_000, rate_up=64_000, ceil_up=2_000_000)
PLAN = Plan(name="free", title={"de": "Kostenlos", "en": "Free"}, rates=RATES, seconds=7_200, volume=1_000, idle=900)
NOW = Now(unix=1_800_000_000.0, boottime=500.0, boot_id="boot-1")
MAC = "02:00:00:00:00:01"


def later(seconds: float, now: Now = NOW) -> Now:
    """The same boot, so many seconds later."""
    return Now(unix=now.unix + seconds, boottime=now.boottime + seconds, boot_id=now.boot_id)


def rebooted(off: float, now: Now = NOW) -> Now:
    """The next boot, so many wall-clock seconds later."""
    return Now(unix=now.unix + off, boottime=7.0, boot_id="boot-2")


def session_of(number: int = 1, mac: str = MAC, plan: Plan = PLAN, now: Now = NOW) -> Session:
    """A session that begins now."""
    return begin(
        TermsAccepted(),
        before=State.CAPTIVE,
        session_id=f"{number:016x}",
        zone="public",
        mac=mac,
        plan=plan,
        terms_version="2026-11",
        language="de",
        family="android",
        now=now,
    )


def usage_of(session: Session, up: int = 0, down: int = 0, seconds_left: float = 60.0) -> Usage:
    """What the firewall says of a session."""
    return Usage(
        session=session.id,
        zone=session.zone,
        plan=session.plan,
        mac=session.mac or "",
        bytes_up=up,
        bytes_down=down,
        seconds_left=seconds_left,
        quiet=0.0,
    )


nows = st.builds(
    Now,
    unix=st.floats(0, 4e9),
    boottime=st.floats(0, 1e8),
    boot_id=st.sampled_from(["boot-1", "boot-2", "boot-3"]),
)
