"""The doctor: looks at a gateway from inside, changes nothing, and says what is amiss, what that means and what mends it.

Each group of checks is a module with two halves: ``read`` takes what there is (files, sockets, programs that only print), ``judge`` is pure
and turns it into findings. ``examination`` runs all groups and makes the ``Look``, ``page`` writes it for a person, ``bundle`` packs what
support needs, and ``privacy`` takes everything out of that which could name a device or a person.

programs      the only place that starts programs
subject       which gateway: its settings files, those of its name server, what the firewall says of the kernel
"""
