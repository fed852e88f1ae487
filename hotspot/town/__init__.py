"""The town's front door as pure values: what the town does for people, what it costs, and what people tell the town. No clock, no I/O.

Reading order: ``folding`` (how words are compared) - ``week`` (opening hours as people write them) - ``accounts`` (IBAN, BIC, fees) -
``hosts`` (names that may be reached before acceptance) - ``directory`` (an entry, all of them, search and grouping) - ``sheet`` (the
directory as a CSV table) - ``file`` (the directory as the text of its TOML file) - ``garden`` (names as lines of dnsmasq) - ``feedback``
(a message to the town) - ``wifi4eu`` (the snippet that the European programme demands).
"""
