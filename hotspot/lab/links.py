"""The cables of a hall: namespaces, veth pairs, the access point's bridge, addresses, routes."""

from hotspot.lab import namespaces
from hotspot.lab.layout import (
    GARDEN,
    GARDEN6,
    LAN_GATEWAY,
    LAN_GATEWAY6,
    LAN_PREFIX,
    LINK_GATEWAY,
    LINK_GATEWAY6,
    LINK_WAN,
    LINK_WAN6,
    NAMESERVER,
    NAMESERVER6,
    SITE,
    SITE6,
    Layout,
)
from hotspot.lab.options import Options
from hotspot.lab.record import PhoneRecord

_QUIET = {"ipv6/conf/default/dad_transmits": 0, "ipv6/conf/all/dad_transmits": 0}
"""No wait for duplicate addresses: the hall gives each MAC once, and the wait is a second per address."""

SYSCTLS: dict[str, str | int] = {
    "ipv4/ip_forward": 1,
    "ipv6/conf/all/forwarding": 1,
    "ipv4/icmp_ratemask": 6160,
    "ipv6/icmp/ratemask": "0,3-127",
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
}
"""What every gateway needs, this one and a real one (``systemd/hotspot.sysctl``). It says at once that it refuses: the kernel's own limit
(one "unreachable" a second and client) would leave a phone in timeouts, and the zone's rules have a limit of their own. It never tells one
guest the shorter way to another (icmp(7))."""


def cables(layout: Layout, options: Options) -> dict[str, list[str]]:
    """The ``ip`` commands that join gateway, WAN and access point, by namespace ("" is the machine's own, which keeps nothing of it). The
    WAN knows the hall's IPv6 prefix and not its IPv4 net, as the Internet does: what gets through over IPv4 is masqueraded."""
    whole = " gso_max_segs 1" if options.whole_frames else ""
    gw, wan, ap = layout.gateway, layout.wan, layout.access_point
    served = (f"{SITE}/32", f"{SITE6}/128", f"{GARDEN}/32", f"{GARDEN6}/128", f"{NAMESERVER}/32", f"{NAMESERVER6}/128")
    # nodad: for a moment an address is tentative even here, and the name server, which starts at once, could not use it.
    site = [f"addr add {address} dev lo{' nodad' if ':' in address else ''}" for address in served]
    return {
        "": [
            f"link add lan0 netns {gw} type veth peer name uplink netns {ap}",
            f"link add wan0 netns {gw} type veth peer name isp0 netns {wan}",
        ],
        ap: [
            "link add br0 type bridge forward_delay 0 mcast_snooping 0",
            "link set uplink master br0",
            "link set uplink up",
            "link set br0 up",
        ],
        gw: [
            "link set lo up",
            f"link set lan0 up{whole}",
            f"link set wan0 up{whole}",
            f"addr add {LAN_GATEWAY}/20 dev lan0",
            f"addr add {LAN_GATEWAY6}/64 dev lan0",
            f"addr add {LINK_GATEWAY}/24 dev wan0",
            f"addr add {LINK_GATEWAY6}/64 dev wan0",
            f"route add default via {LINK_WAN}",
            f"route add ::/0 via {LINK_WAN6}",
        ],
        wan: [
            "link set lo up",
            f"link set isp0 up{whole}",
            f"addr add {LINK_WAN}/24 dev isp0",
            f"addr add {LINK_WAN6}/64 dev isp0",
            *site,
            f"route add {LAN_PREFIX} via {LINK_GATEWAY6}",
        ],
    }


async def raise_links(layout: Layout, options: Options) -> None:
    """Make the three namespaces of a hall and everything between them."""
    for namespace in (layout.gateway, layout.wan, layout.access_point):
        await namespaces.command("ip", "netns", "add", namespace)
        namespaces.write_sysctls(namespace, _QUIET)
    namespaces.write_sysctls(layout.gateway, {**SYSCTLS, "ipv6/conf/default/forwarding": 1, "ipv6/conf/all/accept_ra": 0})
    namespaces.write_sysctls(layout.access_point, {"ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1})
    for namespace, commands in cables(layout, options).items():
        await namespaces.ip_batch(commands, namespace)


async def plug_in(layout: Layout, options: Options, phone: PhoneRecord) -> None:
    """Make a phone's namespace and its link to the access point; the link is down until the phone joins."""
    port, ap, ns = f"port{phone.number}", layout.access_point, phone.namespace
    await namespaces.command("ip", "netns", "add", ns)
    whole = " gso_max_segs 1" if options.whole_frames else ""
    await namespaces.ip_batch([f"link add wlan0 netns {ns} type veth peer name {port} netns {ap}"])
    await namespaces.ip_batch(["link set lo up", f"link set wlan0 address {phone.mac}{whole}"], ns)
    isolated = [f"link set {port} type bridge_slave isolated on"] if options.isolation else []
    await namespaces.ip_batch([f"link set {port} master br0", *isolated, f"link set {port} up"], ap)
    slaac = {
        "dad_transmits": 0,
        "accept_ra": 1,
        "router_solicitation_delay": 0,
        "router_solicitation_interval": 1,  # the first one may be lost: a bridge port forwards up to a second after its link is up
    }
    namespaces.write_sysctls(ns, {**_QUIET, **{f"ipv6/conf/wlan0/{key}": value for key, value in slaac.items()}})
