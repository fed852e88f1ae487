"""What the kinds of alarms are called, in three words: for lists to choose from."""

from collections.abc import Mapping
from typing import Final

from hotspot.hub.console.texts import N_

KINDS: Final[Mapping[str, str]] = {
    "silent": N_("Gateway silent"),
    "wan_down": N_("No Internet"),
    "firewall_down": N_("Firewall down"),
    "journal": N_("Journal not writable"),
    "fault": N_("Fault of a gateway"),
    "accept_errors": N_("Visitors cannot log in"),
    "pool": N_("Addresses running out"),
    "certificate": N_("Certificate ends soon"),
    "certificate_failed": N_("No certificate to be had"),
    "disk": N_("Disk nearly full"),
    "drift": N_("Network differs from plan"),
    "clone": N_("Device identity copied"),
    "told": N_("Other alarm of a gateway"),
    "visit": N_("Test visit failed"),
    "visit_missing": N_("No test visits"),
    "doctor": N_("Finding of a gateway"),
    "doctor_missing": N_("No self-check"),
    "guard": N_("Danger in the Wi-Fi"),
    "guard_missing": N_("LAN guard stopped"),
    "backlog": N_("Reports waiting"),
    "lost": N_("Reports lost"),
    "clock": N_("Clock wrong"),
    "restored": N_("Old state restored"),
    "twin": N_("Two boxes, one gateway"),
    "stale_credential": N_("Old credentials used"),
    "token_reused": N_("Token used twice"),
    "refused": N_("Report refused"),
    "names": N_("Too many names"),
    "gaps": N_("Reports missing"),
    "streams": N_("Too many restarts"),
    "policy_refused": N_("Settings not applicable"),
    "policy_late": N_("Settings late"),
    "channel": N_("Notification fails"),
    "remote_write": N_("Monitoring not served"),
    "updates_late": N_("No security updates"),
    "restart_wanted": N_("Restart needed"),
    "backup_failed": N_("Backup failed"),
    "backup_old": N_("No fresh backup"),
    "hub_certificate": N_("The hub's certificate ends soon"),
    "hub_disk": N_("The hub's disk nearly full"),
}
"""By kind, as ``hotspot.hub.alarm_texts.KINDS`` has them."""
