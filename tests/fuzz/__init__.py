"""Fuzzing what strangers and broken peers can send: the capture listener and the pages, the two sockets, and the netlink decoder.

``make fuzz`` runs for minutes (``FUZZ_EXAMPLES`` examples per property); as part of ``make test`` each property gets a hundred.
``test_known_shapes`` has the fixed cases: the requests that broke another captive portal (openNDS, CVE-2023-38313 … CVE-2024-25763).
"""
