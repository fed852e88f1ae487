"""What can be chosen about a hall (pure). Rates, times and sizes are written as in the settings: ``10 Mbit/s``, ``2 h``, ``1 GB``."""

import re

from msgspec import Struct

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}")


class Options(Struct, frozen=True):
    """The choices; the defaults are the hall of the demo."""

    plan_down: str = "10 Mbit/s"
    plan_up: str = "2 Mbit/s"
    plan_time: str = "2 h"
    plan_volume: str | None = None
    plan_idle: str | None = None
    plan_extension: str | None = None
    """What the visitor's button for more time adds, once; None: no button."""
    total_down: str = "1 Gbit/s"
    """What the zone's line carries in all."""
    total_up: str = "1 Gbit/s"
    max_clients: int = 1000
    lease_seconds: int = 3600
    """Lifetime of a DHCP lease; at least 120, dnsmasq's minimum."""
    isolation: bool = False
    """Does the access point keep its phones apart? Off, so that it is the gateway that has to."""
    tls: bool = False
    """Give the portal a certificate (of an authority of the hall), option 114 with it, and the site TLS on port 443."""
    option_114: str | None = None
    """URL in DHCP option 114; None: the portal's API when ``tls`` is on, else no option."""
    whole_frames: bool = True
    """Every packet is a frame of at most 1,500 bytes, as on a real wire, so that byte counts mean the same everywhere. False: the kernel
    may pass bundles of up to 64 kB (segmentation offload), which is what speed is measured with."""
    gateway: bool = True
    """Run the firewall and the portal. False: only the network and its servers, and the gateway forwards for everybody."""
    garden: tuple[str, ...] = ()
    """Names that captive clients may reach, each name alone and never a pattern; they are at addresses of their own in the WAN."""
    services: bool = True
    """The hall has a directory of services, a form for messages to the town, and what the directory marks as reachable in its garden."""
    vouchers: bool = False
    """Is there a faster plan, ``guest``, for those who have a voucher code?"""
    hub: bool = False
    """Is there a city's hub in the WAN that the hall and eleven more report to (``city``)?"""
    delegated: tuple[tuple[str, str], ...] = ()
    """Names with everything below them, and the address of the name server in the WAN that knows them."""

    def __post_init__(self) -> None:
        for name in (*self.garden, *(name for name, _ in self.delegated)):
            if not _NAME.fullmatch(name):
                raise ValueError(f"cannot use name {name!r}: expected two or more labels of a-z, 0-9 and -, no pattern")
