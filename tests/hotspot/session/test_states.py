"""The table of moves."""

import pytest

from hotspot.session.states import (
    END_EVENTS,
    MOVES,
    Event,
    Extended,
    IllegalMove,
    LeftByChoice,
    Lost,
    State,
    TermsAccepted,
    end_event,
    move,
)

EVENTS: list[type[Event]] = sorted({event for row in MOVES.values() for event in row}, key=lambda event: event.__name__)


def test_path_of_a_visitor() -> None:
    """Captive, online, ended, and online again."""
    state = State.CAPTIVE
    path = [state := move(state, event) for event in (TermsAccepted(), LeftByChoice(), TermsAccepted())]
    assert path == [State.ONLINE, State.ENDED, State.ONLINE]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", EVENTS)
def test_a_missing_cell_is_an_error(state: State, event: type[Event]) -> None:
    """Every event is either in the state's row or refused with a text that names both."""
    if event in MOVES[state]:
        assert move(state, event()) is MOVES[state][event]
    else:
        with pytest.raises(IllegalMove, match=f"cannot {event.verb} while {state.name}"):
            move(state, event())


def test_error_text() -> None:
    """The text that the staff reads."""
    with pytest.raises(IllegalMove) as caught:
        move(State.CAPTIVE, Extended())
    assert str(caught.value) == "cannot extend while CAPTIVE"


def test_reasons() -> None:
    """Each reason leads back to its event; one that is not ours counts as lost."""
    assert {reason: type(end_event(reason)) for reason in END_EVENTS} == dict(END_EVENTS)
    assert end_event("by_some_other_version") == Lost()
