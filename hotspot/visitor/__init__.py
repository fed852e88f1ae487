"""The synthetic visitor: a client with a MAC of its own that walks through a hall as a phone does, and says what a visitor would notice.

Always a process of its own (``hotspot visit``), because scapy is GPL only: nothing but ``hotspot.cli_visit`` imports this package, and
nothing else imports scapy (docs/decisions/0032).

In the order of a visit: ``choices`` (what is asked of it, and what is expected), ``place`` (an interface and a namespace) with ``relay``
(where that interface is the gateway's own and no bridge), ``frames`` with ``dhcp`` and ``routers`` (what happens below IP), ``names`` and
``web`` (one question each), ``inside`` (what the portal says where it can be asked), then the steps: ``joining``, ``outside``, ``portal``,
``online``, ``apart``. ``known`` is what one step learns for the next, ``notes`` what became of each and the verdict, ``said`` how findings
name what they found, ``walk`` the order of the steps, ``gathered`` the look, ``report`` what people and programs are told.
"""
