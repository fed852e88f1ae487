"""A town hall in network namespaces: real kernel, real DHCP, real DNS, real packets; for the demo, the tests and anybody who tries things.

Glossary:

hall    a gateway, its WAN and its access point, each a network namespace: ``<hall>-gw``, ``<hall>-wan``, ``<hall>-ap``
phone   a namespace ``<hall>-<phone>`` with one interface ``wlan0``, a real DHCP client and SLAAC
site    the web server of the WAN: answers every connectivity probe as the real one does, serves downloads, takes uploads
city    a hub with its database, and three towns with twelve halls that report to it: the lab's own, and simulated ones
walk    a phone's way from its first packet to being cut off, each step measured

Reading order: ``layout`` and ``options`` (pure: names, addresses, choices), ``namespaces``, ``processes``, ``record`` (what a hall puts
onto the machine and takes away again), ``links``, ``servers`` and ``gateway`` (what runs in it), ``site`` and ``readiness`` and ``reload``
(programs of the lab: the web of the WAN, systemd's ear and its hand), ``names``, ``browse`` and ``advertisements`` (a phone's DNS, HTTP and
routers), ``times`` (its clock), ``probes`` and ``detectors`` (what phones ask by themselves, and what they make of the answer), ``phone``,
``zones`` (more LANs behind the same gateway), ``hall`` (all of it together), then ``walk``, ``window`` and ``demo``. Around a hall with a
hub: ``postgres``, ``history``, ``crowd`` (visitors that are made up), ``simulator`` (gateways that are), ``city``, ``walk_hub``.

A hall never has a route to the network of the machine it runs on.
"""

from hotspot.lab.hall import Hall
from hotspot.lab.options import Options
from hotspot.lab.phone import Phone

__all__ = ["Hall", "Options", "Phone"]
