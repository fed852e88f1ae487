"""What the LAN guard finds (pure): words for staff, in German and English. Where it is stands in ``{port}``; "?" when nobody knows."""

from hotspot.looks.values import Severity
from hotspot.looks.words import Catalogue, Words

_FIND_GERMAN = (
    "Den Port {port} suchen: Er ist eine Buchse des Switches oder ein Access Point. Steht dort „?“ oder nur die Schnittstelle, zeigt der "
    "Befehl, welches Gerät spricht; der Switch und die Access Points wissen, wo es angeschlossen ist."
)
_FIND_ENGLISH = (
    'Look for port {port}: it is a socket of the switch or an access point. If it is "?" or only the interface, the command shows which '
    "device speaks; the switch and the access points know where it is plugged in."
)
# A switch that guards blindly cuts off the gateway itself: nobody would get an address any more.
_TRUST_GERMAN = "; zuvor den Port des Gateways dort als vertrauenswürdig (trusted) eintragen, sonst sperrt der Switch das Gateway aus."
_TRUST_ENGLISH = "; mark the gateway's port as trusted there first, or the switch shuts out the gateway."

GUARD: Catalogue = {
    "rogue-dhcp": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät verteilt im Gäste-WLAN Adressen aus {network} (Port {port}, {times}-mal gesehen).",
        english="A foreign device gives out addresses of {network} in the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Wer von ihm eine Adresse bekommt, kommt nicht ins Internet oder surft über ein Gerät, das mitlesen kann. "
        "Meist ist es ein mitgebrachter Router oder ein falsch gestecktes Kabel, manchmal ein Angriff.",
        meaning_english="Whoever gets an address from it does not reach the Internet, or surfs through a device that can listen. Mostly it "
        "is a router that somebody brought, or a cable in the wrong socket, sometimes an attack.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. „DHCP Snooping“ am Switch verhindert es künftig{_TRUST_GERMAN}",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. "DHCP snooping" at the switch prevents it from now on{_TRUST_ENGLISH}',
        command="tcpdump -eni {interface} -c 5 udp src port 67",
    ),
    "rogue-dhcp6": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät verteilt im Gäste-WLAN IPv6-Adressen oder Nameserver (Port {port}, {times}-mal gesehen).",
        english="A foreign device gives out IPv6 addresses or name servers in the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Handys fragen dann dieses Gerät nach Namen: Es kann sie auf falsche Seiten leiten.",
        meaning_english="Phones then ask this device for names: it can lead them to false pages.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. „DHCPv6 Guard“ am Switch verhindert es künftig{_TRUST_GERMAN}",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. "DHCPv6 guard" at the switch prevents it from now on{_TRUST_ENGLISH}',
        command="tcpdump -eni {interface} -c 5 udp src port 547",
    ),
    "rogue-ra": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät gibt sich im Gäste-WLAN als IPv6-Router aus (Port {port}, {times}-mal gesehen).",
        english="A foreign device says that it is the IPv6 router of the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Handys schicken ihren Verkehr an dieses Gerät: Seiten laden langsam oder nicht, oder jemand liest mit.",
        meaning_english="Phones send their traffic to this device: pages load slowly or not at all, or somebody listens.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. „RA Guard“ am Switch verhindert es künftig{_TRUST_GERMAN}",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. "RA guard" at the switch prevents it from now on{_TRUST_ENGLISH}',
        command="tcpdump -eni {interface} -c 5 'icmp6 and (ip6[40] == 134 or ip6[40] == 137)'",
    ),
    "gateway-address": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät benutzt die Adresse des Gateways (Port {port}, {times}-mal gesehen).",
        english="A foreign device uses the gateway's address (port {port}, seen {times} times).",
        meaning_german="Handys erreichen das Gateway zeitweise nicht, die Anmeldeseite kommt nicht, oder jemand liest mit.",
        meaning_english="At times phones do not reach the gateway, the page does not come up, or somebody listens.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken oder ihm eine andere Adresse geben. Die Trennung der Gäste (Client Isolation) "
        "in den Access Points schützt vor Handys, die das tun.",
        remedy_english=f"{_FIND_ENGLISH} Unplug it or give it another address. The isolation of guests in the access points protects from "
        "phones that do so.",
        command="tcpdump -eni {interface} -c 20 arp",
    ),
    "gateway-mac": Words(
        severity=Severity.URGENT,
        german="Im Gäste-WLAN spricht jemand mit der Kennung (MAC) des Gateways, oder eine Schleife schickt dessen Pakete zurück "
        "({times}-mal gesehen).",
        english="Somebody speaks with the gateway's own MAC in the guests' Wi-Fi, or a loop sends its packets back (seen {times} times).",
        meaning_german="Switches schicken Pakete an die falsche Stelle: Verbindungen stocken oder brechen ab.",
        meaning_english="Switches send packets to the wrong place: connections stall or break.",
        remedy_german="Am Switch nach einer Schleife suchen: ein Kabel mit beiden Enden in derselben Anlage. Den Schleifenschutz "
        "(Spanning Tree) einschalten. Meldet der Switch keine Schleife, zeigt seine MAC-Tabelle, wo das Gerät steckt.",
        remedy_english="Look for a loop at the switch: a cable with both ends in the same installation. Turn on protection against loops "
        "(spanning tree). If the switch knows of none, its table of MACs shows where the device is.",
        command="tcpdump -eni {interface} -Q in -c 5 ether src $(cat /sys/class/net/{interface}/address)",
    ),
    "address-spoofed": Words(
        severity=Severity.URGENT,
        german="Ein Gerät gibt sich als das Gerät eines anderen Gastes aus (Port {port}, {times}-mal gesehen).",
        english="A device says that it is another guest's device (port {port}, seen {times} times).",
        meaning_german="Es kann die Verbindung eines Gastes stören oder mitlesen. Seltener ist es ein Gerät mit einer fest eingestellten "
        "Adresse, die das Gateway schon vergeben hat.",
        meaning_english="It can disturb or overhear a guest's connection. More rarely it is a device with a fixed address that the gateway "
        "has given to somebody else.",
        remedy_german=f"{_FIND_GERMAN} In den Access Points die Trennung der Gäste (Client Isolation) einschalten. Geht es weiter: das "
        "Gerät am Access Point sperren.",
        remedy_english=f"{_FIND_ENGLISH} Turn on the isolation of guests in the access points. If it goes on, block the device at the "
        "access point.",
        command="tcpdump -eni {interface} -c 20 arp or icmp6",
    ),
    "mac-cloned": Words(
        severity=Severity.WARNING,
        german="Zwei Geräte benutzen dieselbe Kennung (MAC), eines davon an Port {port} ({times}-mal gesehen).",
        english="Two devices use the same MAC, one of them at port {port} (seen {times} times).",
        meaning_german="Jemand surft auf die Anmeldung eines anderen Gastes; dessen Verbindung stockt.",
        meaning_english="Somebody surfs on another guest's acceptance, whose connection stalls.",
        remedy_german="Der Befehl zeigt am Gateway, welche Kennung zwischen welchen Ports springt; mit Strg+C endet er. Sind es viele "
        "zugleich, ist es eine Schleife: ein Kabel mit beiden Enden im selben Netz suchen. Ist es eine, sie in der Geräteliste der Access "
        "Points suchen und dort sperren; das trifft beide Geräte. Dem Gast helfen: Er schaltet für dieses WLAN die private Adresse in "
        "seinem Handy aus und wieder ein und meldet sich neu an. Zeigt der Befehl nichts, ist es vorbei. Verhindern lässt es sich in einem "
        "WLAN ohne Kennwort nicht, und mehr als die kostenlose Zeit des Gastes ist dabei nicht zu holen.",
        remedy_english="At the gateway the command shows which MAC jumps between which ports; Ctrl+C ends it. If it is many at once, it is "
        "a loop: look for a cable with both ends in the same network. If it is one, find it in the access points' list of devices and "
        "block it there, which hits both. Help the guest: they turn the private address of this Wi-Fi off and on in their phone, and "
        "accept again. If the command shows nothing, it is over. In a Wi-Fi without a password it cannot be prevented, and there is no "
        "more to be had than the guest's free time.",
        command="bridge monitor fdb",
    ),
    "dhcp-starvation": Words(
        severity=Severity.URGENT,
        german="Jemand belegt mit erfundenen Geräten die Adressen des Gäste-WLANs (Port {port}, {times}-mal gesehen).",
        english="Somebody takes the addresses of the guests' Wi-Fi with devices that do not exist (port {port}, seen {times} times).",
        meaning_german="Sind alle Adressen belegt, kommt kein neuer Gast mehr ins WLAN.",
        meaning_english="Once all addresses are taken, no new guest gets onto the Wi-Fi.",
        remedy_german=f"{_FIND_GERMAN} Hängt es am Switch, dessen Port abschalten; hängt es am WLAN, das Gerät am Access Point sperren: In "
        "dessen Geräteliste steht es meist nur einmal. Die Adressen werden danach von selbst frei, wenn ihre Laufzeit endet (üblich: eine "
        "Stunde). Nicht die Datei der vergebenen Adressen leeren: Das Gateway vergäbe sie doppelt, und wer gerade surft, flöge hinaus. "
        "Eilt es, den Bereich dhcp-range vergrößern.",
        remedy_english=f"{_FIND_ENGLISH} If it is at the switch, turn its port off; if it is on the Wi-Fi, block the device at the access "
        "point: its list of devices mostly has it only once. Then the addresses become free by themselves when their leases end (usually "
        "an hour). Do not empty the file of leases: the gateway would give addresses twice, and whoever is online would be thrown out. If "
        "it is urgent, make dhcp-range larger.",
        command="tcpdump -eni {interface} -c 20 udp dst port 67",
    ),
    "lan-bridged": Words(
        severity=Severity.URGENT,
        german="Ein anderes Netz, vielleicht das der Verwaltung, hängt am Gäste-WLAN (Port {port}, Zeichen: {sign}, {times}-mal gesehen).",
        english="Another network, perhaps the administration's, is joined to the guests' Wi-Fi (port {port}, sign: {sign}, seen {times} "
        "times).",
        meaning_german="Gäste erreichen womöglich Rechner der Verwaltung, und deren Rechner landen im Gäste-WLAN.",
        meaning_english="Guests may reach the administration's computers, and these may land in the guests' Wi-Fi.",
        remedy_german=f"{_FIND_GERMAN} Meist ist es ein Access Point oder Switch, bei dem die Trennung der Netze (VLAN) fehlt, oder ein "
        "Kabel zwischen zwei Dosen. Das Kabel sofort ziehen, dann die Einstellung des Ports berichtigen.",
        remedy_english=f"{_FIND_ENGLISH} Mostly it is an access point or switch without the separation of networks (VLAN), or a cable "
        "between two sockets. Pull the cable at once, then mend the settings of the port.",
        command="tcpdump -eni {interface} -c 20 stp or vrrp or arp or udp port 137",
    ),
    "tree-changed": Words(
        severity=Severity.WARNING,
        german="Ein Switch, den der Wächter nicht kennt, führt jetzt das Gästenetz (Port {port}).",
        english="A switch that the guard does not know leads the guests' network now (port {port}).",
        meaning_german="Wurde gerade ein Switch eingebaut oder getauscht, ist alles in Ordnung. Wenn nicht, verbindet vielleicht ein Kabel "
        "das Gästenetz mit einem anderen Netz der Verwaltung: Dann erreichen Gäste womöglich deren Rechner.",
        meaning_english="If a switch has just been built in or replaced, all is well. If not, a cable may join the guests' network to "
        "another one of the administration: then guests may reach its computers.",
        remedy_german="Wer für die Switches zuständig ist, sieht an ihnen, welcher „Root Bridge“ ist; der Befehl zeigt dessen Kennung. "
        "Gehört er ins Gästenetz, ist nichts zu tun: Der Befund endet nach einem Tag. Gehört er nicht dazu, das Kabel zwischen beiden "
        "Netzen ziehen.",
        remedy_english='Whoever looks after the switches sees there which one is the "root bridge"; the command shows its MAC. If it '
        "belongs to the guests' network, there is nothing to do: the finding ends after a day. If it does not, pull the cable between the "
        "two.",
        command="tcpdump -vni {interface} -c 2 stp",
    ),
    "dhcp-relay": Words(
        severity=Severity.WARNING,
        german="Ein Gerät im Gäste-WLAN fragt als Relay für andere nach Adressen (Port {port}, {times}-mal gesehen).",
        english="A device in the guests' Wi-Fi asks for addresses for others, as a relay (port {port}, seen {times} times).",
        meaning_german="Für Gäste ist das nicht nötig, das Gateway hört sie selbst. Ein Access Point oder Switch ist falsch eingestellt, "
        "oder jemand versucht unerkannt Adressen zu belegen.",
        meaning_english="Guests do not need it, the gateway hears them itself. An access point or switch has a wrong setting, or somebody "
        "tries to take addresses unnoticed.",
        remedy_german=f"{_FIND_GERMAN} Ist es ein Access Point oder Switch, dort „DHCP Relay“ ausschalten; sonst das Gerät abstecken oder "
        "sperren.",
        remedy_english=f'{_FIND_ENGLISH} If it is an access point or a switch, turn off "DHCP relay" there; otherwise unplug or block it.',
        command="tcpdump -evni {interface} -c 5 udp dst port 67",
    ),
    "repeater": Words(
        severity=Severity.NOTICE,
        german="Ein Gerät spricht im Gäste-WLAN für andere (Port {port}, {times}-mal gesehen): ein Repeater, oder jemand, der sich für "
        "andere ausgibt.",
        english="A device speaks for others in the guests' Wi-Fi (port {port}, seen {times} times): a repeater, or somebody who says that "
        "they are others.",
        meaning_german="Gäste hinter einem Repeater, der für sie mit seiner Kennung spricht, kommen nicht ins Internet: Das Gateway lässt "
        "jedes Gerät nur mit der Adresse hinaus, die es selbst bekommen hat. Gehört kein Repeater ins Haus, hat jemand einen mitgebracht, "
        "oder ein Gerät gibt sich als das eines Gastes aus, der gerade schweigt.",
        meaning_english="Guests behind a repeater that speaks for them with its own MAC do not get onto the Internet: the gateway lets "
        "each device out only with the address that it was given itself. If no repeater belongs to the building, somebody has brought one, "
        "or a device says that it is that of a guest who is silent just now.",
        remedy_german="Einen Repeater des Hauses durch einen Access Point mit Kabel ersetzen oder auf „WDS“ oder „Mesh“ stellen. Gibt es "
        f"keinen: {_FIND_GERMAN}",
        remedy_english='Replace a repeater of the building by an access point with a cable, or set it to "WDS" or "mesh". If there is '
        f"none: {_FIND_ENGLISH}",
        command="tcpdump -eni {interface} -c 20 arp",
    ),
    "mac-flood": Words(
        severity=Severity.WARNING,
        german="Im Gäste-WLAN melden sich mehr Geräte oder Adressen, als der Wächter sich merken kann, zuletzt an Port {port}.",
        english="More devices or addresses speak in the guests' Wi-Fi than the guard can remember, last at port {port}.",
        meaning_german="Jemand erfindet Geräte, um Switches oder den Wächter zu überlasten: Pakete anderer gehen dann überallhin.",
        meaning_english="Somebody invents devices to overload switches or the guard: other people's packets are then sent everywhere.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken oder sperren. Kann der Switch die Zahl der Geräte je Port begrenzen (Port "
        "Security), hilft das an Dosen in der Wand; nicht an den Ports der Access Points, hinter denen alle Gäste sind.",
        remedy_english=f"{_FIND_ENGLISH} Unplug or block it. If the switch can limit the number of devices for each port (port security), "
        "that helps at sockets in the wall; not at the access points' ports, behind which all guests are.",
        command="bridge fdb show",
    ),
    "guard-overrun": Words(
        severity=Severity.NOTICE,
        german="Der Wächter kam an {interface} nicht mehr mit: Ihm ist etwas entgangen ({times}-mal).",
        english="The guard could not keep up at {interface}: it has missed something ({times} times).",
        meaning_german="Gäste merken nichts davon. Geschieht es oft, flutet jemand das Netz.",
        meaning_english="Guests do not notice. If it happens often, somebody floods the network.",
        remedy_german="Nachsehen, was dort gesendet wird; ist es viel mehr als sonst, das Gerät am Switch oder Access Point suchen.",
        remedy_english="See what is sent there; if it is much more than usual, find the device at the switch or access point.",
        command="tcpdump -eni {interface} -c 100",
    ),
    "guard-deaf": Words(
        severity=Severity.WARNING,
        german="Der Wächter hört an {interface} nichts: Die Schnittstelle fehlt oder ist aus.",
        english="The guard hears nothing at {interface}: the interface is missing or down.",
        meaning_german="Ist die Schnittstelle aus, hat kein Gast in dieser Zone WLAN.",
        meaning_english="If the interface is down, no guest of this zone has Wi-Fi.",
        remedy_german="Das Kabel zum Switch und den Namen der Schnittstelle in den Einstellungen prüfen.",
        remedy_english="Check the cable to the switch, and the name of the interface in the settings.",
        command="ip link show {interface}",
    ),
}
