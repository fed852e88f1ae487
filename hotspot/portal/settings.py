"""The portal's settings: one TOML file, parsed once into frozen values. ``settings_file`` holds the
file's own shape; ``load`` is what others call.

Durations are seconds, rates bit/s, sizes bytes; in the file they are written as ``"2 h"``, ``"10 Mbit/s"``, ``"500 MB"`` or plain numbers.
"""

from datetime import UTC, date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from hotspot.portal.legal import Legal
from hotspot.portal.policy_values import FromHub
from hotspot.session.admission import Away
from hotspot.session.hours import Hours
from hotspot.session.plans import Plan
from hotspot.town.directory import Directory
from hotspot.town.feedback import Rules
from hotspot.town.wifi4eu import HOST as WIFI4EU_HOST
from hotspot.town.wifi4eu import Wifi4eu

if TYPE_CHECKING:
    from hotspot.portal.settings_reader import Files
    from hotspot.wire import Policy


class Terms(Struct, frozen=True):
    """The text that a visitor accepts."""

    version: str
    text: dict[str, str]
    """By language, plain text; an empty line parts paragraphs."""
    dated: date | None = None
    """From when this version is."""


class Asset(Struct, frozen=True):
    """A file that pages show."""

    name: str
    """Last part of its address; it changes with the content, so that browsers may keep it."""
    media_type: str
    content: bytes = b""
    path: Path | None = None
    """Where it is read from when it is shown; None: ``content`` is all of it."""
    size: tuple[int, int] | None = None
    """Width and height of a picture, in units of its own; None: not known."""


class Theme(Struct, frozen=True):
    """The face of a hall (``hotspot.portal.theme`` reads it from a file); the default is the base design."""

    accent: str = "#0b5394"
    """Colour of links and buttons on a light page."""
    dark_accent: str = ""
    """The same on a dark page; "": made from ``accent``."""
    css: str = ""
    """Variables that stand after the base design's."""
    logo: Asset | None = None
    logo_alt: dict[str, str] = {}
    """What is to be seen, by language; empty: the logo says no more than the name beside it."""
    photo: Asset | None = None
    photo_alt: dict[str, str] = {}
    welcome: dict[str, str] = {}
    """First words of the splash page, by language."""
    sign_language: Asset | None = None
    """A video that explains the page."""

    @property
    def assets(self) -> dict[str, Asset]:
        """All files, by name."""
        return {asset.name: asset for asset in (self.logo, self.photo, self.sign_language) if asset is not None}


class HallTexts(Struct, frozen=True):
    """What the pages say about the hall, and how they look there."""

    name: str
    town: str = ""
    """The partner, as ``Stadt Musterstadt``."""
    contact: str = ""
    """Whom to ask: a counter, a telephone number."""
    phone: str = ""
    """For a link to be tapped, as ``+49 1234 5670``."""
    email: str = ""
    address: tuple[str, ...] = ()
    """Lines of the postal address."""
    hours: Hours | None = None
    """When the hall is open, for its own page; the zones have hours of their own."""
    theme: Theme = Theme()
    wifi4eu: Wifi4eu | None = None
    """The splash page has the programme's banner."""
    venue_info_url: str | None = None
    """Page of the hall or the town (RFC 8908 ``venue-info-url``)."""
    time_zone: tzinfo = UTC
    """Whose days and hours the hall lives by."""


class Zone(Struct, frozen=True):
    """One guest network."""

    name: str
    plans: tuple[str, ...]
    """Offered plans; the first is the default."""
    portal_url: str
    """Where visitors are sent, with a trailing slash, as ``http://portal.hall.example/``."""
    lan: str | None = None
    """Sockets are bound to this interface, which keeps them shut from the WAN; None: to all."""
    listen: tuple[str, ...] = ("0.0.0.0", "::")
    capture_port: int = 8080
    """Redirected port 80 of captive clients lands here."""
    portal_port: int = 8081
    """Port 80 of the gateway's own address lands here."""
    portal_tls_port: int = 8443
    """Port 443 of the gateway's own address lands here; served when a certificate is configured."""
    hours: Hours | None = None
    """When visitors are let in; None: always."""
    voucher_plans: tuple[str, ...] = ()
    """Plans that nobody gets without a voucher code."""


