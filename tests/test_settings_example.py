"""docs/portal.toml: it loads as it stands and with every comment that holds a key, and no key is missing in it."""

import re
from pathlib import Path

from msgspec import Struct
from msgspec.structs import fields

from hotspot.portal import settings_file, settings_hub, settings_internet, settings_town
from hotspot.portal.settings import load
from tests.hotspot.portal.test_certificates import make_pair

EXAMPLE = Path(__file__).parents[1] / "docs" / "portal.toml"
ELSEWHERE = {
    "certificate",
    "key",
    "theme",
    "services",
    "file",
    "text",
    "control_users",
    "legal",
    "wifi4eu",
    "feedback",
    "internet",
    "hours",
    "hub",
    "visitor",
}
"""Keys whose values name files or users that a test has not, and sections."""
SECTIONS: dict[str, type[Struct]] = {
    "": settings_file._File,
    "hall": settings_file._Hall,
    "hours.hall": settings_file._Hours,
    "plans.free": settings_file._Plan,
    "zones.public": settings_file._Zone,
    "internet": settings_internet._Internet,
    "hub": settings_hub._Hub,
    "feedback": settings_town._Feedback,
    "wifi4eu": settings_town._Wifi4eu,
    "visitor": settings_file._Visitor,
}
_KEY = re.compile(r"^(# )?([a-z_0-9]+) = ")


def sections() -> dict[str, set[str]]:
    """Keys of the example by section, also those that are commented out."""
    found: dict[str, set[str]] = {"": set()}
    now = ""
    for line in EXAMPLE.read_text().splitlines():
        head = re.match(r"^(?:# )?\[([a-z0-9_.]+)\]", line)
        if head:
            now = head[1]
            found.setdefault(now, set())
            found[""].add(now.partition(".")[0])
        elif key := _KEY.match(line):
            found[now].add(key[2])
    return found


def test_it_loads() -> None:
    """As it stands."""
    settings = load(EXAMPLE)
    assert (settings.hall.name, list(settings.plans), settings.zones["public"].plans) == ("Rathaus Kleinheim", ["free", "guest"], ("free",))


def test_every_key_is_there() -> None:
    """No key of the settings is missing, and none is there that does not exist."""
    found = sections()
    known = {name: {field.encode_name for field in fields(kind)} for name, kind in SECTIONS.items()}
    known["plans.free"] -= {"voucher"}  # shown in the plan beside
    assert {name: found[name] for name in known} == known


def test_it_loads_with_every_comment_taken_as_a_key(tmp_path: Path) -> None:
    """What is commented out could be used as it is written."""
    lines = []
    for line in EXAMPLE.read_text().splitlines():
        key = _KEY.match(line)
        section = re.match(r"^# \[(hub|feedback|wifi4eu)\]", line)
        wanted = (key is not None and key[1] is not None and key[2] not in ELSEWHERE) or section is not None
        lines.append(line.removeprefix("# ") if wanted else line)
    text = "\n".join(lines).partition("# [legal.operator]")[0]
    (tmp_path / "hub-authority.pem").write_bytes(make_pair(tmp_path, "hub.grossstadt.example")[0])
    path = tmp_path / "portal.toml"
    path.write_text(text)
    settings = load(path)
    assert (settings.plans["free"].daily_volume, settings.hall.town) == (2_000_000_000, "Gemeinde Kleinheim")
    assert settings.hub is not None
    assert (settings.hub.away, settings.hub.keep, settings.hub.proxy) == ("last-policy", 256_000_000, "http://proxy.kleinheim.example:3128")
    assert (settings.wifi4eu is not None, settings.internet.targets[0]) == (True, ("192.0.2.1", 443))
