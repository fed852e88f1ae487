"""The city's hub: reachable, who it should be, and what it and the portal have to say to each other. One request without a credential."""

import http.client
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.control import HubStatus
from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding
from hotspot.portal.settings import Hub
from hotspot.portal.settings_hub import trusting
from hotspot.portal.uplink.credential import NAME

SECONDS = 6.0
LATELY = 86_400.0
"""Seconds for which reports that were lost are told: how many there ever were only grows."""
MANY = 60
"""Reports that may wait: an hour of a hall."""


class Facts(Struct, frozen=True):
    """What was read."""

    now: float = 0
    enrolled: bool = True
    url: str = ""
    away: str = ""
    """Why it cannot be reached; "": it can."""
    stranger: str = ""
    """Why its certificate is not believed; "": it is."""
    ahead: float | None = None
    """Seconds that our clock is ahead of the hub's; None: it did not say."""
    status: HubStatus | None = None
    """As the portal says."""
    unusable: str = ""
    """Why its policy, as it was kept, cannot be put over the portal's settings; "": it can."""


def read(subject: Subject) -> Facts:
    """Ask it for its time. Raises ``NotLooked`` where there is none."""
    if subject.portal is None or subject.portal.hub is None:
        raise NotLooked("no-hub")
    enrolled = (subject.portal.state_dir / NAME).exists()
    status = subject.status.hub if subject.status is not None else None
    away, stranger, ahead = _asked(subject.portal.hub)
    return Facts(subject.now, enrolled, subject.portal.hub.url, away, stranger, ahead, status, subject.policy_error)


def _asked(hub: Hub) -> tuple[str, str, float | None]:
    """Why away, why not believed, how much our clock is ahead."""
    where = urlsplit(hub.url)
    context, host, port = trusting(hub.authority), where.hostname or "", where.port or 443
    proxy = urlsplit(hub.proxy) if hub.proxy else None
    if proxy is None:
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPSConnection(proxy.hostname or "", proxy.port or 3128, timeout=SECONDS, context=context)
        connection.set_tunnel(host, port)
    try:
        connection.request("HEAD", "/healthz", headers={"User-Agent": "hotspot-gateway"})
        answer = connection.getresponse()
        told = answer.getheader("Date")
        if answer.status >= 500:  # what stands before the hub answers for it
            return f"it answers {answer.status}", "", None
        return "", "", None if told is None else time.time() - parsedate_to_datetime(told).timestamp()
    except ssl.SSLCertVerificationError as error:
        return "", error.verify_message, None
    except TimeoutError:
        return "no answer in time", "", None
    except (OSError, http.client.HTTPException, ValueError, TypeError) as error:
        return getattr(error, "strerror", None) or type(error).__name__, "", None
    finally:
        connection.close()


def judge(facts: Facts) -> Iterator[Finding]:
    """How it stands."""
    if not facts.enrolled:
        yield found("hub-not-enrolled")
    if facts.stranger:
        yield found("hub-untrusted", why=facts.stranger)
    elif facts.away:
        yield found("hub-away", why=facts.away, url=facts.url)
    if facts.unusable:
        yield found("policy-unusable", why=facts.unusable)
    status = facts.status
    if status is None:
        return
    if status.backlog > MANY:
        yield found("hub-backlog", count=status.backlog)
    if status.lost and status.lost_at is not None and facts.now - status.lost_at < LATELY:
        yield found("hub-reports-lost", count=status.lost, date=datetime.fromtimestamp(status.lost_at, UTC).date())
    if status.refused:
        yield found("policy-refused", serial=status.refused, why=status.error)
