"""The walled garden as lines of dnsmasq."""

from hotspot.town.garden import dnsmasq_lines


def test_lines() -> None:
    """Each name once, into the sets of every zone; no names, no lines."""
    sets = "4#inet#hotspot_public#garden4,6#inet#hotspot_public#garden6"
    assert dnsmasq_lines(["a.example", "b.example", "a.example"], ["public"]) == [
        "max-cache-ttl=10",
        f"nftset=/a.example/{sets}",
        f"nftset=/b.example/{sets}",
    ]
    both = f"{sets},4#inet#hotspot_council#garden4,6#inet#hotspot_council#garden6"
    assert dnsmasq_lines(["a.example"], ["public", "council"])[1:] == [f"nftset=/a.example/{both}"]
    assert dnsmasq_lines([], ["public"]) == []
