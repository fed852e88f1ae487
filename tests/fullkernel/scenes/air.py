"""Over the air: a phone with a simulated radio walks the journey through the whole product, roams between two access points on one bridge
while a download runs, leaves and comes back; ``air OUT open|owe``. Needs mac80211_hwsim with three radios."""

import asyncio
import sys
import time
from pathlib import Path

from hotspot.lab import Hall, Options
from hotspot.lab.browse import open_connection
from hotspot.lab.layout import SITE
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from hotspot.lab.processes import line_in, start
from hotspot.lab.record import Started
from tests.fullkernel.scenes.stage import write
from tests.kernel.visits import PORTAL, Download, accept, online, sessions

PROBE = "http://connectivitycheck.gstatic.com/generate_204"
CHANNELS = {1: 2412, 6: 2437}
AWAY = 90.0
"""Seconds that the phone is out of reach: longer than the hall's neighbour table remembers it as reachable."""


def mac_of(interface: str) -> str:
    """The radio's own address."""
    return Path("/sys/class/net", interface, "address").read_text().strip()


async def move(interface: str, namespace: str) -> None:
    """Take a radio into a namespace."""
    phy = Path("/sys/class/net", interface, "phy80211/name").read_text().strip()
    await command("iw", "phy", phy, "set", "netns", "name", namespace)


async def raise_access_point(hall: Hall, interface: str, channel: int, mode: str) -> Started:
    """hostapd on one radio, its stations on the bridge of the hall."""
    await move(interface, hall.layout.access_point)
    lines = [f"interface={interface}", "bridge=br0", "driver=nl80211", "ssid=Town", "hw_mode=g", f"channel={channel}"]
    lines += ["wpa=2", "wpa_key_mgmt=OWE", "rsn_pairwise=CCMP", "ieee80211w=2"] if mode == "owe" else []
    settings, log = hall.folder.path / f"{interface}.conf", hall.folder.log(interface)
    settings.write_text("\n".join(lines) + "\n")
    started = start(interface, hall.layout.access_point, ["hostapd", "-t", str(settings)], log)
    await line_in(log, "AP-ENABLED", started)
    return started


class Radio:
    """The phone's side of the air."""

    def __init__(self, phone: Phone, hall: Hall) -> None:
        self.phone, self._hall = phone, hall
        self._log, self._control = hall.folder.log("supplicant"), hall.folder.path / "supplicant"
        self._process: Started | None = None

    async def associate(self, mode: str) -> None:
        """Start wpa_supplicant; returns when it is connected to one of the access points."""
        keys = "key_mgmt=OWE ieee80211w=2" if mode == "owe" else "key_mgmt=NONE"
        network = "\n ".join(['ssid="Town"', f"scan_freq={' '.join(map(str, CHANNELS.values()))}", *keys.split()])
        settings = self._hall.folder.path / "supplicant.conf"
        settings.write_text(f"ctrl_interface={self._control}\nnetwork={{\n {network}\n}}\n")
        words = ["wpa_supplicant", "-t", "-D", "nl80211", "-i", "wlan0", "-c", str(settings)]
        self._process = start("supplicant", self.phone.namespace, words, self._log)
        await line_in(self._log, "CTRL-EVENT-CONNECTED", self._process, 60)

    async def order(self, event: str, *words: str) -> None:
        """Tell wpa_supplicant something, and wait until it reports ``event``."""
        assert self._process is not None
        offset = self._log.stat().st_size
        said = await command("ip", "netns", "exec", self.phone.namespace, "wpa_cli", "-p", str(self._control), "-i", "wlan0", *words)
        assert said.strip() == "OK", said
        await line_in(self._log, event, self._process, 60, offset)

    async def status(self) -> dict[str, str]:
        """What wpa_supplicant says of the connection."""
        said = await command("ip", "netns", "exec", self.phone.namespace, "wpa_cli", "-p", str(self._control), "-i", "wlan0", "status")
        return dict(line.partition("=")[::2] for line in said.splitlines())


async def with_radio(hall: Hall) -> Radio:
    """A phone of the hall whose wlan0 is the third radio instead of a cable."""
    phone = await hall.add_phone("anna", mac_of("wlan2"))
    await command("ip", "-n", phone.namespace, "link", "del", "wlan0")
    await move("wlan2", phone.namespace)
    await command("ip", "-n", phone.namespace, "link", "set", "wlan2", "name", "wlan0")
    return Radio(phone, hall)


async def probe(phone: Phone) -> int:
    """What the phone's own test for a captive portal gets."""
    return (await phone.get(PROBE)).status


async def roam(radio: Radio, hall: Hall, there: str) -> dict[str, object]:
    """To the other access point while a download runs."""
    reader, writer = await open_connection(radio.phone.namespace, SITE, 80)
    writer.write(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")
    download = Download(reader)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(download.run())
        await asyncio.sleep(2)  # so long it runs over the first access point
        before, began = download.received, time.monotonic()
        await radio.order(f"CTRL-EVENT-CONNECTED - Connection to {there}", "roam", there)
        took = time.monotonic() - began
        await asyncio.sleep(5)  # and so long over the second
        running.cancel()
    writer.transport.abort()
    return {
        "to": (await radio.status())["bssid"] == there,
        "took": round(took, 3),
        "gap": round(download.longest_gap, 3),
        "before": before,
        "after": download.received - before,
        "sessions": len(sessions(hall)),
        "probe": await probe(radio.phone),
    }


async def walk(mode: str) -> dict[str, object]:
    """The journey."""
    async with Hall("air", Options()) as hall:
        points = {mac_of(interface): interface for interface in ("wlan0", "wlan1")}
        for interface, channel in zip(points.values(), CHANNELS, strict=True):
            await raise_access_point(hall, interface, channel, mode)
        radio = await with_radio(hall)
        phone = radio.phone
        await radio.associate(mode)
        await phone.join()
        address, said = phone.lease.ip, await radio.status()
        found: dict[str, object] = {"mode": mode, "key": said["key_mgmt"]}
        found["captive"] = [await probe(phone), await online(phone)]
        found["accept"] = (await accept(phone)).status
        found["online"] = [await probe(phone), await online(phone)]
        (code,) = (row.code for row in sessions(hall))
        (other,) = (mac for mac in points if mac != said["bssid"])
        found["roam"] = await roam(radio, hall, other)
        await radio.order("CTRL-EVENT-DISCONNECTED", "disconnect")
        await asyncio.sleep(AWAY)  # how long it is gone
        await radio.order("CTRL-EVENT-CONNECTED", "reconnect")
        page = await phone.get(PORTAL)
        found["back"] = [await probe(phone), await online(phone), phone.lease.ip == address, code in page.text]
        found["sessions"] = [row.code == code for row in sessions(hall)]
    return found


if __name__ == "__main__":
    write(asyncio.run(walk(sys.argv[2])))
