"""Names for the walled garden."""

import pytest

from hotspot.session.probes import HOSTS
from hotspot.town.hosts import parse_host


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ratsinfo.Musterstadt.example", "ratsinfo.musterstadt.example"),
        ("ratsinfo.example.", "ratsinfo.example"),
        ("müll.example", "xn--mll-hoa.example"),
    ],
)
def test_hosts(text: str, name: str) -> None:
    """In small letters, without the last dot, international names as the name server knows them."""
    assert parse_host(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "*.example.org",
        ".example.org",
        "example",
        "192.0.2.1",
        "2001:db8::1",
        "https://a.example/",
        "a.example/x",
        "a b.example",
        "a..example",
        "",
    ],
)
def test_what_is_no_host(text: str) -> None:
    """No pattern, no address, no path."""
    with pytest.raises(ValueError, match="expected the whole name of a host"):
        parse_host(text)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_no_host_of_the_probes(host: str) -> None:
    """A phone that reaches one takes the captive network for the Internet and never shows the portal; nor by a name above it, because
    dnsmasq opens what is below a name as well."""
    for name in (host, host.partition(".")[2]):
        if "." in name:
            with pytest.raises(ValueError, match="phones ask it"):
                parse_host(name)
