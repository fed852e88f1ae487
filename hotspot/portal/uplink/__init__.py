"""The gateway's side of the hub: it dials out, and says and asks what ``hotspot.wire`` has words for.

*Contact*: the last time that the hub answered. *Away*: it has not done so for longer than ``[hub] away_after``, or never did. *Kept*: the
last policy that could be used, in the state folder; it holds until there is another.

Reading order: ``state`` (how it stands with the hub) - ``link`` (HTTPS) - ``poll`` (is there news?) - ``policy``, ``kept`` (fetch, check, keep,
apply) - ``wishes`` (block list and vouchers of a policy) - ``orders``.
"""
