"""Journal against kernel: the rules of ``hotspot/session/boot.py`` hold for whatever the two say."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firewall.api import Ended, Usage
from hotspot.session.boot import MIN_SECONDS, Recovery, decide
from hotspot.session.sessions import Now, Session, bytes_left, in_progress, seconds_left
from tests.hotspot.session.examples import NOW, PLAN, later, rebooted, session_of, usage_of

PLANS = {"free": PLAN}
MACS = [f"02:00:00:00:00:{number:02x}" for number in range(4)]


def choose(
    known: Iterable[Session],
    usages: Iterable[Usage] = (),
    ended: Iterable[Ended] = (),
    now: Now = NOW,
    blocked: frozenset[tuple[str, str]] = frozenset(),
) -> Recovery:
    """``decide`` with what most tests do not care about."""
    return decide(known, {}, blocked, usages, ended, PLANS, now)


def test_after_a_reboot() -> None:
    """The kernel is empty: a session with time left is opened again with what is left, one without is finished."""
    long, short = session_of(1, MACS[0]), replace(session_of(2, MACS[1]), ends_at=NOW.unix + 60)
    decided = choose([replace(long, bytes_down=500), short], now=rebooted(600))
    assert [(one.id, one.bytes_down, seconds_left(one, rebooted(600))) for one in decided.allow] == [(long.id, 500, 6_600.0)]
    assert [(one.id, one.reason) for one in decided.finish] == [(short.id, "time")]


def test_somebody_flushed_the_kernel() -> None:
    """The firewall says "gone": with time left the session is opened again, with the usage that the firewall told."""
    session = session_of()
    gone = Ended(number=1, reason="gone", usage=usage_of(session, 100, 200))
    decided = choose([session], ended=[gone], now=later(10))
    assert [(one.id, one.bytes_up, one.bytes_down) for one in decided.allow] == [(session.id, 100, 200)]


def test_ended_while_the_portal_was_away() -> None:
    """The firewall's reason and final usage are recorded."""
    session = session_of()
    decided = choose([session], ended=[Ended(number=1, reason="idle", usage=usage_of(session, 1, 2))])
    assert [(one.reason, one.bytes_up, one.bytes_down) for one in decided.finish] == [("idle", 1, 2)]
    assert decided.allow == ()


def test_volume_used_before_the_reboot() -> None:
    """A session without volume left is not opened again."""
    decided = choose([replace(session_of(), bytes_down=1_000)], now=rebooted(1))
    assert [one.reason for one in decided.finish] == ["volume"]


def test_unknown_to_the_journal() -> None:
    """A session that only the kernel has is adopted."""
    decided = choose([], [usage_of(session_of(), 3, 4)])
    assert [(one.id, one.bytes_up, one.bytes_down) for one in decided.adopt] == [(session_of().id, 3, 4)]


def test_ended_on_purpose_but_still_open() -> None:
    """A session that the journal says was kicked is closed in the kernel, not adopted."""
    session = session_of()
    decided = decide([], {session.id: "kicked"}, set(), [usage_of(session)], [], PLANS, NOW)
    assert decided == Recovery(revoke=((session.id, "kicked"),))


def test_blocked_while_the_firewall_was_away() -> None:
    """A block holds: the session is closed, or not opened again."""
    blocked = frozenset({("public", MACS[0])})
    session = session_of(1, MACS[0])
    assert choose([session], [usage_of(session)], blocked=blocked).revoke == ((session.id, "blocked"),)
    assert [one.reason for one in choose([session], blocked=blocked).finish] == ["blocked"]


def test_two_sessions_of_one_client() -> None:
    """Only the younger one is opened again."""
    old, young = session_of(1, MACS[0]), session_of(2, MACS[0], now=later(50))
    decided = choose([old, young], now=later(60))
    assert ([one.id for one in decided.allow], [one.id for one in decided.finish]) == ([young.id], [old.id])


