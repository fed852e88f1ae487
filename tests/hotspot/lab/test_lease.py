"""What udhcpc runs never touches the machine's own name servers, wherever it is called."""

import asyncio
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

LEASE = Path(__file__).parents[3] / "hotspot" / "lab" / "lease.sh"


async def test_the_machines_own_file_is_left_alone(tmp_path: Path) -> None:
    """Where the file in ``/etc`` is not the phone's it refuses, before it does anything. A file of the test stands in for the machine's."""
    machine, phone, lease = tmp_path / "machine", tmp_path / "phone", tmp_path / "lease"
    machine.write_text("nameserver 198.18.0.53\n")
    phone.write_text("")
    for event in ("deconfig", "bound", "renew"):
        # the interface does not exist: should it not refuse, `ip` would fail, and the file would be written all the same
        given = {"interface": "no-such0", "ip": "198.18.0.9", "router": "198.18.0.1", "LEASE": str(lease), "RESOLV": str(phone)}
        words = [
            "unshare",
            "--mount",
            "sh",
            "-c",
            'mount --bind "$1" /etc/resolv.conf && exec sh "$2" "$3"',
            "-",
            str(machine),
            str(LEASE),
            event,
        ]
        script = await asyncio.create_subprocess_exec(*words, env={**given, "PATH": "/usr/sbin:/usr/bin"}, stderr=asyncio.subprocess.PIPE)
        _, said = await script.communicate()
        assert (script.returncode, said.decode()) == (1, f"refused {event}: /etc/resolv.conf is not {phone}\n")
    assert (machine.read_text(), phone.read_text(), lease.exists()) == ("nameserver 198.18.0.53\n", "", False)
