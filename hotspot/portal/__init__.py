"""The hall's web: it faces strangers and has no privileges. It is the journal's only writer.

Reading order along a visitor's path: ``capture`` (probe -> redirect) - ``web``, ``pages``, ``capport`` (what visitors see) - ``desk``
(what the pages may ask for) - ``accept`` (form -> journal -> grant) - ``register`` and ``ledger`` (sessions, devices and daily allowances
in memory) - ``journal`` (the same on disk) - ``gate`` (the firewall's socket) - ``recovery`` (journal against kernel) - ``tuning``
(sessions follow plan, clock and settings) - ``meter`` (usage) - ``alarms`` - ``staff``, ``control`` (orders of the staff) - ``metrics``,
``management`` - ``internet`` - ``settings`` - ``service`` (the list of all of these, top to bottom).
"""
