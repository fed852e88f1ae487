"""Failures, with real processes on the real kernel: whatever breaks, nobody gets out who did not accept, nobody who accepted is lost.

fence     a stranger who never accepts and never stops trying, and the count of what of it arrives in the Internet
books     the journal and the kernel's maps as they are at one moment, to compare
visitors  visitors who come, tap, look around and leave, without end: the load under which things break
machine   what a test does to a process, a link or a server of the hall, in one line each

``docs/reliability.md`` lists each failure with the test that shows what happens. ``make test-kills`` runs all at full length.
"""
