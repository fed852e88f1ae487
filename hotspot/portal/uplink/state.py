"""How it stands with the hub: what ``hotspot status``, health and the barrier for new visitors look at. Clocks come in as values.

Only contact counts: any answer of the hub that was understood. Whoever talks to the hub tells it here.
"""

import asyncio
from typing import Final

from hotspot.session.admission import Away, hub_away
from hotspot.session.sessions import Now


class Uplink:
    """Lives in the event loop; nothing here waits."""

    def __init__(self, started: Now) -> None:
        self._started: Final = started
        self._heard: Now | None = None
        """The last contact since the start."""
        self.reached_before = False
        """The hub has answered before this start."""
        self.connected_since: float | None = None
        """Wall clock; None: the last try failed, or there was none yet."""
        self.away_since: float | None = started.unix
        """Wall clock; None: connected."""
        self.trouble = ""
        """Why the last try failed, for people; "": it did not."""
        self.fetched = 0
        """Serial of the policy that was last fetched, applied or not; 0: none since the start."""
        self.refused = 0
        """Serial of the policy that cannot be applied; 0: none."""
        self.error = ""
        """Why not."""
        self.backlog = 0
        """Reports that wait."""
        self.lost = 0
        """Reports that were given up."""
        self.lost_at: float | None = None
        """Wall clock: when the last of them was."""
        self.set_aside = 0
        """Reports that the hub will never take."""
        self.wanted = 0
        """Serial of the policy that the hub named last."""
        self.named: Final = asyncio.Event()
        """Set when ``wanted`` is another than what was fetched, and when a refused one is to be tried again."""
        self.applied: Final = asyncio.Event()
        """Set when what the policy wants and what the journal holds may differ."""

    def heard(self, now: Now) -> bool:
        """The hub answered; True when it had not before, or was away."""
        self._heard, self.trouble = now, ""
        if self.connected_since is not None:
            return False
        self.connected_since, self.away_since = now.unix, None
        return True

    def missed(self, why: str, now: Now) -> bool:
        """The hub did not answer, or not with sense; True when it had before."""
        self.trouble = why
        if self.connected_since is None:
            return False
        self.connected_since, self.away_since = None, now.unix
        return True

    def name_policy(self, serial: int) -> bool:
        """The hub said which policy this gateway should have (0: nothing new); True when it had named another before."""
        if serial in (0, self.wanted):
            return False
        self.wanted = serial
        self.named.set()
        return True

    def try_again(self) -> None:
        """What a refused policy could not do may be possible now: the box's own settings have changed."""
        if self.refused:
            self.fetched = 0
            self.named.set()

    def is_away(self, away_after: float, now: Now) -> bool:
        """The last try failed, and nothing was heard of the hub for so many seconds; from the start on, if not since."""
        last = self._heard or self._started
        return self.connected_since is None and now.boottime - last.boottime >= away_after

    def closes(self, away: Away, away_after: float, has_policy: bool, now: Now) -> bool:
        """Is nobody new let in because of the hub?"""
        reached = self.reached_before or self._heard is not None
        return hub_away(away, reached, has_policy, self.is_away(away_after, now))
