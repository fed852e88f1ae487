"""The gateway's privileged daemon: it alone changes the kernel, and it does nothing else.

Glossary (the words of the whole product are in ``docs/words.md``):

client     a device, known by its MAC address
grant      the kernel's permission for one client: three map elements (``ids``, ``up``, ``down``) in its zone's table
zone       one LAN interface with its addresses and rules; one nftables table ``hotspot_<zone>`` each
slot       an HTB class id (16 bit), made ahead of time and used again
generation counts the grants, so that a slot used again never matches a flow of its former client
mark       generation * 2**16 + slot: the conntrack mark of every connection of a grant
rates      what a plan means to the shaper: guaranteed ``rate`` and ``ceil``, each way, in bit/s at layer 3
drift      the kernel differs from what this daemon put there

Reading order: ``api`` (the contract), ``settings``, ``grants``, ``shaper``, ``metering``, ``presence``, ``reconcile`` and
``elements`` (pure: no I/O, no clock), ``ruleset`` and ``ruleset.nft``, then ``kernel/`` (all netlink), ``listener`` and ``daemon``.
"""
