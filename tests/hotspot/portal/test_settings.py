"""The settings file: what it means, and what is said about one that cannot be used."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from firewall.api import Rates
from hotspot.portal.settings import BadSettings, HallTexts, Internet, Settings, Terms, Zone, load
from hotspot.session.hours import Hours, parse_closed, parse_spans
from hotspot.session.plans import Plan

FULL = """
state_dir = "state"
firewall_socket = "/run/hotspot-firewall/firewall.sock"
control_socket = "/run/hotspot-portal/control.sock"
control_users = ["root", 1000]
management = "[::1]:9464"
retention = "12 h"
usage_interval = "2 s"
blocked_names = "names"
certificate = "tls/portal.pem"
key = "tls/portal.key"

[hall]
name = "Rathaus"
contact = "Empfang"
venue_info_url = "https://hall.example/"

[terms]
version = "2026-11"
text.en = "Please be kind."
file.de = "terms.txt"

[plans.free]
title = { de = "Kostenlos", en = "Free" }
down = "10 Mbit/s"
up = "2 Mbit/s"
down_guaranteed = "256 kbit/s"
time = "2 h"
volume = "500 MB"
idle = "15 min"
then_down = "1 Mbit/s"
then_up = "48 kbit/s"
daily_time = "4 h"
daily_volume = "2 GB"
pause = "10 min"
extension = "30 min"
extensions = 2
hours = "evening"

[plans.slow]
down = 32000
up = 16000
time = 600

[zones.public]
lan = "lan0"
plans = ["free", "slow"]
portal_url = "http://portal.hall.example"
listen = ["198.18.0.1"]
hours = "town"

[hours.town]
open = ["Mon-Fri 08:00-12:00, 13:00-18:00", "Sat 09:00-12:00"]
closed = ["2026-12-24..2027-01-01", 2026-11-18, "05-01"]

[hours.evening]
time_zone = "Etc/UTC"
open = ["Mon-Sun 18:00-24:00"]

