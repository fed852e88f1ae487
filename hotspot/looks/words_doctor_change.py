"""Words of the doctor (pure): changes that are pending, or that the box took back."""

from hotspot.looks.values import Severity
from hotspot.looks.words import Words

CHANGE = {
    "change-pending": Words(
        severity=Severity.NOTICE,
        german="Eine Änderung ist seit {begun} nicht bestätigt; um {until} nimmt die Box sie von selbst zurück",
        english="A change of {begun} is not confirmed; at {until} the box takes it back by itself",
        meaning_german="Besucher merken davon nichts.",
        meaning_english="Visitors notice nothing of it.",
        remedy_german="Ist die Änderung gut, sie bestätigen (hotspot-change keep), sonst sie zurücknehmen (hotspot-change back).",
        remedy_english="If the change is good, confirm it (hotspot-change keep), else take it back (hotspot-change back).",
        command="hotspot-change check",
    ),
    "change-hindered": Words(
        severity=Severity.URGENT,
        german="Die Box will seit {begun} eine Änderung zurücknehmen und kommt nicht dazu: „{hindered}“",
        english="Since {begun} the box has tried to take a change back, and cannot: {hindered}",
        meaning_german="Netz und Einstellungen sind, soweit es ging, die von vorher; ob Besucher online kommen, zeigt der Probebesuch.",
        meaning_english="Network and settings are those from before, as far as that went; a test visit shows whether visitors get online.",
        remedy_german="Beheben, was im Weg ist; die Box versucht es jede Minute von selbst. Bestätigen lässt sich bis dahin nichts.",
        remedy_english="Mend what is in the way; the box tries each minute by itself. Until then nothing can be confirmed.",
        command="hotspot-change state; df -h /var /etc",
    ),
    "change-not-kept": Words(
        severity=Severity.WARNING,
        german="Die Box hat am {at} eine Änderung von selbst zurückgenommen, weil niemand sie bestätigt hat; gestört war: „{wrong}“",
        english="On {at} the box took a change back by itself, because nobody confirmed it; what was wrong: {wrong}",
        meaning_german="Besucher werden bedient wie vor der Änderung; was sie bringen sollte, fehlt.",
        meaning_english="Visitors are served as before the change; what it was to bring is missing.",
        remedy_german="Im Protokoll nachlesen, was gestört war, und die Änderung verbessert wiederholen.",
        remedy_english="Read in the log what was wrong, and make the change again, mended.",
        command="hotspot-change state; journalctl --identifier=hotspot-change",
    ),
    "change-cut-off": Words(
        severity=Severity.WARNING,
        german="Die Box hat am {at} eine Änderung von selbst zurückgenommen, weil sie darin neu gestartet ist; gestört war: „{wrong}“",
        english="On {at} the box took a change back by itself, because it was restarted in the middle of it; what was wrong: {wrong}",
        meaning_german="Besucher werden bedient wie vor der Änderung; was sie bringen sollte, fehlt.",
        meaning_english="Visitors are served as before the change; what it was to bring is missing.",
        remedy_german="Die Stromversorgung der Box prüfen und die Änderung wiederholen.",
        remedy_english="See to the box's power supply, and make the change again.",
        command="hotspot-change state; journalctl --list-boots",
    ),
    "change-package-stays": Words(
        severity=Severity.NOTICE,
        german="Die Änderung vom {at} ist zurückgenommen, das neue Paket blieb: Das alte kann die Daten nicht mehr lesen",
        english="The change of {at} was taken back, the new package stayed: the old one cannot read the data any more",
        meaning_german="Besucher merken davon nichts; die Einstellungen sind die von vorher, und alles läuft damit.",
        meaning_english="Visitors notice nothing of it; the settings are those from before, and all runs with them.",
        remedy_german="Nichts eilt. Soll das alte Paket wieder her, sagt docs/operations.md, was dabei verloren geht.",
        remedy_english="Nothing is urgent. If the old package shall come back, docs/operations.md says what is lost by that.",
        command="hotspot-change state",
    ),
    "change-journal-aside": Words(
        severity=Severity.WARNING,
        german="Am {at} ging es nur ohne das Journal zurück: Das alte Paket konnte es nicht lesen, es liegt beiseite",
        english="On {at} there was no way back but without the journal: the old package could not read it, it was set aside",
        meaning_german="Wer online war, blieb es. Sperren, verbrauchte Tageszeiten und was der Hub noch nicht wusste, fehlen.",
        meaning_english="Whoever was online stayed so. Blocks, the day's allowances and what the hub had not been told are missing.",
        remedy_german="Sperren neu setzen. Das Portal löscht die Datei nach der Aufbewahrungszeit, denn sie nennt Geräte.",
        remedy_english="Set blocks again. The portal deletes the file after the retention time, because it names devices.",
        command="ls /var/lib/hotspot-portal",
    ),
}
