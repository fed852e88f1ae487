"""Words of the doctor (pure): certificate, clock, hub, versions."""

from hotspot.looks.values import Severity
from hotspot.looks.words import Words

TRUST = {
    "certificate-none": Words(
        severity=Severity.NOTICE,
        german="Das Portal hat kein Zertifikat",
        english="The portal has no certificate",
        meaning_german="Handys finden die Anmeldeseite nur durch ihre eigenen Proben; manche zeigen sie später oder gar nicht.",
        meaning_english="Phones find the page by their own probes alone; some show it late or not at all.",
        remedy_german="Ein Zertifikat für den Namen des Portals besorgen und certificate und key in portal.toml setzen (docs/phones.md).",
        remedy_english="Get a certificate for the portal's name and set certificate and key in portal.toml (docs/phones.md).",
    ),
    "certificate-missing": Words(
        severity=Severity.URGENT,
        german="Die Adresse des Portals beginnt mit https, aber es gibt kein Zertifikat",
        english="The portal's address begins with https, but there is no certificate",
        meaning_german="Handys öffnen die Anmeldeseite nicht.",
        meaning_english="Phones do not open the page.",
        remedy_german="certificate und key in portal.toml setzen, oder portal_url mit http beginnen lassen.",
        remedy_english="Set certificate and key in portal.toml, or let portal_url begin with http.",
    ),
    "certificate-unreadable": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat ist nicht zu gebrauchen: {why_german}",
        english="The certificate cannot be used: {why}",
        meaning_german="Spätestens nach dem nächsten Start des Portals kommen Besucher nur noch auf die Anmeldeseite ohne TLS.",
        meaning_english="After the portal's next start, at the latest, visitors only get to the page without TLS.",
        remedy_german="Die Dateien aus portal.toml prüfen: certificate ist die ganze Kette, key der Schlüssel ohne Passwort.",
        remedy_english="Check the files in portal.toml: certificate is the whole chain, key the key without a password.",
    ),
    "certificate-key-differs": Words(
        severity=Severity.URGENT,
        german="Schlüssel und Zertifikat gehören nicht zusammen",
        english="Key and certificate do not belong together",
        meaning_german="Spätestens nach dem nächsten Start des Portals kommen Besucher nur noch auf die Anmeldeseite ohne TLS.",
        meaning_english="After the portal's next start, at the latest, visitors only get to the page without TLS.",
        remedy_german="Beide Dateien aus derselben Ausstellung nehmen; oft blieb bei einer Verlängerung eine alte liegen.",
        remedy_english="Take both files from the same issue; often an old one was left behind by a renewal.",
        command="systemctl reload hotspot-portal",
    ),
    "certificate-ended": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat ist seit {days_german} Tagen abgelaufen",
        english="The certificate ended {days} days ago",
        meaning_german=(
            "Solange leitet das Gateway Besucher auf die Anmeldeseite ohne TLS: Sie kommen online. Wer die Seite über https öffnet, sieht "
            "eine Warnung."
        ),
        meaning_english=(
            "Meanwhile the gateway leads visitors to the page without TLS: they get online. Whoever opens the page by https sees a warning."
        ),
        remedy_german="Die Dateien aus portal.toml erneuern; das Portal nimmt die neuen von selbst.",
        remedy_english="Renew the files in portal.toml; the portal takes new ones by itself.",
        command="grep -E '^(certificate|key) ' /etc/hotspot/portal.toml",
    ),
    "certificate-of-hub-ended": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat vom Hub ist seit {days_german} Tagen abgelaufen und nicht verlängert; angefragt seit: {since_german}",
        english="The certificate from the hub ended {days} days ago and was not renewed; asked for since: {since}",
        meaning_german=(
            "Solange leitet das Gateway Besucher auf die Anmeldeseite ohne TLS: Sie kommen online. Wer die Seite über https öffnet, sieht "
            "eine Warnung."
        ),
        meaning_english=(
            "Meanwhile the gateway leads visitors to the page without TLS: they get online. Whoever opens the page by https sees a warning."
        ),
        remedy_german="Am Hub bei diesem Rathaus nachsehen, worauf die Anfrage wartet; hier, ob der Hub erreichbar ist und die Uhr stimmt.",
        remedy_english=(
            "See at the hub, at this hall, what the request waits for; here, whether the hub can be reached and the clock is right."
        ),
        command="journalctl -u hotspot-portal -g certificate -n 20; hotspot status",
    ),
    "certificate-ends-soon": Words(
        severity=Severity.WARNING,
        german="Das Zertifikat endet in {days_german} Tagen",
        english="The certificate ends in {days} days",
        meaning_german="Danach kommen Besucher nur noch auf die Anmeldeseite ohne TLS; über https sehen sie eine Warnung.",
        meaning_english="From then on visitors only get to the page without TLS; by https they see a warning.",
        remedy_german="Die Dateien aus portal.toml erneuern und nachsehen, warum es nicht von selbst geschah.",
        remedy_english="Renew the files in portal.toml, and find out why it was not done by itself.",
        command="grep -E '^(certificate|key) ' /etc/hotspot/portal.toml",
    ),
    "certificate-pending": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat, das über den Hub kommt, ist noch nicht da; angefragt ist es seit {since_german}",
        english="The certificate that comes by the hub is not there yet; it was asked for {since} ago",
        meaning_german="Handys finden die Anmeldeseite nur durch ihre eigenen Proben; wer sie über https öffnet, sieht eine Warnung.",
        meaning_english="Phones find the page by their own probes alone; whoever opens it by https sees a warning.",
        remedy_german="Bis zu einer Stunde ist das üblich. Danach am Hub bei diesem Rathaus nachsehen, worauf die Anfrage wartet.",
        remedy_english="Up to an hour that is usual. After that see at the hub, at this hall, what the request waits for.",
        command="journalctl -u hotspot-portal -g certificate -n 20",
    ),
    "certificate-not-asked-for": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat soll über den Hub kommen und ist dort noch nicht angefragt",
        english="The certificate shall come by the hub and was not asked for there yet",
        meaning_german="Handys finden die Anmeldeseite nur durch ihre eigenen Proben; wer sie über https öffnet, sieht eine Warnung.",
        meaning_english="Phones find the page by their own probes alone; whoever opens it by https sees a warning.",
        remedy_german="Das Portal fragt von selbst, sobald es läuft und am Hub angemeldet ist; sein Protokoll sagt, warum nicht.",
        remedy_english="The portal asks by itself as soon as it runs and is enrolled at the hub; its log says why not.",
        command="systemctl status hotspot-portal; journalctl -u hotspot-portal -g certificate -n 20",
    ),
    "certificate-not-renewed": Words(
        severity=Severity.WARNING,
        german="Das Zertifikat vom Hub gilt noch {days_german} Tage und ist nicht verlängert; angefragt seit: {since_german}",
        english="The certificate from the hub has {days} days left and is not renewed; asked for since: {since}",
        meaning_german="Ist es abgelaufen, kommen Besucher nur noch auf die Anmeldeseite ohne TLS; über https sehen sie eine Warnung.",
        meaning_english="When it has ended, visitors only get to the page without TLS; by https they see a warning.",
        remedy_german="Am Hub bei diesem Rathaus nachsehen, worauf die Anfrage wartet; hier, ob der Hub erreichbar ist.",
        remedy_english="See at the hub, at this hall, what the request waits for; here, whether the hub can be reached.",
        command="journalctl -u hotspot-portal -g certificate -n 20; hotspot status",
    ),
    "certificate-not-yet": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat gilt noch nicht",
        english="The certificate is not valid yet",
        meaning_german=(
            "Solange leitet das Gateway Besucher auf die Anmeldeseite ohne TLS: Sie kommen online. Wer die Seite über https öffnet, sieht "
            "eine Warnung."
        ),
        meaning_english=(
            "Meanwhile the gateway leads visitors to the page without TLS: they get online. Whoever opens the page by https sees a warning."
        ),
        remedy_german="Die Uhr des Gateways prüfen; geht sie richtig, ein anderes Zertifikat nehmen.",
        remedy_english="Check the gateway's clock; if it is right, use another certificate.",
        command="timedatectl",
    ),
    "certificate-name-wrong": Words(
        severity=Severity.URGENT,
        german="Das Zertifikat gilt nicht für {name}",
        english="The certificate does not cover {name}",
        meaning_german="Besucher kommen nur noch auf die Anmeldeseite ohne TLS; Handys, die Option 114 folgen, öffnen sie später.",
        meaning_english="Visitors only get to the page without TLS; phones that follow option 114 open it later.",
        remedy_german="Ein Zertifikat mit diesem Namen ausstellen lassen, oder portal_url auf einen Namen im Zertifikat setzen.",
        remedy_english="Have a certificate issued with this name, or set portal_url to a name in the certificate.",
    ),
    "certificate-untrusted": Words(
        severity=Severity.URGENT,
        german="Handys trauen dem Zertifikat nicht: {why_german}",
        english="Phones do not trust the certificate: {why}",
        meaning_german="Sie zeigen eine Warnung statt der Anmeldeseite.",
        meaning_english="They show a warning instead of the page.",
        remedy_german=(
            "Meist fehlt das Zwischenzertifikat: certificate muss die ganze Kette enthalten (fullchain.pem). Bei einer eigenen "
            "Ausgabestelle: gateway_portal_authority im Inventar, oder --authority."
        ),
        remedy_english=(
            "Usually the intermediate is missing: certificate must hold the whole chain (fullchain.pem). With an authority of your "
            "own: gateway_portal_authority in the inventory, or --authority."
        ),
    ),
    "clock-wrong": Words(
        severity=Severity.URGENT,
        german="Die Uhr des Gateways steht auf {date}: So früh gab es dieses Programm nicht",
        english="The gateway's clock says {date}: this program did not exist so early",
        meaning_german="Öffnungszeiten, Zertifikate und das Ende von Sitzungen stimmen nicht.",
        meaning_english="Opening hours, certificates and the ends of sessions are wrong.",
        remedy_german=(
            "Die Uhr stellen und den Zeitdienst einschalten; ist sie nach jedem Neustart falsch, ist die Batterie auf der Platine leer."
        ),
        remedy_english="Set the clock and switch the time service on; if it is wrong after each restart, its battery is empty.",
        command="systemctl restart chrony; chronyc makestep; timedatectl",
    ),
    "clock-ahead": Words(
        severity=Severity.URGENT,
        german="Die Uhr des Gateways geht gegenüber der des Hubs um {by_german} vor",
        english="The gateway's clock is {by} ahead of the hub's",
        meaning_german="Öffnungszeiten, Zertifikate und das Ende von Sitzungen stimmen nicht.",
        meaning_english="Opening hours, certificates and the ends of sessions are wrong.",
        remedy_german="Nachsehen, was der Zeitdienst sagt, und die Uhr stellen. Stimmt sie doch, geht die Uhr des Hubs falsch.",
        remedy_english="See what the time service says, and set the clock. If it is right after all, the hub's clock is wrong.",
        command="timedatectl; chronyc makestep",
    ),
    "clock-behind": Words(
        severity=Severity.URGENT,
        german="Die Uhr des Gateways geht gegenüber der des Hubs um {by_german} nach",
        english="The gateway's clock is {by} behind the hub's",
        meaning_german="Öffnungszeiten, Zertifikate und das Ende von Sitzungen stimmen nicht.",
        meaning_english="Opening hours, certificates and the ends of sessions are wrong.",
        remedy_german="Nachsehen, was der Zeitdienst sagt, und die Uhr stellen. Stimmt sie doch, geht die Uhr des Hubs falsch.",
        remedy_english="See what the time service says, and set the clock. If it is right after all, the hub's clock is wrong.",
        command="timedatectl; chronyc makestep",
    ),
    "clock-unsynchronised": Words(
        severity=Severity.WARNING,
        german="Niemand stellt die Uhr des Gateways",
        english="Nobody keeps the gateway's clock right",
        meaning_german="Geht sie mit der Zeit falsch, stimmen Öffnungszeiten und Zertifikate nicht mehr.",
        meaning_english="When it goes wrong in time, opening hours and certificates are wrong, too.",
        remedy_german="Den Zeitdienst einschalten; er braucht einen erreichbaren Zeitserver.",
        remedy_english="Switch the time service on; it needs a time server that it can reach.",
        command="systemctl enable --now chrony; chronyc tracking",
    ),
    "hub-not-enrolled": Words(
        severity=Severity.WARNING,
        german="Das Gateway ist am Hub nicht angemeldet",
        english="The gateway is not enrolled at the hub",
        meaning_german="Besucher merken nichts; die Stadt sieht das Rathaus nicht und kann nichts ändern.",
        meaning_english="Visitors notice nothing; the city does not see the hall and cannot change anything.",
        remedy_german="Am Hub ein Token machen und hier einlösen.",
        remedy_english="Make a token at the hub and use it here.",
        command="hotspot enrol --config /etc/hotspot/portal.toml -",
    ),
    "hub-untrusted": Words(
        severity=Severity.WARNING,
        german="Das Zertifikat des Hubs ist nicht von seiner Ausgabestelle: {why_german}",
        english="The hub's certificate is not by its authority: {why}",
        meaning_german="Besucher merken nichts; Berichte bleiben liegen, neue Vorgaben kommen nicht an.",
        meaning_english="Visitors notice nothing; reports wait, new policy does not arrive.",
        remedy_german=(
            "authority unter [hub] mit der Ausgabestelle des Hubs vergleichen; ist beides richtig, gibt sich jemand für den Hub aus."
        ),
        remedy_english="Compare authority in [hub] with the hub's own; if both are right, somebody pretends to be the hub.",
    ),
    "hub-away": Words(
        severity=Severity.WARNING,
        german="Der Hub ist nicht erreichbar: {why_german}",
        english="The hub cannot be reached: {why}",
        meaning_german="Besucher merken nichts, außer die Einstellung away verbietet neue; Berichte warten auf dem Datenträger.",
        meaning_english="Visitors notice nothing unless the setting away forbids new ones; reports wait on disk.",
        remedy_german="Prüfen, ob die Leitung geht, der Name stimmt und eine Firewall der Stadt den Weg zum Hub erlaubt.",
        remedy_english="Check the line, the name, and whether a firewall of the town allows the way to the hub.",
        command="hotspot status; curl -sSI {url}/healthz",
    ),
    "hub-backlog": Words(
        severity=Severity.WARNING,
        german="{count} Berichte warten auf den Hub",
        english="{count} reports wait for the hub",
        meaning_german="Besucher merken nichts; die Zahlen am Hub sind alt.",
        meaning_english="Visitors notice nothing; the figures at the hub are old.",
        remedy_german="Nachsehen, was der Hub antwortet.",
        remedy_english="See what the hub answers.",
        command="hotspot status; journalctl -u hotspot-portal -g uplink -n 50",
    ),
    "hub-reports-lost": Words(
        severity=Severity.WARNING,
        german="{count} Berichte wurden aufgegeben, weil kein Platz mehr war, zuletzt am {date}",
        english="{count} reports were given up because there was no room, last on {date}",
        meaning_german="Besucher merken nichts; in den Zahlen der Stadt fehlt etwas.",
        meaning_english="Visitors notice nothing; something is missing in the city's figures.",
        remedy_german="keep unter [hub] vergrößern und dafür sorgen, dass der Hub erreichbar ist.",
        remedy_english="Make keep in [hub] larger, and see that the hub can be reached.",
    ),
    "policy-refused": Words(
        severity=Severity.WARNING,
        german="Die Vorgabe {serial} des Hubs lässt sich nicht anwenden: „{why_german}“",
        english="The hub's policy {serial} cannot be applied: {why}",
        meaning_german="Besucher bekommen weiter, was vorher galt.",
        meaning_english="Visitors go on getting what was in force before.",
        remedy_german="Am Hub berichtigen, was genannt ist; ist das Gateway älter als der Hub, das Gateway aktualisieren.",
        remedy_english="Correct what is named at the hub; if the gateway is older than the hub, update the gateway.",
        command="hotspot status",
    ),
    "policy-unusable": Words(
        severity=Severity.WARNING,
        german="Die gespeicherte Vorgabe des Hubs passt nicht zu portal.toml: „{why_german}“",
        english="The hub's policy as it was kept does not fit portal.toml: {why}",
        meaning_german="Bis zum nächsten Start gilt, was galt; danach nimmt das Portal die letzten guten Einstellungen.",
        meaning_english="Until the next start what was in force stays so; then the portal takes the last good settings.",
        remedy_german="Die genannte Stelle in portal.toml oder am Hub berichtigen; oft wurde eine Zone oder ein Plan umbenannt.",
        remedy_english="Correct what is named in portal.toml or at the hub; often a zone or a plan was given another name.",
        command="hotspot status",
    ),
    "versions-differ": Words(
        severity=Severity.WARNING,
        german="Es läuft noch Version {version} ({what}), installiert ist {program}",
        english="Version {version} still runs ({what}), installed is {program}",
        meaning_german="Besucher merken meist nichts; Neues wirkt noch nicht.",
        meaning_english="Visitors usually notice nothing; what is new is not in force.",
        remedy_german="Beide Dienste neu starten; wer online ist, bleibt es.",
        remedy_english="Restart both services; whoever is online stays so.",
        command="systemctl restart hotspot-firewall hotspot-portal",
    ),
    "version-too-old": Words(
        severity=Severity.WARNING,
        german="{program} {version} ist zu alt, gebraucht wird {least}",
        english="{program} {version} is too old, {least} is needed",
        meaning_german="Regeln oder Namen wirken vielleicht nicht wie beschrieben.",
        meaning_english="Rules or names may not work as described.",
        remedy_german="Das System aktualisieren (Debian 12 oder neuer).",
        remedy_english="Update the system (Debian 12 or newer).",
        command="cat /etc/debian_version; apt-get update; apt list --upgradable",
    ),
    "radvd-without-option37": Words(
        severity=Severity.NOTICE,
        german="radvd {version} kann Handys das Portal nicht nennen (Option 37)",
        english="radvd {version} cannot tell phones of the portal (option 37)",
        meaning_german="Über IPv6 finden Handys die Seite nur durch ihre Proben; über IPv4 sagt es Option 114.",
        meaning_english="Over IPv6 phones find the page by their probes alone; over IPv4 option 114 tells them.",
        remedy_german="radvd 2.20 oder neuer (Debian 13), wenn es stört.",
        remedy_english="radvd 2.20 or newer (Debian 13), if that is felt.",
    ),
    "program-missing": Words(
        severity=Severity.URGENT,
        german="Das Programm {program} ist nicht installiert",
        english="The program {program} is not installed",
        meaning_german="Ohne es gibt es keine Regeln, keine Adressen oder keine Namen: Das WLAN ist tot.",
        meaning_english="Without it there are no rules, no addresses or no names: the Wi-Fi is dead.",
        remedy_german="Das Paket installieren.",
        remedy_english="Install the package.",
        command="apt-get install nftables dnsmasq-base radvd",
    ),
}
