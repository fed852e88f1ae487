"""A hall in words: everything that a person or a program needs to know to use it."""

from typing import Any

from msgspec import Struct

from hotspot.lab import layout as at
from hotspot.lab.hall import Hall
from hotspot.lab.phone import Phone


class PhoneIs(Struct, frozen=True):
    """A phone: ``ip netns exec <namespace> …`` runs any program as it."""

    name: str
    namespace: str
    interface: str
    mac: str
    ipv4: str = ""
    ipv6: str = ""
    router: str = ""
    dns: tuple[str, ...] = ()


class HallIs(Struct, frozen=True):
    """What ``hotspot lab up --json`` prints."""

    hall: str
    namespaces: dict[str, str]
    interfaces: dict[str, str]
    addresses: dict[str, str]
    names: dict[str, str]
    ports: dict[str, int]
    urls: dict[str, str]
    sockets: dict[str, str]
    settings: dict[str, str]
    logs: str
    remark: str
    phones: tuple[PhoneIs, ...] = ()


def phone_is(phone: Phone, joined: bool = True) -> PhoneIs:
    """A phone in words; its addresses when it has ``joined``."""
    plain = PhoneIs(phone.name, phone.namespace, "wlan0", phone.mac)
    if not joined:
        return plain
    lease = phone.lease
    return PhoneIs(phone.name, phone.namespace, "wlan0", phone.mac, lease.ip, at.slaac_address(phone.mac), lease.router, lease.dns)


def hall_is(hall: Hall) -> HallIs:
    """A hall in words."""
    layout, folder = hall.layout, hall.folder
    scheme = "https" if hall.options.tls else "http"
    product = hall.options.gateway
    return HallIs(
        hall=layout.hall,
        namespaces={"gateway": layout.gateway, "wan": layout.wan, "access_point": layout.access_point},
        interfaces={"gateway_lan": "lan0", "gateway_wan": "wan0", "wan": "isp0", "access_point_bridge": "br0", "phone": "wlan0"},
        addresses={
            "lan": at.LAN_NET,
            "lan_ipv6": at.LAN_PREFIX,
            "gateway": at.LAN_GATEWAY,
            "gateway_ipv6": at.LAN_GATEWAY6,
            "gateway_wan": at.LINK_GATEWAY,
            "gateway_wan_ipv6": at.LINK_GATEWAY6,
            "site": at.SITE,
            "site_ipv6": at.SITE6,
            "name_server": at.NAMESERVER,
            "name_server_ipv6": at.NAMESERVER6,
        },
        names={"portal": at.PORTAL_NAME, "page": "www.town.example", "download": "download.town.example"},
        ports={
            "capture": at.CAPTURE_PORT,
            "portal": at.PORTAL_PORT,
            "portal_tls": at.PORTAL_TLS_PORT,
            "management": at.MANAGEMENT_PORT,
            "site": at.SITE_PORTS[0],
            "site_other": at.SITE_PORTS[1],
            "site_tls": at.SITE_TLS_PORT,
        },
        urls={"portal": f"{scheme}://{at.PORTAL_NAME}/", "page": "http://www.town.example/", "metrics": management_url("/metrics")},
        sockets={"firewall": str(folder.firewall_socket), "control": str(folder.control_socket)} if product else {},
        settings={"firewall": str(folder.firewall_config), "portal": str(folder.portal_config)} if product else {},
        logs=str(folder.logs),
        remark=hall.remark,
    )


def management_url(path: str) -> str:
    """A page of the management listener, as it is called inside the gateway's namespace."""
    return f"http://127.0.0.1:{at.MANAGEMENT_PORT}{path}"


def lines(value: Struct) -> list[str]:
    """The same for a person: ``key  value``, tables flattened, nothing empty."""
    flat: list[tuple[str, str]] = []

    def spread(name: str, item: Any) -> None:
        if isinstance(item, dict):
            for key, inner in item.items():
                spread(f"{name}.{key}", inner)
        elif isinstance(item, tuple):
            if item:
                flat.append((name, " ".join(map(str, item))))
        elif item != "":
            flat.append((name, str(item)))

    for name in value.__struct_fields__:
        spread(name, getattr(value, name))
    width = max(len(name) for name, _ in flat)
    return [f"{name.ljust(width)}  {text}" for name, text in flat]
