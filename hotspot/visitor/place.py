"""The visitor's interface: a new one on the guest side in a namespace of its own, or one that is there already. Root only; the visit's
unit, which is not root, is plugged in by another program (``plug``).

On a bridge it is a veth pair with one end in the bridge; on any other interface a macvlan, which reaches the network but never its own
machine (that is how macvlan works). So where this machine is the router of that network it is a veth pair again, and
``relay`` carries its frames.
A namespace without a name goes, with all that is in it, when the process ends, however it ends.
"""

import contextlib
import ctypes
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hotspot.visitor import relay
from hotspot.visitor.programs import CannotLook, NoInterface, ip, tc

NAME: Final = "visit0"
"""Of the interface in the namespace of its own."""
_CLONE_NEWNET: Final = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def fresh_mac() -> str:
    """A random MAC address, locally administered, never a group's."""
    first, *rest = secrets.token_bytes(6)
    return ":".join(f"{byte:02x}" for byte in (first & 0xFC | 0x02, *rest))


def link_local(mac: str) -> str:
    """The link-local address of ``mac`` (RFC 4291 appendix A)."""
    return "fe80::" + eui64(mac)


def eui64(mac: str) -> str:
    """The lower half of the addresses that ``mac`` gives itself, as four groups."""
    raw = bytes.fromhex(mac.replace(":", ""))
    whole = bytes([raw[0] ^ 2, *raw[1:3], 0xFF, 0xFE, *raw[3:]]).hex()
    return ":".join(whole[at : at + 4] for at in range(0, 16, 4))


def is_bridge(interface: str) -> bool:
    """Has the interface ports?"""
    return Path("/sys/class/net", interface, "bridge").exists()


def routes(interface: str) -> bool:
    """Is this machine a router on that interface?"""
    return Path("/proc/sys/net/ipv4/conf", interface, "forwarding").read_text().strip() == "1"


def keeps_apart(bridge: str) -> bool:
    """Has the bridge isolated ports? Then a visitor's is one as well, as those of guests are."""
    return any(port.read_text().strip() == "1" for port in Path("/sys/class/net", bridge).glob("brif/*/isolated"))


@contextlib.contextmanager
def guest_side(interface: str, here: bool, mac: str) -> Iterator[str]:
    """The name of an interface that is up, has ``mac`` and only a link-local address. Raises ``CannotLook``."""
    if not Path("/sys/class/net", interface).exists():
        raise NoInterface(f"interface = {interface!r}: expected an interface of this machine")
    if os.geteuid() != 0:
        raise CannotLook("cannot set up the guest side: a visit makes namespaces and raw sockets, and needs root")
    if here:
        ip([f"address flush dev {interface}", f"link set {interface} address {mac}"])
        with ready(interface, mac):
            yield interface
        return
    with _own_namespace(interface, mac), ready(NAME, mac):
        yield NAME


@contextlib.contextmanager
def ready(interface: str, mac: str) -> Iterator[None]:
    """Up, without an address that the kernel would make by itself: the visit sees to these as it reads what it is told."""
    for key, value in (("disable_ipv6", 0), ("accept_ra", 0), ("autoconf", 0), ("dad_transmits", 0), ("addr_gen_mode", 1)):
        path = Path("/proc/sys/net/ipv6/conf", interface, key)
        if path.exists():  # not where the kernel has no IPv6
            path.write_text(f"{value}\n")
    ip([f"link set {interface} up", f"address replace {link_local(mac)}/64 dev {interface} nodad"])
    try:
        yield
    finally:
        with contextlib.suppress(CannotLook):  # the interface may be gone
            ip([f"address flush dev {interface}"])


@contextlib.contextmanager
def _own_namespace(interface: str, mac: str) -> Iterator[None]:
    """In a namespace of this process with ``NAME`` on ``interface`` in it; back where it was afterwards."""
    outer = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    inner = -1
    cable = f"visit{os.getpid()}"
    try:
        _check(_libc.unshare(_CLONE_NEWNET))
        inner = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _check(_libc.setns(outer, _CLONE_NEWNET))
        with plugged(interface, cable, mac, inner):
            _check(_libc.setns(inner, _CLONE_NEWNET))
            try:
                ip(["link set lo up"])
                yield
            finally:
                _libc.setns(outer, _CLONE_NEWNET)
    finally:
        _libc.setns(outer, _CLONE_NEWNET)
        for handle in (inner, outer):
            if handle >= 0:
                os.close(handle)


@contextlib.contextmanager
def plugged(interface: str, cable: str, mac: str, inner: int) -> Iterator[None]:
    """``NAME`` is in the namespace ``inner`` and reaches what is on ``interface``; this thread is in the outer one inside and at
    the end. Raises ``CannotLook``."""
    if not Path("/sys/class/net", interface).exists():
        raise NoInterface(f"interface = {interface!r}: expected an interface of this machine")
    there = f"netns /proc/self/fd/{inner}"
    bridge = is_bridge(interface)
    if not bridge and not routes(interface):
        ip([f"link add link {interface} name {NAME} address {mac} {there} type macvlan mode bridge"], inner)
        yield
        return
    ip([f"link add {cable} type veth peer name {NAME} address {mac} {there}"], inner)
    try:
        if bridge:
            isolated = [f"link set {cable} type bridge_slave isolated on"] if keeps_apart(interface) else []
            ip([f"link set {cable} master {interface}", *isolated, f"link set {cable} up"])
            yield
            return
        own = Path("/sys/class/net", interface, "address").read_text().strip()  # the cable takes what is for the gateway as its own
        ip([f"link set {cable} addrgenmode none address {own}", f"link set {cable} up"])
        tc(relay.wiring(cable, interface))
        with _relayed(interface, cable, mac):
            yield
    finally:
        with contextlib.suppress(CannotLook):
            ip([f"link del {cable}"])


@contextlib.contextmanager
def _relayed(interface: str, cable: str, mac: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(relay.relayed(interface, cable, mac))
        except OSError as error:
            raise CannotLook(f"cannot reach the guest side at {interface}: {error.strerror}") from None
        yield


def _check(result: int) -> None:
    """Raise when a call of libc failed."""
    if result != 0:
        code = ctypes.get_errno()
        raise CannotLook(f"cannot make a network namespace: {os.strerror(code)}")