sessions = st.builds(
    lambda number, mac, up, down, ends, boot: replace(
        session_of(number, mac), bytes_up=up, bytes_down=down, ends_boottime=ends, ends_at=NOW.unix + ends, boot_id=boot
    ),
    st.integers(1, 6),
    st.sampled_from(MACS),
    st.integers(0, 600),
    st.integers(0, 600),
    st.floats(0, 9_000),
    st.sampled_from(["boot-0", "boot-1"]),
)
journals = st.lists(sessions, max_size=5, unique_by=lambda one: one.id)
kernels = st.lists(
    st.builds(usage_of, sessions, st.integers(0, 600), st.integers(0, 600)),
    max_size=5,
    unique_by=(lambda one: one.session, lambda one: one.mac),
)
reasons = st.sampled_from(["time", "volume", "idle", "gone", "left", "odd"])
blocks = st.frozensets(st.tuples(st.just("public"), st.sampled_from(MACS)), max_size=2)
closings = st.dictionaries(st.integers(5, 6).map(lambda number: f"{number:016x}"), st.just("kicked"), max_size=2)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Session], dict[str, str], frozenset[tuple[str, str]], list[Usage], list[Ended]]:
    """What journal and firewall may say: an ended session is not in the kernel, a closed one not in progress; one id is one client."""
    closed = draw(closings)
    known = [one for one in draw(journals) if one.id not in closed]
    macs = {one.id: one.mac or "" for one in known}
    kernel: list[Usage] = []
    for usage in draw(kernels):
        mac = macs.get(usage.session, usage.mac)
        if mac not in {one.mac for one in kernel}:
            kernel.append(replace(usage, mac=mac))
    gone = [one for one in known if one.id not in {usage.session for usage in kernel}]
    ended = [
        Ended(number=number, reason=draw(reasons), usage=usage_of(one, draw(st.integers(0, 600))))
        for number, one in enumerate(gone)
        if draw(st.booleans())
    ]
    return known, closed, draw(blocks), kernel, ended


@given(situations())
def test_rules(situation: tuple[list[Session], dict[str, str], frozenset[tuple[str, str]], list[Usage], list[Ended]]) -> None:
    """Nobody is forgotten, nobody is cut without order, nobody gets in who may not, counters never fall."""
    known, closed, blocked, kernel, ended = situation
    decided = decide(known, closed, blocked, kernel, ended, PLANS, NOW)
    in_kernel, finished = {one.session for one in kernel}, {one.id for one in decided.finish}
    allowed, revoked = {one.id for one in decided.allow}, {session for session, _ in decided.revoke}
    assert {one.id for one in known} == ({one.id for one in known} & in_kernel) | finished | allowed  # Rule 3: nobody is forgotten
    assert not (finished & allowed or finished & in_kernel or allowed & in_kernel)
    assert revoked == {one.session for one in kernel if one.session in closed or (one.zone, one.mac) in blocked}  # Rule 1
    assert {one.id for one in decided.adopt} == in_kernel - {one.id for one in known} - closed.keys()
    clients = [one.mac for one in kernel] + [one.mac for one in decided.allow]
    assert len(clients) == len(set(clients))
    before = {one.id: one for one in known}
    for one in decided.allow:  # Rule 2
        assert seconds_left(one, NOW) >= MIN_SECONDS and bytes_left(one) != 0 and ("public", one.mac) not in blocked
    for one in (*decided.allow, *decided.update, *decided.finish):
        assert one.bytes_up >= before[one.id].bytes_up and one.bytes_down >= before[one.id].bytes_down


@given(situations())
def test_twice_changes_nothing(
    situation: tuple[list[Session], dict[str, str], frozenset[tuple[str, str]], list[Usage], list[Ended]],
) -> None:
    """Rule 4: when all was carried out, there is nothing more to do."""
    known, closed, blocked, kernel, ended = situation
    first = decide(known, closed, blocked, kernel, ended, PLANS, NOW)
    revoked = {session for session, _ in first.revoke}
    after = {one.id: one for one in (*known, *first.adopt, *first.update, *first.finish, *first.allow)}
    journal = [one for one in after.values() if in_progress(one) and one.id not in revoked]
    shut = {**closed, **{one.id: one.reason for one in first.finish}}
    opened = [*(one for one in kernel if one.session not in revoked), *(usage_of(one, one.bytes_up, one.bytes_down) for one in first.allow)]
    assert decide(journal, shut, blocked, opened, ended, PLANS, NOW) == Recovery()
