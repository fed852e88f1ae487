"""The hall's web: it faces strangers and has no privileges. It is the journal's only writer.

Reading order along a visitor's path: ``capture`` (probe -> redirect) - ``web``, ``pages``, ``capport`` (what visitors see) - ``desk`` (what
the pages may ask for) - ``accept`` (form -> journal -> grant) - ``register`` (sessions and devices in memory) - ``journal`` (the same on
disk) - ``gate`` (the firewall's socket) - ``recovery`` (journal against kernel) - ``meter`` (usage) - ``staff``, ``control`` (orders of the
staff) - ``metrics``, ``management`` - ``internet`` - ``settings`` - ``service`` (the list of all of these, top to bottom).
"""
