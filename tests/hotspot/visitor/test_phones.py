"""The probes are those that the lab's Internet answers, and that the portal counts as that make's."""

from hotspot.lab import probes as lab
from hotspot.looks.words_visit import PHONES as NAMES
from hotspot.visitor.phones import PHONES


def test_the_lab_knows_them_all() -> None:
    """Host, path and true answer are the same."""
    for phone, probe in PHONES.items():
        known = lab.BY_QUESTION[probe.host, probe.path]
        assert (phone, known.status, known.body) == (phone, probe.status, probe.body)


def test_each_has_a_name() -> None:
    """For people, and in the same order."""
    assert list(PHONES) == list(NAMES)
