"""Voucher codes in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from hotspot.portal.journal import Statement, rows
from hotspot.portal.vouchers import MOST_CLIENTS, SWEEPS, SWEPT, TRIES_OF_CLIENT, TRIES_OF_ZONE, TRIES_SECONDS, Tries, Vouchers
from hotspot.session.voucher_codes import codes
from hotspot.session.vouchers import KEPT, SURE, Batch, Place, Ticket, device_name, is_closed, used
from tests.hotspot.session.examples import MAC, NOW, later, session_of

HOUR, DAY = 3_600.0, 86_400.0
KEY = "00" * 16
BATCH = Batch(number=3, key=KEY, plan="guest", count=50, devices=2, valid=DAY, note="", created_at=NOW.unix, created_by="Meier")
CODE = codes(bytes.fromhex(KEY), 50)[17]
FRESH = Ticket(batch=3, index=17)
USED = used(FRESH, BATCH, "one", NOW)
CLOSED = replace(FRESH, first_at=NOW.unix - NOW.unix % DAY)


class Told:
    """What was handed over to be written, by subject."""

    def __init__(self) -> None:
        self.statements: dict[object, list[Statement]] = {}

    def __call__(self, subject: object, statements: Sequence[Statement]) -> None:
        """Take some."""
        self.statements[subject] = list(statements)


def vouchers_of(told: Told, *tickets: Ticket, batch: Batch = BATCH) -> Vouchers:
    """As they were loaded from a journal."""
    vouchers = Vouchers(told)
    vouchers.load([batch], tickets)
    return vouchers


def test_find() -> None:
    """A code leads to its batch and to what is known of it; an unused one is fresh."""
    vouchers = vouchers_of(Told(), USED)
    found, fresh = vouchers.find(CODE), vouchers.find(codes(bytes(16), 50)[18])
    assert found is not None
    assert fresh is not None
    assert (found.batch, found.ticket, fresh.ticket) == (BATCH, USED, Ticket(batch=3, index=18))
    assert (vouchers.find(codes(bytes(16), 51)[50]), vouchers.at(Place(4, 0)), vouchers.next_number) == (None, None, 4)


async def test_distinct() -> None:
    """A batch whose codes would be those of another one gets another key; one with codes of its own stays as it is."""
    vouchers = vouchers_of(Told())
    same, own = replace(BATCH, number=4, count=1), replace(BATCH, number=4, key="01" * 16)
    changed = await vouchers.distinct(same)
    assert (changed.key != same.key, replace(changed, key=same.key), await vouchers.distinct(own)) == (True, same, own)


def test_what_is_known_is_kept() -> None:
    """Loaded again, as after a fault of the disk, memory knows better than the file; what only the file has is taken."""
    told = Told()
    vouchers = vouchers_of(told, USED)
    other = replace(BATCH, number=4, key="01" * 16)
    vouchers.load([replace(BATCH, note="old"), other], [FRESH, Ticket(batch=4, index=0)])
    assert (vouchers.batches, vouchers.tickets) == ({3: BATCH, 4: other}, {3: {17: USED}, 4: {0: Ticket(batch=4, index=0)}})
    vouchers.write_all()
    assert told.statements == {
        "vouchers:3": rows.of_batch(BATCH),
        "vouchers:4": rows.of_batch(other),
        Place(3, 17): rows.of_ticket(USED),
        Place(4, 0): rows.of_ticket(Ticket(batch=4, index=0)),
    }


def test_take_back() -> None:
    """A use that came to nothing is undone; not when something else has happened to the code since."""
    told = Told()
    vouchers = vouchers_of(told)
    vouchers.put(USED)
    vouchers.take_back(FRESH, USED)
    assert (vouchers.tickets, told.statements) == ({3: {}}, {Place(3, 17): rows.of_no_ticket(Place(3, 17))})
    vouchers.put(USED)
    assert told.statements == {Place(3, 17): rows.of_ticket(USED)}  # what waits to be written is the newest
    withdrawn = replace(USED, withdrawn_at=1.0)
    vouchers.put(withdrawn)
    vouchers.take_back(FRESH, USED)
    assert vouchers.tickets == {3: {17: withdrawn}}


def test_left() -> None:
    """Only for a session with a code that is known and was used."""
    vouchers = vouchers_of(Told(), USED)
    sessions = [replace(session_of(), voucher=text) for text in ("", "3.17", "3.18", "4.1")]
    assert [vouchers.left(session, later(HOUR)) for session in sessions] == [None, 23 * HOUR, None, None]
    vouchers.put_batch(replace(BATCH, withdrawn_at=NOW.unix))  # until it is cut, what was said to its visitor holds
    assert vouchers.left(sessions[1], later(HOUR)) is None


def test_enter() -> None:
    """What an ended session has used is written down for its device alone; one whose MAC is gone leaves no trace."""
    told, key = Told(), bytes(32)
    vouchers = vouchers_of(told, USED)
    vouchers.enter(key, replace(session_of(), voucher="3.17", bytes_up=700, mac=None))
    vouchers.enter(key, replace(session_of(), voucher="3.17", bytes_up=700))
    assert told.statements == {}
    name = device_name(key, BATCH, 17, MAC)
    vouchers.put(used(USED, BATCH, name, NOW))
    vouchers.enter(key, replace(session_of(), voucher="3.17", bytes_up=700))
    assert vouchers.tickets[3][17].devices == {"one": 0, name: 700}
    assert list(told.statements) == [Place(3, 17)]


def test_sweep() -> None:
    """What is over forgets its devices, and in the end the batch goes with all that is known of it."""
    told = Told()
    batch = replace(BATCH, not_after=NOW.unix + HOUR)
    vouchers = vouchers_of(told, USED, batch=batch)
    vouchers.sweep(later(HOUR - 1))
    assert told.statements == {}
    vouchers.sweep(later(DAY))
    assert vouchers.tickets == {3: {17: CLOSED}}
    vouchers.sweep(later(DAY + HOUR + KEPT))
    assert (vouchers.batches, vouchers.tickets, told.statements["vouchers:3"]) == ({}, {}, rows.of_no_batch(3))
    assert vouchers.find(CODE) is None


def test_sweep_looks_at_some() -> None:
    """However many codes are over at once, one look takes down a bounded part of them; after a few looks none is left, and none of them is
    looked at again."""
    count = 3 * SWEPT
    batch = replace(BATCH, count=count)
    vouchers = vouchers_of(Told(), *(used(Ticket(batch=3, index=index), batch, "one", NOW) for index in range(count)), batch=batch)
    closed = []
    for _ in range(3):
        vouchers.sweep(later(DAY))
        closed.append(sum(map(is_closed, vouchers.tickets[3].values())))
    assert (closed, len(vouchers._open), SWEPT * SWEEPS) == ([SWEPT, 2 * SWEPT, count], 0, 30_000)


def test_sweep_waits_for_a_sure_clock() -> None:
    """A machine that wakes up in the future drops no batch; when its clock is as far an hour later it does."""
    vouchers = vouchers_of(Told(), USED, batch=replace(BATCH, not_after=NOW.unix + HOUR))
    ahead = replace(NOW, unix=NOW.unix + DAY + HOUR + KEPT, boottime=20.0, boot_id="boot-2")
    vouchers.sweep(ahead)
    assert vouchers.tickets == {3: {17: USED}}
    vouchers.sweep(replace(ahead, boottime=SURE))
    assert (vouchers.batches, vouchers.tickets) == ({}, {})


async def test_sweep_leaves_alone_what_may_be_taken_back() -> None:
    """While staff withdraw a batch, which comes to nothing when it cannot be written, no code of it forgets anything."""
    vouchers = vouchers_of(Told(), USED)
    async with vouchers.changing:
        vouchers.put_batch(replace(BATCH, withdrawn_at=NOW.unix))
        vouchers.sweep(NOW)
        vouchers.put_batch(BATCH)
    assert vouchers.tickets == {3: {17: USED}}


def test_tries() -> None:
    """Counted by client, forgotten after a while, and no more is kept than what still counts."""
    tries = Tries()
    for number in range(TRIES_OF_CLIENT - 1):
        tries.wrong("public", "anna", later(number), mistyped=True)
    assert tries.wait("public", "anna", later(20)) == ""
    tries.wrong("public", "anna", later(20), mistyped=False)
    assert (tries.wait("public", "anna", later(20)), tries.wait("public", "bert", later(20))) == ("tries", "")
    tries.wrong("public", "bert", later(20 + TRIES_SECONDS), mistyped=True)
    assert (tries.wait("public", "anna", later(20 + TRIES_SECONDS)), list(tries._by_client)) == ("", ["bert"])


def test_tries_of_a_zone() -> None:
    """Who guesses with twenty invented addresses shuts out nobody, and with very many only the zone where they are."""
    tries = Tries()
    for number in range(TRIES_OF_ZONE):
        tries.wrong("public", f"{number // TRIES_OF_CLIENT}", NOW, mistyped=False)
        if number == 20 * TRIES_OF_CLIENT - 1:
            assert tries.wait("public", "anna", NOW) == ""
    assert (tries.wait("public", "anna", NOW), tries.wait("council", "anna", NOW)) == ("guessing", "")


def test_tries_are_forgotten_without_others() -> None:
    """No address stays in memory because nobody else types a wrong code."""
    tries = Tries()
    tries.wrong("public", "anna", NOW, mistyped=False)
    tries.forget(later(TRIES_SECONDS - 1))
    assert (list(tries._by_client), list(tries._by_zone)) == (["anna"], ["public"])
    tries.forget(later(TRIES_SECONDS))
    assert (list(tries._by_client), list(tries._by_zone)) == ([], [])


def test_tries_are_bounded() -> None:
    """However many addresses somebody invents, memory stays the same; the newest are kept."""
    tries = Tries()
    for number in range(MOST_CLIENTS + 5):
        tries.wrong("public", f"{number}", NOW, mistyped=True)
    assert (len(tries._by_client), next(iter(tries._by_client))) == (MOST_CLIENTS, "5")
