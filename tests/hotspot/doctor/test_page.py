"""The page for a person."""

from datetime import UTC

from hotspot.doctor.found import found
from hotspot.doctor.page import page
from hotspot.looks.values import By, Look, Result, Step
from tests.hotspot.doctor.gateways import NOW

STEPS = (Step(name="rules", result=Result.FAILED, why="guard-missing"), Step(name="hub", result=Result.SKIPPED, why="no-hub"))
ILL = Look(by=By.DOCTOR, at=NOW, software="1.0", findings=(found("rdnss-missing", "public"), found("guard-missing")), steps=STEPS)


def test_a_page_in_german() -> None:
    """Gravest first, with what it means, what mends it and the command; what was and what was not looked at."""
    assert page(ILL, "de", UTC).splitlines() == [
        "hotspot doctor 1.0  2026-11-18 11:06",
        "",
        "Am Gateway ist etwas nicht in Ordnung.",
        "",
        "DRINGEND  Die Schutztabelle hotspot_guard fehlt  (guard-missing)",
        "  Bedeutet: Fällt auch die Tabelle einer Zone weg, wären Gäste ohne Zustimmung und ohne Grenzen im Netz.",
        "  Abhilfe: Den Dienst neu starten, der sie lädt, und nachsehen, wer sie gelöscht hat (oft ein anderes Firewall-Programm).",
        "  # systemctl restart hotspot-guard hotspot-firewall",
        "",
        "HINWEIS [public]  radvd nennt keinen Namensserver (RDNSS)  (rdnss-missing)",
        "  Bedeutet: Geräte, die nur IPv6 sprechen, finden keinen Namen.",
        "  Abhilfe: RDNSS mit der Adresse des Gateways in radvd.conf eintragen.",
        "",
        "Geprüft: Regeln im Kernel",
        "Nicht geprüft: Hub der Stadt (dieses Rathaus hat keinen Hub)",
    ]


def test_a_page_in_english() -> None:
    """The same, and the first line of a gateway that is well."""
    assert "URGENT  The guard table hotspot_guard is missing  (guard-missing)" in page(ILL, "en", UTC)
    assert "All is as it should be at the gateway." in page(Look(by=By.DOCTOR, at=NOW), "en", UTC)


def test_a_value_is_one_word_of_a_command() -> None:
    """What stands on somebody's command line is no command of root's."""
    look = Look(by=By.DOCTOR, at=NOW, findings=(found("server-settings-unreadable", program="dnsmasq", path="/x; reboot"),))
    assert "  # ls -l '/x; reboot'" in page(look, "en", UTC).splitlines()
