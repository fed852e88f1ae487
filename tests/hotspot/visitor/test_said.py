"""What findings name: hosts by their names, addresses by their kind."""

import pytest

from hotspot.looks.leaving import identifies
from hotspot.looks.values import Finding, Severity
from hotspot.looks.words import filled
from hotspot.visitor import said
from hotspot.visitor.said import Said


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://old.hall.example:8443/api/captive?mac=1", "https://old.hall.example:8443/api/captive"),
        ("http://anna:secret@x.example/", "http://x.example/"),
        ("https://198.18.0.1/", "the gateway's address"),
        ("https://[fe80::1]/", "an address of the guests' network"),
        ("https://198.18.7.7/", "an address of the guests' network"),
        ("http://192.168.178.1/", "a private address of another network"),
        ("http://[fd00::5]/", "a private address of another network"),
        ("http://9.9.9.9/", "an address on the Internet"),
        ("http://127.0.0.1/", "an address of the device itself"),
        ("http://x.example/192.0.2.7", "an address"),
        ("http://[/", "something that is no web address"),
        ("portal", "portal"),
    ],
)
def test_where_something_leads(url: str, told: str) -> None:
    """Staff can act on it, and it may leave the hall."""
    found = said.place(url, ("198.18.0.1",), lambda address: address.startswith("198.18."))
    english = found.english if isinstance(found, Said) else found
    assert (english, identifies(english)) == (told, False)


def test_german_sentences_have_german_values() -> None:
    """Where there is a twin; else what there is, and "?" without any."""
    finding = Finding(kind="rate-low", severity=Severity.WARNING, values=said.values({"way": said.WAYS["down"], "found": "0.5"}))
    assert filled("{way_german} {found_german} {expected_german}", finding) == "herunter 0.5 ?"
    assert filled("{way} {found} {expected}", finding) == "down 0.5 ?"