class Internet(Struct, frozen=True):
    """How the portal checks that the WAN is up, and what holds while it is not."""

    targets: tuple[tuple[str, int], ...] = ()
    """Address and port to connect to; empty: assumed to be up."""
    interval: float = 30.0
    """Seconds between checks."""
    timeout: float = 3.0
    """Seconds until a target counts as out of reach."""
    closes: bool = False
    """While it is down, nobody new is let in but by staff; False: who accepts is online as soon as the line is back."""
    message: dict[str, str] = {}
    """What staff say to visitors while it is down, by language."""


class Hub(Struct, frozen=True):
    """The host city's server that this hall reports to and gets its policy from."""

    url: str
    """``https://hub.city.example``, without a slash at its end."""
    authority: str
    """The only certificates, PEM, that the hub's may come from."""
    report_every: float = 60.0
    """Seconds between two deliveries."""
    keep: int = 256_000_000
    """Bytes on disk for reports that wait."""
    keep_for: float = 90 * 86_400.0
    """Seconds for which reports wait."""
    away: Away = "last-policy"
    """What new visitors meet while the hub is away (``hotspot.session.admission.hub_away``)."""
    away_after: float = 900.0
    """Seconds of silence from which on the hub is away."""
    proxy: str | None = None
    """``http://proxy.hall.example:3128``; None: straight."""
    certificate: bool = False
    """The portal's certificate comes from there (``hotspot.portal.uplink.certificate``)."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that the portal can be told."""

    state_dir: Path
    """The journal lives here."""
    firewall_socket: Path
    control_socket: Path
    control_users: tuple[int, ...] = ()
    """Uids besides root that may use the control socket."""
    management: tuple[str, int] = ("127.0.0.1", 9464)
    """Address and port of ``/metrics`` and ``/healthz``."""
    retention: float = 86_400.0
    """Seconds after the end of a session until its MAC is forgotten."""
    usage_interval: float = 5.0
    """Seconds between two readings of usage into the journal: what a power cut may lose."""
    looks: Path = Path("/run/hotspot-looks")
    """Folder in which visitor, doctor and LAN guard write what they found (``hotspot.looks.folder``)."""
    visitor_key: bytes = b""
    """With it the hall's own test visits prove that they are ours (``hotspot.session.visitor_check``); empty: there are none."""
    blocked_names: Path | None = None
    """Folder for the domains of the block list, one ``<zone>.servers`` a zone, that dnsmasq reads; None: domains cannot be blocked."""
    certificate: Path | None = None
    """PEM chain; pages are also served over TLS when this and ``key`` are given."""
    key: Path | None = None
    hall: HallTexts
    terms: Terms
    plans: dict[str, Plan]
    zones: dict[str, Zone]
    internet: Internet = Internet()
    services: Directory = Directory()
    """What the town and the district do for people."""
    feedback: Rules | None = None
    """How messages to the town are kept; None: there is no form for them."""
    legal: Legal = Legal()
    """What the town says about itself on the legal pages."""
    hub: Hub | None = None
    """None: the hall is on its own; nothing is reported."""
    policy: FromHub | None = None
    """Of the hub; None: none was ever received, or there is no hub."""

    @property
    def wifi4eu(self) -> Wifi4eu | None:
        """None: no network of the programme, and nothing of it in any page."""
        return self.hall.wifi4eu

    @property
    def garden(self) -> tuple[str, ...]:
        """Names that captive clients may reach."""
        return (*self.services.reachable, *((WIFI4EU_HOST,) if self.wifi4eu is not None else ()))


class BadSettings(Exception):
    """The settings file cannot be used; the text names file, key, value and what was expected."""


def load(path: str | Path, files: "Files | None" = None, policy: "Policy | None" = None) -> Settings:
    """Read and check one TOML file and those that it names, with a policy of the hub over it; relative paths in it are relative to its
    folder. Raises ``BadSettings``."""
    from hotspot.portal import settings_file  # it builds on the values above

    return settings_file.load(Path(path), files, policy)