[internet]
targets = ["198.51.100.10:80", "[2001:db8:80::10]:443"]
interval = "10 s"
timeout = 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that uses every key."""
    (tmp_path / "terms.txt").write_text("Bitte freundlich.", encoding="utf-8")
    (tmp_path / "portal.toml").write_text(FULL, encoding="utf-8")
    return tmp_path / "portal.toml"


def test_every_key(path: Path) -> None:
    """Units are resolved, relative paths stand beside the file, the default of what a plan guarantees is capped by its speed."""
    rates = Rates(rate_down=256_000, ceil_down=10_000_000, rate_up=64_000, ceil_up=2_000_000)
    slow = Rates(rate_down=32_000, ceil_down=32_000, rate_up=16_000, ceil_up=16_000)
    assert load(path) == Settings(
        state_dir=path.parent / "state",
        firewall_socket=Path("/run/hotspot-firewall/firewall.sock"),
        control_socket=Path("/run/hotspot-portal/control.sock"),
        control_users=(0, 1000),
        management=("::1", 9464),
        retention=43_200.0,
        usage_interval=2.0,
        blocked_names=path.parent / "names",
        certificate=path.parent / "tls/portal.pem",
        key=path.parent / "tls/portal.key",
        hall=HallTexts(name="Rathaus", contact="Empfang", venue_info_url="https://hall.example/", time_zone=ZoneInfo("Europe/Berlin")),
        terms=Terms(version="2026-11", text={"en": "Please be kind.", "de": "Bitte freundlich."}),
        plans={
            "free": Plan(
                "free",
                {"de": "Kostenlos", "en": "Free"},
                rates,
                seconds=7_200,
                volume=500_000_000,
                idle=900,
                slow=Rates(rate_down=256_000, ceil_down=1_000_000, rate_up=48_000, ceil_up=48_000),
                daily_seconds=14_400,
                daily_volume=2_000_000_000,
                pause=600,
                extension=1_800,
                extensions=2,
                hours=Hours(ZoneInfo("Etc/UTC"), parse_spans("Mon-Sun 18:00-24:00")),
            ),
            "slow": Plan("slow", {"de": "slow"}, slow, seconds=600),
        },
        zones={
            "public": Zone(
                "public",
                ("free", "slow"),
                "http://portal.hall.example/",
                lan="lan0",
                listen=("198.18.0.1",),
                hours=Hours(
                    ZoneInfo("Europe/Berlin"),
                    (*parse_spans("Mon-Fri 08:00-12:00, 13:00-18:00"), *parse_spans("Sat 09:00-12:00")),
                    tuple(map(parse_closed, ("2026-12-24..2027-01-01", "2026-11-18", "05-01"))),
                ),
            ),
        },
        internet=Internet(targets=(("198.51.100.10", 80), ("2001:db8:80::10", 443)), interval=10.0, timeout=1.0),
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('down = "10 Mbit/s"', 'down = "fast"', "plans.free.down = 'fast': expected a rate such as \"10 Mbit/s\""),
        ('down = "10 Mbit/s"', "down = 10", "plans.free.down = 10: expected 8000 to 100000000000"),
        ('down = "10 Mbit/s"', "down = true", "plans.free.down = True: "),
        ('down_guaranteed = "256 kbit/s"', 'down_guaranteed = "20 Mbit/s"', "plans.free.down_guaranteed = '20 Mbit/s': expected 8000 to"),
        ('time = "2 h"', 'time = "2 ages"', "plans.free.time = '2 ages': expected a duration"),
        ('volume = "500 MB"', 'volumes = "500 MB"', "plans.free.volumes = '500 MB': unknown key, expected one of down, up, time"),
        ('up = "2 Mbit/s"\n', "", "plans.free.up is missing"),
        ('lan = "lan0"', "lan = 5", "zones.public.lan = 5: Expected `str"),
        ('plans = ["free", "slow"]', 'plans = ["gold"]', "zones.public.plans = 'gold': expected one of the plans free, slow"),
        ('plans = ["free", "slow"]', "plans = []", "zones.public.plans = []: expected at least one plan"),
        ('"http://portal.hall.example"', '"portal.hall.example"', "zones.public.portal_url = 'portal.hall.example': expected an address"),
        ('lan = "lan0"', "capture_port = 8081", "zones.public.capture_port = 8081: expected a port that is neither"),
        ('lan = "lan0"', "portal_port = 0", "zones.public.portal_port = 0: expected 1 to 65535"),
        ('listen = ["198.18.0.1"]', 'listen = ["gateway"]', "zones.public.listen = 'gateway'"),
        ("[zones.public]", '[zones."Public Zone"]', "zones = 'Public Zone'"),
        ('management = "[::1]:9464"', 'management = "9464"', "management = '9464': expected address and port"),
        ('"198.51.100.10:80"', '"www.town.example:80"', "internet.targets = 'www.town.example:80': expected address and port"),
        ('control_users = ["root", 1000]', 'control_users = ["nobody-here"]', "control_users = 'nobody-here': expected a user"),
        ('key = "tls/portal.key"', "", "certificate = 'tls/portal.pem': expected certificate and key together"),
        ('file.de = "terms.txt"', 'file.de = "none.txt"', "terms.file.de = 'none.txt': expected a readable file"),
        ('version = "2026-11"', 'version = "a b"', "terms.version = 'a b': expected up to 32 letters"),
        ('retention = "12 h"', 'retention = "0 s"', "retention = '0 s': expected 1 to"),
        ('state_dir = "state"', "", "state_dir is missing"),
        ('state_dir = "state"', 'state_dirs = "state"', "state_dirs = 'state': unknown key"),
        ("[hall]", "[[hall", "cannot read"),
        (
            'name = "Rathaus"',
            'time_zone = "Berlin"\nname = "Rathaus"',
            "hall.time_zone = 'Berlin': expected a time zone",
        ),
        ('time_zone = "Etc/UTC"', 'time_zone = "../UTC"', "hours.evening.time_zone = '../UTC': expected a time zone"),
        ('"Sat 09:00-12:00"', '"Sa 9-12"', "hours.town.open = 'Sa 9-12': expected days and hours such as"),
        ('["Mon-Sun 18:00-24:00"]', "[]", "hours.evening.open = []: expected at least one line"),
        ('"05-01"', '"1 May"', "hours.town.closed = '1 May': expected a day such as"),
        ('hours = "town"', 'hours = "council"', "zones.public.hours = 'council': expected one of the tables of hours: town, evening"),
        ('hours = "evening"', 'hours = "night"', "plans.free.hours = 'night': expected one of the tables of hours"),
        ('then_up = "48 kbit/s"\n', "", "plans.free.then_down = '1 Mbit/s': expected then_down, then_up and volume together"),
        ('then_down = "1 Mbit/s"\n', "", "plans.free.then_up = '48 kbit/s': expected then_down, then_up and volume together"),
        ('then_down = "1 Mbit/s"', 'then_down = "20 Mbit/s"', "plans.free.then_down = '20 Mbit/s': expected 8000 to 10000000"),
        ('daily_time = "4 h"', 'daily_time = "4 hours"', "plans.free.daily_time = '4 hours': expected a duration"),
        ('daily_volume = "2 GB"', "daily_volume = 0", "plans.free.daily_volume = 0: expected 1 to"),
        ('pause = "10 min"', 'pause = "13 h"', "plans.free.pause = '46800 s': expected at most retention (43200 s)"),
        (
            '"Sat 09:00-12:00"]',
            '"Sat 09:00-12:00", "Sat 11:00-15:00"]',
            "expected hours that do not overlap, as Sat 09:00-12:00 and Sat 11:00-15:00 do",
        ),
        ("extensions = 2", "extensions = 0", "plans.free.extensions = 0: expected 1 to 1000"),
        ('extension = "30 min"', 'extension = "soon"', "plans.free.extension = 'soon': expected a duration"),
    ],
)
def test_what_is_wrong(path: Path, old: str, new: str, text: str) -> None:
    """The error names the file, the key, the value and what was expected."""
    assert FULL.count(old) == 1
    path.write_text(FULL.replace(old, new), encoding="utf-8")
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert text in str(caught.value) and str(path) in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    """A missing file is said in a line."""
    with pytest.raises(BadSettings, match=r"cannot read .*portal\.toml: No such file"):
        load(tmp_path / "portal.toml")


def test_voucher_plans(path: Path) -> None:
    """Plans for vouchers are never among those on offer, and a zone has at least one that is."""
    guest = '[plans.guest]\ndown = "50 Mbit/s"\nup = "10 Mbit/s"\ntime = "12 h"\nvoucher = true\n\n[zones.public]'
    text = FULL.replace("[zones.public]", guest)
    path.write_text(text.replace('plans = ["free", "slow"]', 'plans = ["guest", "free", "slow"]'), encoding="utf-8")
    settings = load(path)
    zone = settings.zones["public"]
    assert (zone.plans, zone.voucher_plans) == (("free", "slow"), ("guest",))
    assert (settings.plans["guest"].voucher, settings.plans["free"].voucher) == (True, False)
    path.write_text(text.replace('plans = ["free", "slow"]', 'plans = ["guest"]'), encoding="utf-8")
    with pytest.raises(BadSettings, match=r"zones\.public\.plans = \['guest'\]: expected at least one plan that needs no voucher"):
        load(path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbf" + FULL.encode().replace(b"[hall]", b"[hal]"), "unknown key, expected one of"),
        (FULL.encode().replace(b"Rathaus", b"R\xe4thaus", 1), "has a byte that is none: save it as UTF-8"),
        (b"a = " + b"[" * 5_000, "cannot read "),
        (b"a = 1" + b"0" * 5_000, "cannot read "),
        (FULL.encode().replace(b"[hall]", b'theme = "a\\u0000b"\n[hall]', 1), "expected the name of a file"),
        (FULL.encode().replace(b'down = "10 Mbit/s"', b"down = 10", 1), 'bit/s, such as "10 Mbit/s"'),
    ],
)
def test_whatever_stands_in_the_file(path: Path, content: bytes, text: str) -> None:
    """Every file is read, or refused as settings are: nothing else goes through to whoever starts or reloads."""
    path.write_bytes(content)
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert text in str(caught.value) and str(path) in str(caught.value)
