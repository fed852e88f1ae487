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

GUARD: Catalogue = {
    "rogue-dhcp": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät verteilt im Gäste-WLAN Adressen aus {network} (Port {port}, {times}-mal gesehen).",
        english="A foreign device gives out addresses of {network} in the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Wer von ihm eine Adresse bekommt, kommt nicht ins Internet oder surft über ein Gerät, das mitlesen kann. "
        "Meist ist es ein mitgebrachter Router oder ein falsch gestecktes Kabel, manchmal ein Angriff.",
        meaning_english="Whoever gets an address from it does not reach the Internet, or surfs through a device that can listen. Mostly it "
        "is a router that somebody brought, or a cable in the wrong socket, sometimes an attack.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. Am Switch „DHCP Snooping“ einschalten, dann kann es nicht wieder geschehen.",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. Turn on "DHCP snooping" at the switch, then it cannot happen again.',
        command="tcpdump -eni {interface} -c 5 udp src port 67",
    ),
    "rogue-dhcp6": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät verteilt im Gäste-WLAN IPv6-Adressen oder Nameserver (Port {port}, {times}-mal gesehen).",
        english="A foreign device gives out IPv6 addresses or name servers in the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Handys fragen dann dieses Gerät nach Namen: Es kann sie auf falsche Seiten leiten.",
        meaning_english="Phones then ask this device for names: it can lead them to false pages.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. Am Switch „DHCPv6 Guard“ einschalten.",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. Turn on "DHCPv6 guard" at the switch.',
        command="tcpdump -eni {interface} -c 5 udp src port 547",
    ),
    "rogue-ra": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät gibt sich im Gäste-WLAN als IPv6-Router aus (Port {port}, {times}-mal gesehen).",
        english="A foreign device says that it is the IPv6 router of the guests' Wi-Fi (port {port}, seen {times} times).",
        meaning_german="Handys schicken ihren Verkehr an dieses Gerät: Seiten laden langsam oder nicht, oder jemand liest mit.",
        meaning_english="Phones send their traffic to this device: pages load slowly or not at all, or somebody listens.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken. Am Switch „RA Guard“ einschalten.",
        remedy_english=f'{_FIND_ENGLISH} Unplug it. Turn on "RA guard" at the switch.',
        command="tcpdump -eni {interface} -c 5 icmp6 and ip6[40] == 134",
    ),
    "gateway-address": Words(
        severity=Severity.URGENT,
        german="Ein fremdes Gerät benutzt die Adresse des Gateways (Port {port}, {times}-mal gesehen).",
        english="A foreign device uses the gateway's address (port {port}, seen {times} times).",
        meaning_german="Handys erreichen das Gateway zeitweise nicht, die Anmeldeseite kommt nicht, oder jemand liest mit.",
        meaning_english="At times phones do not reach the gateway, the page does not come up, or somebody listens.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät abstecken oder ihm eine andere Adresse geben. Am Switch „Dynamic ARP Inspection“ und in "
        "den Access Points die Trennung der Gäste einschalten.",
        remedy_english=f'{_FIND_ENGLISH} Unplug it or give it another address. Turn on "dynamic ARP inspection" at the switch and the '
        "isolation of guests in the access points.",
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
        remedy_german=f"{_FIND_GERMAN} In den Access Points die Trennung der Gäste (Client Isolation) einschalten, am Switch „Dynamic ARP "
        "Inspection“. Geht es weiter: das Gerät am Access Point sperren.",
        remedy_english=f'{_FIND_ENGLISH} Turn on the isolation of guests in the access points, and "dynamic ARP inspection" at the switch. '
        "If it goes on, block the device at the access point.",
        command="tcpdump -eni {interface} -c 20 arp or icmp6",
    ),
    "mac-cloned": Words(
        severity=Severity.WARNING,
        german="Zwei Geräte benutzen dieselbe Kennung (MAC), eines davon an Port {port} ({times}-mal gesehen).",
        english="Two devices use the same MAC, one of them at port {port} (seen {times} times).",
        meaning_german="Jemand surft auf die Anmeldung eines anderen Gastes; dessen Verbindung stockt.",
        meaning_english="Somebody surfs on another guest's acceptance, whose connection stalls.",
        remedy_german="In den Access Points die Trennung der Gäste und eine Verschlüsselung ohne gemeinsames Kennwort (OWE) einschalten. "
        "Mit „hotspot sessions“ die Verbindung finden, mit „hotspot block“ die Kennung sperren; der Gast bekommt mit einer neuen "
        "Kennung (private WLAN-Adresse neu erzeugen) wieder Zugang.",
        remedy_english="Turn on the isolation of guests and encryption without a shared password (OWE) in the access points. Find the "
        'session with "hotspot sessions", keep the MAC out with "hotspot block"; the guest gets in again with a new one (renew the '
        "private Wi-Fi address).",
        command="bridge monitor fdb",
    ),
    "dhcp-starvation": Words(
        severity=Severity.URGENT,
        german="Jemand belegt mit erfundenen Geräten die Adressen des Gäste-WLANs (Port {port}, {times}-mal gesehen).",
        english="Somebody takes the addresses of the guests' Wi-Fi with devices that do not exist (port {port}, seen {times} times).",
        meaning_german="Sind alle Adressen belegt, kommt kein neuer Gast mehr ins WLAN.",
        meaning_english="Once all addresses are taken, no new guest gets onto the Wi-Fi.",
        remedy_german=f"{_FIND_GERMAN} Das Gerät am Access Point oder am Switch sperren. Am Switch die Zahl der Geräte je Port begrenzen "
        "(Port Security) und „DHCP Snooping“ einschalten. Danach dnsmasq anhalten, seine Datei der vergebenen Adressen leeren, starten.",
        remedy_english=f"{_FIND_ENGLISH} Block the device at the access point or switch. Limit the number of devices for each port of the "
        'switch (port security) and turn on "DHCP snooping". Then stop dnsmasq, empty its file of leases, start it.',
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
    "mac-flood": Words(
        severity=Severity.WARNING,
        german="Im Gäste-WLAN melden sich mehr Geräte, als in ein Haus passen, zuletzt an Port {port}.",
        english="More devices than fit into the building speak in the guests' Wi-Fi, last at port {port}.",
        meaning_german="Jemand erfindet Geräte, um Switches oder den Wächter zu überlasten: Pakete anderer gehen dann überallhin.",
        meaning_english="Somebody invents devices to overload switches or the guard: other people's packets are then sent everywhere.",
        remedy_german=f"{_FIND_GERMAN} Am Switch die Zahl der Geräte je Port begrenzen (Port Security).",
        remedy_english=f"{_FIND_ENGLISH} Limit the number of devices for each port of the switch (port security).",
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
