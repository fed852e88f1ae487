"""What happens to one client, as pure functions over frozen values: no clock, no I/O, no logging; ``now`` and random bytes are arguments.

Reading order: ``states`` (the table of moves) - ``plans`` - ``sessions`` (begin, usage, end, grant) - ``forms`` (accept form and CSRF
token) - ``codes`` (the device code on the visitor's page) - ``boot`` (journal against kernel: who is opened again, adopted, finished).
"""
