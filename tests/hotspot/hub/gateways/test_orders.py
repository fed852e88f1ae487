"""Only answers that belong to an order are kept, without what is not asked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.gateways.orders import checked_reply

KINDS = ("status", "sessions", "kick", "block", "unblock", "allow")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.sampled_from(KINDS), st.dictionaries(st.text(), ANYTHING))
def test_rubbish_is_a_refusal(kind: str, reply: dict[str, Any]) -> None:
    """Whatever a gateway answers, staff read a refusal of bounded length in its place."""
    kept = checked_reply(kind, reply)
    assert (kept["type"], kept["code"], sorted(kept)) == ("refused", "bad_reply", ["code", "message", "type"])
    assert len(kept["message"]) <= 500


def test_what_fits_is_kept_without_more() -> None:
    """An answer that fits stays, a field that is not the hub's business does not."""
    done = {"type": "done", "code": "K7F-3QX", "state": "captive", "seconds_left": None}
    assert checked_reply("kick", {**done, "mac": "02:00:00:00:00:01"}) == done
    assert checked_reply("sessions", {"type": "sessions", "sessions": []}) == {"type": "sessions", "sessions": ()}
    assert checked_reply("sessions", done)["code"] == "bad_reply"
