"""What happens to one client, as pure functions over frozen values: no clock, no I/O, no logging; ``now`` and random bytes are arguments.

Reading order: ``states`` (the table of moves) - ``hours`` (opening hours) - ``plans`` - ``sessions`` (begin, usage, end, grant) -
``allowance`` (what a client used today) - ``limits`` (what bounds a session from outside; a changed plan) - ``admission`` (who may begin
one now) - ``forms`` (the pages' forms and their token) - ``codes`` (the device code on the visitor's page) - ``boot`` (journal against
kernel: who is opened again, adopted, finished).
"""
