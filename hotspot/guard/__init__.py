"""The LAN guard: it listens where guests are and says what endangers them. It sends nothing, ever.

``frames`` bytes -> what was said · ``filter`` what the kernel lets through to us · ``memory`` tables that no stranger can fill to hide ·
``echoes`` what the gateway said itself and comes back ·
``sightings`` what was seen, until it has been quiet for a while · ``servers``, ``claims``, ``identities``, ``starvation``, ``bridging`` one
danger each · ``hall`` what they share · ``watch`` all of them for one interface. These are pure: time comes in as an argument. ``ears`` and
``bridge`` are the sockets, ``hotspot.rights`` gives the one capability back, ``service`` is the process.
"""
