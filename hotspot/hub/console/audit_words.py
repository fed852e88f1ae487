"""What the audit log calls things, in words (pure)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hotspot.hub.console.account_tokens import PERMISSIONS
from hotspot.hub.console.blocks import REASONS
from hotspot.hub.console.checklist_words import STEPS
from hotspot.hub.console.kinds import KINDS
from hotspot.hub.console.roles import ROLES
from hotspot.hub.console.texts import N_

ACTIONS: Final[Mapping[str, str]] = {
    "alarm.acknowledge": N_("Alarm acknowledged"),
    "certificate.ask": N_("Gateway has asked for a certificate"),
    "certificate.issue": N_("Certificate issued"),
    "certificate.names": N_("Names for the certificate set"),
    "certificate.put": N_("Certificate of another authority put in"),
    "certificate.request": N_("Another certificate asked for"),
    "certificate.revoke": N_("Certificate to be revoked"),
    "certificate.revoked": N_("Certificate revoked"),
    "channel.create": N_("Recipient of alarms added"),
    "channel.delete": N_("Recipient of alarms removed"),
    "channel.test": N_("Test message sent to a recipient of alarms"),
    "checklist.tick": N_("Step of the checklist ticked off"),
    "checklist.untick": N_("Step of the checklist reopened"),
    "credential.begin": N_("Gateway has taken a new key"),
    "enrolment.create": N_("Token for a new gateway made"),
    "enrolment.withdraw": N_("Token for a new gateway withdrawn"),
    "feedback.done": N_("Feedback marked as done"),
    "feedback.note": N_("Note on feedback changed"),
    "feedback.reopen": N_("Feedback marked as open again"),
    "gateway.enrol": N_("Gateway connected"),
    "gateway.revoke": N_("Gateway revoked"),
    "gateway.rotate": N_("New key for the gateway asked for"),
    "hall.change": N_("Hall changed"),
    "hall.close": N_("Hall closed"),
    "hall.create": N_("Hall added"),
    "hall.erase": N_("Data of the hall erased"),
    "hall.export": N_("Data of the hall exported"),
    "hub.restore": N_("Backup put back"),
    "network.set": N_("Name of the Wi-Fi for posters set"),
    "order.allow": N_("Device let in"),
    "order.block": N_("Device blocked"),
    "order.end": N_("Session of a device ended"),
    "order.sessions": N_("List of sessions looked at"),
    "order.status": N_("Gateway asked how it is"),
    "order.unblock": N_("Device no longer blocked"),
    "partner.change": N_("Town changed"),
    "partner.create": N_("Town added"),
    "partner.erase": N_("Data of the town erased"),
    "partner.export": N_("Data of the town exported"),
    "partner.leave": N_("Town signed off"),
    "policy.advance": N_("Settings rolled out further"),
    "policy.blocklist.add": N_("Address blocked"),
    "policy.blocklist.withdraw": N_("Block lifted"),
    "policy.change": N_("Settings changed"),
    "policy.over": N_("Entries removed because their time was up"),
    "policy.rollback": N_("Settings rolled back"),
    "policy.stop": N_("Roll-out of settings stopped"),
    "policy.vouchers.add": N_("Vouchers made"),
    "policy.vouchers.codes": N_("Codes of vouchers looked at"),
    "policy.vouchers.withdraw": N_("Vouchers withdrawn"),
    "poster.print": N_("Poster printed"),
    "token.create": N_("Token for a program made"),
    "token.revoke": N_("Token of a program revoked"),
    "user.change": N_("User changed"),
    "user.create": N_("User added"),
    "user.factor_add": N_("Second factor set up"),
    "user.factor_remove": N_("Second factor removed"),
    "user.factors_reset": N_("Second factor reset by the administration"),
    "user.first_admin": N_("First administrator set up at the hub itself"),
    "user.here": N_("Command at the hub itself"),
    "user.link": N_("User connected with the city's login"),
    "user.login": N_("Logged in"),
    "user.login_slowed": N_("Many failed logins: slowed down"),
    "user.logout": N_("Logged out"),
    "user.password": N_("Password changed"),
    "user.provider_refused": N_("Login with the account of the city refused"),
    "user.recovery_codes": N_("New recovery codes made"),
    "user.sessions_end": N_("Sessions ended"),
    "user.unlink": N_("User disconnected from the city's login"),
}
"""Every action that the hub writes."""
AREAS: Final[Mapping[str, str]] = {
    "alarm.": N_("Alarms"),
    "channel.": N_("Recipients of alarms"),
    "checklist.": N_("Checklist"),
    "enrolment.": N_("Tokens for gateways"),
    "feedback.": N_("Feedback"),
    "gateway.": N_("Gateways"),
    "hall.": N_("Halls"),
    "order.": N_("Devices"),
    "partner.": N_("Towns"),
    "policy.": N_("Settings, vouchers, blocks"),
    "token.": N_("Tokens for programs"),
    "user.": N_("Users and logins"),
}
"""All actions that begin so."""
KEYS: Final[Mapping[str, str]] = {
    "address": N_("Address"),
    "at": N_("Where"),
    "backup": N_("Backup of"),
    "by": N_("By"),
    "case_number": N_("Case number"),
    "contact": N_("Contact"),
    "count": N_("Number"),
    "days": N_("Days"),
    "disabled": N_("Disabled"),
    "email": N_("E-mail"),
    "ends": N_("Ends"),
    "enrolment": N_("Token"),
    "expires": N_("Until"),
    "factors": N_("Second factors"),
    "failures": N_("Failures"),
    "full_name": N_("Name"),
    "gateway": N_("Gateway"),
    "gateways": N_("Gateways"),
    "halls": N_("Halls"),
    "ids": N_("Entries"),
    "kind": N_("Kind"),
    "languages": N_("Languages"),
    "logins": N_("Logins"),
    "logins_ended": N_("Logins that ended"),
    "note": N_("Note"),
    "of": N_("of"),
    "open": N_("Without a password"),
    "order": N_("Order"),
    "partner": N_("Town"),
    "permissions": N_("May"),
    "plan": N_("Plan"),
    "reason": N_("Reason"),
    "replaced": N_("Replaces a box"),
    "replaces": N_("Replaces"),
    "role": N_("Role"),
    "rolls_back": N_("Rolls back to"),
    "rows": N_("Rows"),
    "scopes": N_("For"),
    "sessions": N_("Sessions"),
    "size": N_("Size"),
    "software": N_("Version"),
    "ssid": N_("Name of the Wi-Fi"),
    "stage": N_("Stage"),
    "step": N_("Step"),
    "time_zone": N_("Time zone"),
    "title": N_("Title"),
    "token": N_("Token"),
    "users": N_("Users"),
    "until": N_("Until"),
    "valid": N_("Valid for"),
    "what": N_("What"),
    "why": N_("Why"),
    "zone": N_("Zone"),
    "zones": N_("Zones"),
}
"""Keys of details; those that are not here are shown as they are."""
_WAYS: Final = {
    "password": N_("password"),
    "provider": N_("the city's login"),
    "totp": N_("app"),
    "passkey": N_("passkey"),
    "recovery": N_("recovery code"),
}
_CHANGED: Final = {"changed": N_("changed"), "as before": N_("as before")}
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "role": {role.value: words for role, words in ROLES.items()},
    "permissions": {permission.value: words for permission, words in PERMISSIONS.items()},
    "at": {"console": N_("console"), "api": N_("API"), "second factor": N_("second factor")},
    "by": _WAYS,
    "kind": {**KINDS, **_WAYS, "mail": N_("E-mail")},
    "why": {
        "unknown": N_("not known"),
        "no-role": N_("no role"),
        "no-partner": N_("town does not take part"),
        "disabled": N_("disabled"),
    },
    "reason": REASONS,
    "scopes": {"host": N_("all towns")},
    "full_name": _CHANGED,
    "email": _CHANGED,
    "contact": _CHANGED,
}
"""Words for values, by key; all others are shown as they are."""


ABOUT: Final[Mapping[str, str]] = {
    "alarm.": N_("Alarm %(name)s"),
    "channel.": N_("Recipient %(name)s"),
    "enrolment.": N_("Token %(name)s"),
    "feedback.": N_("Message %(name)s"),
    "gateway.": N_("Gateway %(name)s"),
    "network.": N_("Guest network %(name)s"),
    "policy.vouchers.": N_("Vouchers (batch %(name)s)"),
    "policy.blocklist.": N_("Block %(name)s"),
    "policy.": N_("Change %(serial)s"),
    "order.": N_("Gateway %(name)s"),
}
"""What the subject of an action is, by how the action begins; the first one that fits. What has no words is a name that people gave."""


def about(text: Callable[..., str], action: str, subject: str) -> str:
    """The subject of an entry in words. ``text``: of a visit."""
    if action.startswith("checklist."):
        return text(STEPS[subject].title) if subject in STEPS else subject
    words = next((words for begin, words in ABOUT.items() if action.startswith(begin)), "")
    if not words or not subject or (words == ABOUT["policy."] and not subject.isdecimal()):
        return subject
    shown = subject.rpartition("-")[2][:6] if action.startswith(("policy.vouchers.", "policy.blocklist.")) else subject
    return text(words, name=shown, serial=shown)


def facts(detail: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Details as pairs of key and value without anything inside of each other: ``rows.halls``, 3."""
    for key, value in detail.items():
        name = f"{within}{key}"
        if isinstance(value, Mapping):
            yield from facts(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
            yield from facts({str(number): one for number, one in enumerate(value, 1)}, f"{name}.")
        elif value is not None and value not in ("", []):
            yield name, value
