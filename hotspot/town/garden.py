"""The walled garden: names that captive clients may reach, as lines of dnsmasq, which puts their addresses into the zone's sets."""

from collections.abc import Iterable


def dnsmasq_lines(names: Iterable[str], zones: Iterable[str]) -> list[str]:
    """Lines for name servers; none when there are no names. What is in dnsmasq's cache is not written again, so nothing stays there longer
    than a phone may miss it after somebody has emptied the sets."""
    sets = ",".join(f"4#inet#hotspot_{zone}#garden4,6#inet#hotspot_{zone}#garden6" for zone in zones)
    lines = [f"nftset=/{name}/{sets}" for name in dict.fromkeys(names)]
    return ["max-cache-ttl=10", *lines] if lines else []
