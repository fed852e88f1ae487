"""Could a gateway use this policy? The same readers as on the box say so, for a box with the given zones and nothing of its own.

What only a box can know is made up here: it says as little as a file of settings can. So a policy must be whole for the halls that it is
for: what it leaves out is taken from this sample, not from their files.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hotspot import wire
from hotspot.portal import settings_file, settings_hub
from hotspot.portal.policy_overlay import stored_as
from hotspot.portal.settings import BadSettings, Settings
from hotspot.portal.settings_policy import STORE, PolicyReader
from hotspot.portal.settings_reader import Files, Look

_CONFIG = Path("/etc/hotspot/portal.toml")
_STATE = "/var/lib/hotspot-portal"


class _Contents(Files):
    """Files of a policy, in memory; there are no others."""

    def __init__(self, policy: wire.Policy, contents: Mapping[str, bytes]) -> None:
        super().__init__()
        self._contents = {
            str(Path(_STATE) / STORE / stored_as(name, digest)): contents[name] for name, digest in policy.files.items() if name in contents
        }

    def read(self, path: Path, most: int) -> bytes:
        """As on the disk of a box. Raises ``OSError``."""
        content = self._contents.get(str(path))
        if content is None:
            raise FileNotFoundError(2, "No such file or directory", str(path))
        if len(content) > most:
            raise OSError(f"larger than {most:,} bytes")
        return content

    def look(self, path: Path) -> Look:
        """The same."""
        content = self.read(path, 2**40)
        return Look(len(content), 0, content[:16])


def sample(zones: Iterable[str]) -> dict[str, Any]:
    """The tables of a box that has these zones, one free plan, and nothing that a policy could not replace."""
    return {
        "state_dir": _STATE,
        "firewall_socket": "/run/hotspot-firewall/firewall.sock",
        "control_socket": "/run/hotspot-portal/control.sock",
        "blocked_names": "/var/lib/hotspot-names",
        "hall": {"name": "Rathaus"},
        "terms": {"version": "1"},
        "plans": {"free": {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}},
        "zones": {zone: {"plans": ["free"], "portal_url": "http://portal.hall.example/"} for zone in zones},
    }


def check(policy: wire.Policy, contents: Mapping[str, bytes], zones: Iterable[str]) -> Settings:
    """The settings that such a gateway would have; ``contents``: the policy's files by name. Raises ``BadSettings``, whose text names the
    policy's serial, key, value and what was expected."""
    files = _Contents(policy, contents)
    read = PolicyReader(_CONFIG, files, policy, {})
    manners = policy.settings.get("hub")
    if isinstance(manners, dict):
        settings_hub.absence(read, manners.get("away", "last-policy"), manners.get("away_after", "15 min"))
    try:
        return settings_file.with_policy(_CONFIG, files, sample(zones), policy)
    except RecursionError:
        raise BadSettings(f"cannot use policy {policy.serial}: expected tables that are not nested so deep") from None
