"""The snippet of the European programme."""

import pytest

from hotspot.town.wifi4eu import Wifi4eu, parse_network_id

NETWORK = "12345678-9abc-4def-8123-456789abcdef"


@pytest.mark.parametrize(("language", "spoken"), [("de", "de"), ("de-simple", "de"), ("fr", "fr"), ("tr", "en"), ("ar", "en")])
def test_snippet(language: str, spoken: str) -> None:
    """The programme's variables, in a language that its banner has."""
    assert Wifi4eu(NETWORK).snippet(language) == (
        f"var wifi4euTimerStart=Date.now();var wifi4euNetworkIdentifier='{NETWORK}';var wifi4euLanguage='{spoken}';"
    )


def test_self_test() -> None:
    """Only while it is wanted."""
    assert Wifi4eu(NETWORK, self_test=True).snippet("de").endswith("var selftestModus=true;")


@pytest.mark.parametrize("value", ["", "x", NETWORK + "'", NETWORK[:-1], "<script>"])
def test_what_is_no_network(value: str) -> None:
    """Nothing else ever stands in the script."""
    with pytest.raises(ValueError, match="a UUID such as"):
        parse_network_id(value)


def test_network() -> None:
    """Small letters."""
    assert parse_network_id(NETWORK.upper()) == NETWORK
