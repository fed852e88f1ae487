"""What each system makes of the answer to its connectivity probe (pure): a portal, the Internet, or neither.

Each function is the decision of one system's own code, cut down to what an answer can be:

android         NetworkMonitor of AOSP: follows nothing; 204 is online, 200 to 399 a portal, but a body of 0 to 4 bytes a failure
chromium        captive_portal_detector: follows redirects, so it is to be given the last answer; 511 is a portal
firefox         CaptiveDetect: follows nothing; exactly the expected body is online
networkmanager  nm-connectivity: follows nothing; the header, or a body that begins as configured, is online
windows         NCSI: 200 with the expected text is online, any other answer a hotspot
apple           CaptiveNetworkSupport: the page "Success" is online; errors of the server are neither
"""

from collections.abc import Callable, Mapping
from enum import Enum

from hotspot.lab.browse import Response
from hotspot.lab.probes import Probe


class Verdict(Enum):
    """What the system tells its user."""

    PORTAL = "portal"
    """There is a portal: it opens it, or says so."""
    ONLINE = "online"
    FAILED = "failed"
    """No Internet, and no portal to open."""


def android(probe: Probe, answer: Response | None) -> Verdict:
    """AOSP 14: ``isSuccessful``, ``isPortal`` and the rule of at most four bytes. Whatever was asked, 204 is the only good answer."""
    if answer is None or not 200 <= answer.status <= 399:
        return Verdict.FAILED
    if answer.status == 204:
        return Verdict.ONLINE
    length = int(answer.header("content-length") or len(answer.body))
    return Verdict.FAILED if answer.status == 200 and length <= 4 else Verdict.PORTAL


def chromium(probe: Probe, answer: Response | None) -> Verdict:
    """Chromium's desktop browsers and their kin, ``answer`` being the one after all redirects."""
    if answer is None:
        return Verdict.FAILED
    if answer.status == 511:
        return Verdict.PORTAL
    if not 200 <= answer.status <= 399:
        return Verdict.FAILED
    online = answer.status == 204 or (answer.status == 200 and len(answer.body) <= 1)
    return Verdict.ONLINE if online else Verdict.PORTAL


def firefox(probe: Probe, answer: Response | None) -> Verdict:
    """Firefox retries what it cannot make sense of, and tells nobody in the end."""
    if answer is None:
        return Verdict.FAILED
    if answer.status == 200 and answer.text == probe.body:
        return Verdict.ONLINE
    return Verdict.PORTAL if 200 <= answer.status <= 399 or answer.status == 511 else Verdict.FAILED


def networkmanager(probe: Probe, answer: Response | None) -> Verdict:
    """NetworkManager with ``response=`` set to what the distribution's server says; without one (Ubuntu), nothing may be said."""
    if answer is None:
        return Verdict.FAILED
    if answer.header("x-networkmanager-status") == "online":
        return Verdict.ONLINE
    if 300 <= answer.status <= 399 or answer.status == 511:
        return Verdict.PORTAL
    expected = probe.body.strip()
    online = answer.text.startswith(expected) if expected else answer.status == 204 or not answer.body
    return Verdict.ONLINE if online else Verdict.PORTAL


def windows(probe: Probe, answer: Response | None) -> Verdict:
    """NCSI's active probe."""
    if answer is None:
        return Verdict.FAILED
    return Verdict.ONLINE if answer.status == 200 and probe.body in answer.text else Verdict.PORTAL


def apple(probe: Probe, answer: Response | None) -> Verdict:
    """iOS, iPadOS, macOS; that errors bring up no sheet is what many report."""
    if answer is None or (answer.status >= 400 and answer.status != 511):
        return Verdict.FAILED
    return Verdict.ONLINE if answer.status == 200 and answer.text.strip() == probe.body else Verdict.PORTAL


def plain(probe: Probe, answer: Response | None) -> Verdict:
    """Devices whose code is not public: exactly the good answer is online, a redirect or another page is a portal."""
    if answer is None or answer.status >= 400:
        return Verdict.FAILED
    special = tuple((key, answer.header(key)) for key, _ in probe.headers)
    return Verdict.ONLINE if (answer.status, answer.text, special) == (probe.status, probe.body, probe.headers) else Verdict.PORTAL


Detector = Callable[[Probe, Response | None], Verdict]

DETECTORS: Mapping[str, Detector] = {
    "android": android,
    "apple": apple,
    "chromium": chromium,
    "firefox": firefox,
    "networkmanager": networkmanager,
    "windows": windows,
}
"""By family; ``plain`` for all others."""


def detector(family: str) -> Detector:
    """The detector of a family of ``hotspot.lab.probes``."""
    return DETECTORS.get(family, plain)


def follows_redirects(family: str) -> bool:
    """Does the detector want the answer after all redirects?"""
    return family == "chromium"
