"""The portal's settings: one TOML file, parsed once into frozen values. ``settings_file`` holds the
file's own shape; ``load`` is what others call.

Durations are seconds, rates bit/s, sizes bytes; in the file they are written as ``"2 h"``, ``"10 Mbit/s"``, ``"500 MB"`` or plain numbers.
"""

from datetime import UTC, tzinfo
from pathlib import Path

from msgspec import Struct

from hotspot.session.hours import Hours
from hotspot.session.plans import Plan


class Terms(Struct, frozen=True):
    """The text that a visitor accepts."""

    version: str
    text: dict[str, str]
    """By language, plain text; an empty line parts paragraphs."""


class HallTexts(Struct, frozen=True):
    """What the pages say about the hall."""

    name: str
    contact: str = ""
    """Whom to ask: a counter, a telephone number."""
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


class Internet(Struct, frozen=True):
    """How the portal checks that the WAN is up."""

    targets: tuple[tuple[str, int], ...] = ()
    """Address and port to connect to; empty: assumed to be up."""
    interval: float = 30.0
    """Seconds between checks."""
    timeout: float = 3.0
    """Seconds until a target counts as out of reach."""


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


class BadSettings(Exception):
    """The settings file cannot be used; the text names file, key, value and what was expected."""


def load(path: str | Path) -> Settings:
    """Read and check one TOML file; relative paths in it are relative to its folder. Raises ``BadSettings``."""
    from hotspot.portal import settings_file  # it builds on the values above

    return settings_file.load(Path(path))
