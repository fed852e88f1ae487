"""What a visit may ask to be plugged into, and what whoever plugs it in answers to anything else."""

import json
import os
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from hotspot.visitor import plug
from hotspot.visitor.programs import CannotLook, NoInterface

MAC = "02:00:00:00:00:0a"


def request(interface: str = "br-guest", mac: str = MAC) -> bytes:
    """As it comes."""
    return json.dumps({"interface": interface, "mac": mac}).encode()


def test_a_request_is_read() -> None:
    """Name and address as they are."""
    assert plug.read(request("guests.10")) == plug.Wanted("guests.10", MAC)


@pytest.mark.parametrize("interface", ["", "..", ".", "a b", "br0\nlink del br0", "../../etc", "x" * 16, "-batch/"])
def test_names_that_no_interface_has(interface: str) -> None:
    """Nothing of them reaches a command or a path."""
    with pytest.raises(NoInterface, match=r"^interface = .*expected an interface of this machine"):
        plug.read(request(interface))


@pytest.mark.parametrize("mac", ["", "00:00:5e:00:01:0a", "03:00:00:00:00:0a", "02-00-00-00-00-0a", f"{MAC}\n", "ff:ff:ff:ff:ff:ff"])
def test_addresses_that_no_visit_has(mac: str) -> None:
    """Of another device, of a group, or none."""
    with pytest.raises(CannotLook, match=r"^mac = .*expected one of a single device"):
        plug.read(request(mac=mac))


@pytest.mark.parametrize(
    "content", [b"", b"?", b"[]", b'{"interface":"a"}', b'{"interface":"a","mac":1}', b"\xff", request()[:-1] + b',"x":1}']
)
def test_what_is_no_request(content: bytes) -> None:
    """Is refused with words."""
    with pytest.raises(CannotLook, match="^cannot understand the request"):
        plug.read(content)


def test_nothing_is_plugged_in_but_into_a_network_of_its_own() -> None:
    """Without a namespace, with a file in its place, with the hall's own; who hangs up at once ends nothing; then nobody comes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder, "plug")
        listening.bind(str(path))
        listening.listen()
        serving = threading.Thread(target=plug.serve, args=(listening, 0.3))
        serving.start()
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            told = []
            for handles in ([], [os.dup(own)], [os.open("/dev/null", os.O_RDONLY)], [os.dup(own), os.dup(own)]):
                with socket.socket(socket.AF_UNIX) as asking:
                    asking.connect(str(path))
                    socket.send_fds(asking, [request("lo")], handles)
                    told.append(json.loads(asking.recv(4_096))["error"])
                for handle in handles:
                    os.close(handle)
                with socket.socket(socket.AF_UNIX) as asking:
                    asking.connect(str(path))
            assert told == ["cannot plug anything in: expected a network namespace, and not the hall's own"] * 4
            with pytest.raises(NoInterface, match="expected an interface"), plug.guest_side(path, "no/name", MAC):
                pass
        finally:
            os.close(own)
            serving.join(10)
        assert not serving.is_alive()
    with pytest.raises(CannotLook, match=r"hotspot-visit-plug does not answer at .*: No such file"), plug.guest_side(path, "lo", MAC):
        pass


def test_it_is_not_for_hands() -> None:
    """Without a socket of systemd's it says so."""
    with pytest.raises(CannotLook, match="LISTEN_FDS: expected one socket from systemd"):
        plug.inherited()
