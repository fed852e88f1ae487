"""WiFi4EU: what a network that the European programme has paid for must have on its splash page, and nowhere else.

The programme's script counts visitors from their browsers; it comes from the Commission's server, so that host must be reachable before
acceptance, the page's content security policy must name it, and the privacy notice must say so.
"""

import re

from msgspec import Struct

HOST = "collection.wifi4eu.ec.europa.eu"
"""The one third party that a page may ever load from."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LANGUAGES = frozenset(
    ("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt")
)
LANGUAGES |= {"ro", "sk", "sl", "sv"}
"""In which the banner exists: those of the Union."""


class Wifi4eu(Struct, frozen=True):
    """The programme's settings."""

    network_id: str
    """UUID that the installation has in the programme's portal."""
    self_test: bool = False
    """The script shows what it has found in the page, for whoever installs it; must be off afterwards."""

    @property
    def script(self) -> str:
        """Address of the programme's own script."""
        return f"https://{HOST}/wifi4eu.min.js"

    def snippet(self, language: str) -> str:
        """The inline script that must run before the programme's own. Nothing of a request is in it."""
        base = language.partition("-")[0]
        lines = [
            "var wifi4euTimerStart=Date.now();",
            f"var wifi4euNetworkIdentifier='{self.network_id}';",
            f"var wifi4euLanguage='{base if base in LANGUAGES else 'en'}';",
            *(["var selftestModus=true;"] if self.self_test else []),
        ]
        return "".join(lines)


def parse_network_id(value: object) -> str:
    """A UUID. Raises ``ValueError``."""
    network = str(value).strip().lower()
    if not _UUID.fullmatch(network):
        raise ValueError('expected the network identifier of the programme, a UUID such as "12345678-9abc-4def-8123-456789abcdef"')
    return network
