"""The list of alarms."""

from hotspot.portal.alarms import AGAIN_SECONDS, MOST, Alarms, Told


def test_the_same_again_is_counted() -> None:
    """Within ten minutes one line with a count; later a line of its own; other devices and zones are others."""
    alarms = Alarms()
    new = [alarms.tell("clone", zone, code, at) for zone, code, at in (("a", "K", 0), ("a", "L", 1), ("a", "K", 2), ("b", "K", 3))]
    new.append(alarms.tell("clone", "a", "K", 2 + AGAIN_SECONDS + 1))
    assert (new, alarms.all()) == (
        [True, True, False, True, True],
        (
            Told("clone", "a", "L", 1, 1),
            Told("clone", "a", "K", 0, 2, 2),
            Told("clone", "b", "K", 3, 3),
            Told("clone", "a", "K", 603.0, 603.0),
        ),
    )


def test_bounded_and_forgotten() -> None:
    """The newest few; after the retention time none."""
    alarms = Alarms()
    for number in range(MOST + 5):
        alarms.tell("clone", "public", str(number), number)
    assert (len(alarms.all()), alarms.all()[0].code) == (MOST, "5")
    alarms.forget(MOST)
    assert [told.code for told in alarms.all()] == [str(number) for number in range(MOST, MOST + 5)]
