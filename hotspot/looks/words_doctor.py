"""Words of the doctor (pure): what each of its findings means and what mends it, and what its groups of checks are called."""

from hotspot.looks.words import Catalogue, StepWords
from hotspot.looks.words_doctor_change import CHANGE
from hotspot.looks.words_doctor_line import LINE
from hotspot.looks.words_doctor_rules import RULES
from hotspot.looks.words_doctor_services import SERVICES
from hotspot.looks.words_doctor_settings import SETTINGS
from hotspot.looks.words_doctor_trust import TRUST

DOCTOR: Catalogue = {**RULES, **SERVICES, **TRUST, **LINE, **SETTINGS, **CHANGE}

STEPS = {
    "kernel": StepWords("Was der Kernel kann", "What the kernel can do"),
    "rules": StepWords("Regeln im Kernel", "Rules in the kernel"),
    "shaping": StepWords("Tempogrenzen", "Speed limits"),
    "grants": StepWords("Freigaben und Sitzungen", "Grants and sessions"),
    "services": StepWords("Dienste", "Services"),
    "leases": StepWords("Adressen (DHCP)", "Addresses (DHCP)"),
    "certificate": StepWords("Zertifikat", "Certificate"),
    "hub": StepWords("Hub der Stadt", "The city's hub"),
    "clock": StepWords("Uhr", "Clock"),
    "disk": StepWords("Datenträger und Journal", "Disk and journal"),
    "names": StepWords("Namen (DNS)", "Names (DNS)"),
    "line": StepWords("Leitung, Adressen, Paketgrößen", "Line, addresses, packet sizes"),
    "cards": StepWords("Netzwerkkarten", "Network cards"),
    "sysctls": StepWords("Einstellungen des Kernels", "Settings of the kernel"),
    "versions": StepWords("Versionen", "Versions"),
    "settings": StepWords("Einstellungen untereinander", "Settings among each other"),
    "served": StepWords("Was Handys gesagt wird", "What phones are told"),
    "change": StepWords("Änderungen an der Box", "Changes of the box"),
}

PARTS = {
    "inspection": StepWords("Blick in den Kernel", "a look into the kernel"),
    "servers": StepWords("Namens- und Adressserver", "name and address servers"),
    "interfaces": StepWords("Schnittstellen", "interfaces"),
    "status": StepWords("Zustand des Portals", "how the portal is"),
}
"""Parts of the gateway that are read for several groups."""

SKIPPED = {
    "no-kernel-list": StepWords("der Kernel sagt nicht, womit er gebaut wurde", "the kernel does not say what it was built with"),
    "no-module-list": StepWords("welche Module da sind, ist nicht zu lesen", "which modules there are cannot be read"),
    "no-hub": StepWords("dieses Rathaus hat keinen Hub", "this hall has no hub"),
    "no-portal-settings": StepWords("portal.toml ist nicht zu gebrauchen", "portal.toml cannot be used"),
    "kernel-not-seen": StepWords("die Firewall sagt nicht, was im Kernel steht", "the firewall does not say what is in the kernel"),
    "stumbled": StepWords("ein Fehler im Programm selbst, siehe look-stumbled", "a fault in the program itself, see look-stumbled"),
}
"""Why a group did not look."""
