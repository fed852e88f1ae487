"""Data list: who takes part, who may do what, and what was done."""

from typing import Final

from hotspot.hub.data.words import Entry, Group, Of

WITH_PARTNER: Final = "mit der Löschung der Partnerkommune"
WITH_HALL: Final = "mit der Löschung des Rathauses oder der Partnerkommune"
MONTH: Final = ", höchstens einen Monat später"
"""Of tables that are cut by month: a part goes when all of it is old enough (``hotspot.hub.store.partitions``)."""
BY_HAND: Final = "Eingabe durch die Stadt"

TENANTS: Final[tuple[Entry, ...]] = (
    Entry(
        table="host",
        title="betreibende Stadt",
        purpose="Benennt, wer den Dienst betreibt.",
        until="mit dem Ende des Dienstes",
        source=BY_HAND,
        groups=(
            Group("one title created_at", "Bezeichnung der Stadt, Beginn"),
            Group("contact", "Ansprechstelle", Of.CONTACT),
        ),
    ),
    Entry(
        table="partners",
        title="Partnerkommunen",
        purpose="Benennt die Kommunen, die am Dienst teilnehmen.",
        until=WITH_PARTNER,
        source=BY_HAND,
        groups=(
            Group("id name title created_at left_at", "Kennung, Bezeichnung, Beginn und Ende der Teilnahme"),
            Group("contact", "wen die Stadt dort anspricht", Of.CONTACT),
        ),
    ),
    Entry(
        table="checklist_ticks",
        title="abgehakte Schritte beim Beitritt einer Kommune",
        purpose="Zeigt, was beim Beitritt schon getan ist und was nur ein Mensch wissen kann.",
        until=WITH_PARTNER + " oder des Rathauses",
        source="Anmeldung an der Schnittstelle",
        groups=(
            Group("partner_id hall_id step done_at", "welcher Schritt, wann"),
            Group("done_by", "wer ihn abgehakt hat", Of.STAFF),
        ),
    ),
    Entry(
        table="halls",
        title="Rathäuser",
        purpose="Benennt die Standorte.",
        until=WITH_HALL,
        source=BY_HAND,
        groups=(
            Group("id partner_id name title time_zone created_at closed_at", "Kennung, Bezeichnung, Zeitzone, Beginn und Ende"),
            Group("policy_serial", "bis zu welcher Fassung die Vorgaben gelten"),
        ),
    ),
    Entry(
        table="gateways",
        title="Geräte der Stadt in den Rathäusern",
        purpose="Kennt die Geräte, die sich am Hub melden dürfen.",
        until=WITH_HALL,
        source="Anmeldung des Geräts",
        groups=(
            Group("id hall_id name created_at enrolled_at revoked_at", "Kennung, Standort, Beginn und Ende"),
            Group("software rotate_from", "Programmstand; ab wann ein neuer Schlüssel verlangt wird"),
        ),
    ),
    Entry(
        table="zones",
        title="WLAN-Bereiche",
        purpose="Kennt die Bereiche eines Rathauses (etwa: öffentlich, Sitzungssaal).",
        until=WITH_HALL,
        source="Meldung des Geräts",
        groups=(Group("hall_id name first_at last_at", "Bezeichnung, erste und letzte Meldung"),),
    ),
    Entry(
        table="networks",
        title="Namen der WLAN",
        purpose="Nennt auf Aushängen und Gutscheinen das WLAN und die Adresse der Startseite.",
        until=WITH_HALL,
        source="Eingabe im Leitstand",
        groups=(
            Group("hall_id zone ssid password address", "Bereich, Name und, wo es eines hat, das ausgehängte Passwort des WLAN; Adresse"),
            Group("changed_at changed_by", "wann und von wem zuletzt geändert", Of.STAFF),
        ),
    ),
    Entry(
        table="enrolments",
        title="Einmalschlüssel für neue Geräte",
        purpose="Lässt ein Gerät genau einmal zum Dienst zu.",
        until=WITH_HALL,
        source=BY_HAND,
        groups=(
            Group("id hall_id gateway_id name token_hash", "Kennung, Standort, Streuwert (SHA-256) des Einmalschlüssels"),
            Group("created_at expires_at used_at withdrawn_at tried_again_at", "wann angelegt, gültig, benutzt, zurückgezogen"),
            Group("created_by", "wer ihn angelegt hat", Of.STAFF, source="Anmeldung an der Schnittstelle"),
        ),
    ),
    Entry(
        table="credentials",
        title="Schlüssel der Geräte",
        purpose="Weist ein Gerät bei jeder Anfrage aus.",
        until=WITH_HALL,
        source="vom Hub erzeugt",
        groups=(
            Group("id gateway_id secret_hash", "Kennung, Streuwert (SHA-256) des Schlüssels"),
            Group("created_at first_used_at ended_at ended_why", "Beginn, Ende und dessen Grund"),
        ),
    ),
    Entry(
        table="gateway_states",
        title="Zustand der Geräte",
        purpose="Zeigt, ob ein Rathaus arbeitet.",
        until=WITH_HALL + "; stets nur der letzte Stand",
        source="Meldung des Geräts",
        groups=(
            Group("hall_id gateway_id seen_at report_at clock_offset", "wann zuletzt gemeldet, Abweichung der Uhr"),
            Group("health", "Programmstand, freie Adressen, Speicher, Fehler; Zahl der verbundenen Geräte je Bereich", Of.FIGURES),
        ),
    ),
    Entry(
        table="users",
        title="Benutzerkonten",
        purpose="Regelt, wer bei Stadt und Partnerkommunen was darf.",
        until="mit der Löschung der Partnerkommune; Konten der Stadt, wenn sie nicht mehr gebraucht werden",
        source=BY_HAND,
        groups=(
            Group("id name full_name email role partner_id", "Kennung, Name, dienstliche E-Mail, Rolle, Kommune", Of.STAFF),
            Group("password_hash", "Streuwert (Argon2id) des Kennworts", Of.STAFF, source="die Person selbst"),
            Group("created_at disabled_at", "Beginn und Ende des Kontos", Of.STAFF),
            Group("last_login_at", "letzte Anmeldung, auf die Stunde gerundet", Of.STAFF),
        ),
    ),
    Entry(
        table="identities",
        title="Konten beim Anmeldedienst der Stadt",
        purpose="Erkennt Personen wieder, die sich über den Anmeldedienst der Stadt (OpenID Connect) anmelden.",
        until="bis die Stadt die Verbindung löst; mit dem Konto",
        source="der Anmeldedienst der Stadt",
        groups=(
            Group("user_id issuer subject", "wessen, welcher Anmeldedienst, Kennung der Person dort", Of.STAFF),
            Group("linked_at", "wann verbunden", Of.STAFF),
        ),
    ),
    Entry(
        table="api_tokens",
        title="Zugangsschlüssel von Programmen und Anmeldungen",
        purpose="Weist Personen und deren Programme an der Schnittstelle aus.",
        until="mit dem Konto; er gilt höchstens ein Jahr",
        source="vom Hub erzeugt",
        groups=(
            Group("id user_id name permissions", "wessen, wozu, welche Rechte", Of.STAFF),
            Group("token_hash", "Streuwert (SHA-256)"),
            Group("created_at expires_at revoked_at", "Beginn und Ende", Of.STAFF),
            Group("login", "ob er aus einer Anmeldung mit Kennwort stammt"),
            Group("last_used_at", "letzte Benutzung, auf die Stunde gerundet", Of.STAFF),
        ),
    ),
    Entry(
        table="console_sessions",
        title="Sitzungen im Leitstand",
        purpose="Hält fest, wer im Leitstand angemeldet ist.",
        until="spätestens einen Tag nach dem Ende der Sitzung; sie dauert höchstens 12 Stunden",
        source="Anmeldung im Leitstand",
        groups=(
            Group("id user_id stage client", "wessen, wie weit angemeldet, Browser und Betriebssystem in Worten", Of.STAFF),
            Group("secret_hash", "Streuwert (SHA-256) des Sitzungsschlüssels"),
            Group("challenge new_key", "Zufallszahlen, solange ein zweiter Faktor eingerichtet oder benutzt wird"),
            Group("created_at expires_at idle_until", "Beginn und Ende", Of.STAFF),
        ),
    ),
    Entry(
        table="factors",
        title="zweite Faktoren",
        purpose="Verlangt bei der Anmeldung mehr als ein Kennwort.",
        until="bis die Person oder die Stadt sie entfernt; mit dem Konto",
        source="Eingabe im Leitstand",
        groups=(
            Group("id user_id kind name", "wessen, App oder Passkey, Bezeichnung", Of.STAFF),
            Group("key", "Schlüssel der App (gemeinsames Geheimnis) oder öffentlicher Schlüssel des Passkeys"),
            Group("credential_id", "Kennung des Passkeys"),
            Group("last_step sign_count", "damit kein Code und keine Unterschrift zweimal gilt"),
            Group("created_at", "wann eingerichtet", Of.STAFF),
            Group("used_at", "letzte Benutzung, auf die Stunde gerundet", Of.STAFF),
        ),
    ),
    Entry(
        table="recovery_codes",
        title="Notfallcodes",
        purpose="Hilft, wenn ein zweiter Faktor verloren ging.",
        until="bis der Code benutzt oder ersetzt wird; mit dem Konto",
        source="vom Hub erzeugt",
        groups=(
            Group("user_id created_at", "wessen, seit wann", Of.STAFF),
            Group("code_hash", "Streuwert (SHA-256)"),
        ),
    ),
    Entry(
        table="login_attempts",
        title="Anmeldeversuche",
        purpose="Bremst, wer Kennwörter rät.",
        until="Fehlversuche nach höchstens 25 Stunden, bekannte Absender nach 90 Tagen",
        source="Anmeldung an der Schnittstelle",
        groups=(
            Group("name_hash source_hash", "Streuwerte (SHA-256) des eingegebenen Namens und der Absenderadresse", Of.STAFF),
            Group("failures failed_at succeeded_at", "Zahl und Zeit der Fehlversuche", Of.STAFF),
        ),
    ),
    Entry(
        table="audit",
        title="Protokoll der Änderungen",
        purpose="Weist nach, wer was geändert hat (Rechenschaft).",
        until=f"nach {{audit}}{MONTH}; mit der Löschung der Partnerkommune",
        source="vom Hub geschrieben, bei jeder Änderung",
        groups=(
            Group("id at action partner hall subject", "Zeit, Art und Gegenstand der Änderung"),
            Group("actor", "wer sie vorgenommen hat", Of.STAFF),
            Group("detail", "Einzelheiten; nie etwas über Besucherinnen und Besucher"),
        ),
    ),
    Entry(
        table="migrations",
        title="Stand der Tabellen",
        purpose="Weiß, welche Tabellen es gibt.",
        until="mit dem Ende des Dienstes",
        source="vom Hub geschrieben",
        groups=(Group("name digest at", "Bezeichnung, Prüfsumme, Zeit"),),
    ),
    Entry(
        table="restores",
        title="zurückgespielte Sicherungen",
        purpose="Lässt die Geräte nach einer Wiederherstellung noch einmal melden, was der Sicherung fehlt.",
        until="mit dem Ende des Dienstes",
        source="vom Hub geschrieben",
        groups=(Group("id backup_at restored_at", "wann die Sicherung entstand und wann sie zurückgespielt wurde"),),
    ),
)
