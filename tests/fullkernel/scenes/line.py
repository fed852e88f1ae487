"""``hotspot measure-line`` against a line whose rates are known: ``line OUT DOWN UP`` in Mbit/s at layer 3, each behind a queue as a modem
has it. Where the kernel has netem, the line also has a delay."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from firewall.shaper import wire_rate
from hotspot.lab.layout import SITE_PORTS
from tests.fullkernel.scenes.stage import MEGA, until, write
from tests.kernel.wires import INTERNET4, Wires, raised

QUEUE = 150_000
"""Bytes: 60 ms at 20 Mbit/s, 240 ms at 5."""
DELAY_MS = 10
"""Each way."""


def put_modem(wires: Wires) -> None:
    """A modem between the gateway and the Internet: a bridge in a place of its own, for who sends into its own queue holds back."""
    modem, gw, wan = (wires.namespace(place) for place in ("modem", "gw", "wan"))
    wires.names.append("modem")
    subprocess.run(["ip", "netns", "add", modem], check=True)
    wires.run("gw", "ip", "link", "del", "wan0")
    script = f"""
        ip -n {modem} link add br0 type bridge forward_delay 0
        ip -n {modem} link add lan type veth peer name wan0 netns {gw}
        ip -n {modem} link add line type veth peer name eth0 netns {wan}
        for port in lan line; do ip -n {modem} link set $port master br0; ip -n {modem} link set $port up gso_max_segs 1; done
        ip -n {modem} link set br0 up
        ip -n {gw} link set wan0 up gso_max_segs 1; ip -n {wan} link set eth0 up gso_max_segs 1
        ip -n {gw} addr add 203.0.113.2/24 dev wan0; ip -n {wan} addr add 203.0.113.1/24 dev eth0
        ip -n {gw} route add default via 203.0.113.1"""
    subprocess.run(["sh", "-ec", script], check=True)


def limit(wires: Wires, interface: str, rate: int) -> None:
    """The modem in one direction: a rate with one long queue before it, and a delay where the kernel has netem."""
    wire = f"{wire_rate(rate) * 8}bit"
    tc = ("tc", "qdisc", "add", "dev", interface)
    wires.run("modem", *tc, "root", "handle", "1:", "htb", "default", "1")
    wires.run("modem", "tc", "class", "add", "dev", interface, "parent", "1:", "classid", "1:1", "htb", "rate", wire, "burst", "3100b")
    waiting = QUEUE // 1_500 + rate * DELAY_MS // 1_000 // 12_000
    delayed = wires.run("modem", *tc, "parent", "1:1", "netem", "delay", f"{DELAY_MS}ms", "limit", str(waiting), check=False)
    if delayed.returncode != 0:
        wires.run("modem", *tc, "parent", "1:1", "bfifo", "limit", str(QUEUE))


def main() -> None:
    """Both directions, as a program would read them."""
    rates = {"down": round(float(sys.argv[2]) * MEGA), "up": round(float(sys.argv[3]) * MEGA)}
    with raised(0) as wires, tempfile.TemporaryDirectory() as folder:
        put_modem(wires)
        limit(wires, "lan", rates["down"])
        limit(wires, "line", rates["up"])
        log = Path(folder) / "site.log"
        site = wires.start("wan", sys.executable, "-P", "-m", "hotspot.lab.site", log=log)
        try:
            until(lambda: "site serves" in log.read_text(), 60)
            base = f"http://{INTERNET4}:{SITE_PORTS[1]}"
            words = ["-P", "-m", "hotspot", "measure-line", "--down", f"{base}/bytes/10000000000", "--up", f"{base}/sink"]
            done = wires.run("gw", sys.executable, *words, "--seconds", "2", "--json", check=False, timeout=600)
            if done.returncode != 0:
                raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
            write({"lines": json.loads(done.stdout), "rates": rates})
        finally:
            site.kill()
            site.wait()


if __name__ == "__main__":
    main()
