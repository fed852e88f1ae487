"""What runs inside a guest: each module raises a small hall with the real firewall daemon, measures, and writes what it found as JSON.

``python -P -m tests.fullkernel.scenes.<name> OUT.json [ARG...]``; ``stage`` is the hall and the instruments, the others are the scenes:
``rates`` (a plan's speed), ``boarding`` (hundreds at once), ``sharing`` (a full zone), ``latency`` (pings under load), ``cake`` (CAKE in
the same places), ``basics`` (the short list for Debian's own kernels), ``line`` (``hotspot measure-line``), ``air`` (simulated radios). All
but ``air`` also run outside a guest, as root, where the kernel has what they use. ``HOTSPOT_LONG=1`` measures at full length.
"""
