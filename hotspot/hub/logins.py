"""How long who tries to log in has to wait: guessing is slow, and nobody can lock the office out.

Each name is slowed down for each source by itself, up to a minute: whoever guesses at a name elsewhere does not keep its owner out. Many
failures of one source, or with one name from everywhere, stop only names that never logged in from that source.
"""

from datetime import datetime, timedelta
from typing import Final

from hotspot.hub.hub import Hub
from hotspot.hub.store import logins, people, sessions
from hotspot.hub.store.logins import Tries

WINDOW: Final = timedelta(minutes=15)
"""Failures count for so long."""
FREE: Final = 5
"""Failures in a row after which there is a wait."""
LONGEST: Final = 60.0
"""Seconds: at most 1,440 guesses a day at one name from one source."""
OF_SOURCE: Final = 100
"""Failures of one source with any names within the window: an office behind one address mistypes less."""
OF_NAME: Final = 200
"""Failures with one name from anywhere within the window."""
DAY: Final = timedelta(days=1)
"""Wrong second factors count for so long: whoever sends one knows the password already, and a code has only six digits."""
LONGEST_FOR_CODE: Final = 900.0
"""Seconds: at most 96 guesses a day at a code of one name from one source."""
CODES_OF_NAME: Final = 30
"""Wrong second factors of one name from anywhere within a day: a guesser is right within a year in 3 cases of 100."""
REMEMBERED: Final = timedelta(days=90)
"""For how long a source is known after a login."""


def wait(tries: Tries, now: datetime) -> float:
    """Seconds until the next attempt is looked at; 0: now."""
    if not tries.trusted and (tries.of_source >= OF_SOURCE or tries.of_name >= OF_NAME):
        return LONGEST
    if tries.failed_at is None or tries.failures < FREE or now - tries.failed_at >= WINDOW:
        return 0.0
    pause = min(LONGEST, 2.0 ** min(tries.failures - FREE, 30))
    return max(0.0, pause - (now - tries.failed_at).total_seconds())


def wait_for_code(tries: Tries, now: datetime) -> float:
    """The same before a second factor; ``tries``: of the last ``DAY``."""
    if not tries.trusted and (tries.of_source >= OF_SOURCE or tries.of_name >= CODES_OF_NAME):
        return LONGEST_FOR_CODE
    if tries.failed_at is None or tries.failures < FREE or now - tries.failed_at >= DAY:
        return 0.0
    pause = min(LONGEST_FOR_CODE, 2.0 ** min(tries.failures - FREE, 30))
    return max(0.0, pause - (now - tries.failed_at).total_seconds())


async def forget(hub: Hub) -> None:
    """What does not count any more: failures, sources long not seen, tokens of logins that have ended."""
    now = hub.now()
    async with hub.store.transaction() as connection:
        await logins.forget(connection, now - DAY, now - REMEMBERED)
        await people.forget_logins(connection, now - timedelta(days=1))
        await sessions.forget(connection, now)
