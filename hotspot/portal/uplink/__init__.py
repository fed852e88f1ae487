"""The gateway's side of the hub: it dials out, and says and asks what ``hotspot.wire`` has words for.

*Contact*: the last time that the hub answered. *Away*: it has not done so for longer than ``[hub] away_after``, or never did. *Kept*: the
last policy that could be used, in the state folder; it holds until there is another. *Wishes*: what a policy wants beside settings.
*Stream*: the reports of one start of the portal, numbered. *Outbox*: reports on disk, until the hub has them and for a while after.

Reading order: ``state`` (how it stands with the hub) - ``credential``, ``link`` (HTTPS); reports: ``counting`` (sessions into reports; what
is counted: ``hotspot.session.tally``) - ``merging``, ``outbox`` (on disk) - ``health``, ``sender``; and the other way: ``poll`` (is there
news?) - ``policy``, ``kept`` (fetch, check, keep, apply) - ``wishes`` (block list and vouchers of a policy) - ``orders``.
"""
