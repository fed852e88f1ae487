"""Over the air, in virtual time: hostapd, wpa_supplicant and simulated radios around the whole product."""

from typing import Any

from tests.fullkernel.guests import Play, playing, tell


@playing(Play("air", ("open",)), Play("air", ("owe",)))
def test_a_phone_joins_roams_leaves_and_comes_back(found: dict[str, Any]) -> None:
    """The journey on open and on encrypted air; to the second access point during a download; away for 90 s, and online without a page."""
    rest = dict(found)
    roam, mode = rest.pop("roam"), rest.pop("mode")
    tell("over the air", f"{mode}: roamed in {roam['took'] * 1000:.0f} ms, longest gap of the download {roam['gap'] * 1000:.0f} ms")
    assert rest == {
        "key": {"open": "NONE", "owe": "OWE"}[mode],
        "captive": [302, False],
        "accept": 303,
        "online": [204, True],
        "back": [204, True, True, True],
        "sessions": [True],
    }
    assert (roam["to"], roam["sessions"], roam["probe"]) == (True, 1, 204)
    assert (roam["gap"] < 1.0, roam["before"] > 1_000_000, roam["after"] > 4_000_000) == (True, True, True)
