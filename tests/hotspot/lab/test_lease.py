"""What udhcpc runs never touches the machine's own name servers, wherever it is called."""

import asyncio
from pathlib import Path

LEASE = Path(__file__).parents[3] / "hotspot" / "lab" / "lease.sh"


async def test_the_machines_own_file_is_left_alone(tmp_path: Path) -> None:
    """Outside a phone's namespace it refuses, before it does anything."""
    before = Path("/etc/resolv.conf").read_bytes()
    elsewhere, lease = tmp_path / "resolv.conf", tmp_path / "lease"
    elsewhere.write_text("")
    for event in ("deconfig", "bound", "renew"):
        # the interface does not exist: should it not refuse, `ip` would fail, and the file would be written all the same
        given = {"interface": "no-such0", "ip": "198.18.0.9", "router": "198.18.0.1", "LEASE": str(lease), "RESOLV": str(elsewhere)}
        script = await asyncio.create_subprocess_exec("/bin/sh", LEASE, event, env=given, stderr=asyncio.subprocess.PIPE)
        _, said = await script.communicate()
        assert (script.returncode, said.decode()) == (1, f"refused {event}: /etc/resolv.conf is not {elsewhere}\n")
    assert (Path("/etc/resolv.conf").read_bytes(), elsewhere.read_text(), lease.exists()) == (before, "", False)
