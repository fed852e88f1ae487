"""Certificates of the halls' portals: the hall makes key and request, the hub gets the certificate, the hall fetches it.

*Request*: what a gateway signed with its new key (PKCS #10). *Names*: what staff gave to that gateway, within the zones of its partner.
*Authority*: who signs, by ACME (RFC 8555) with DNS-01; or the operator's own, whose certificate staff put in. *Record*: the TXT record in
DNS by which the authority sees that the names are ours.

Reading order: ``settings`` - ``requests`` (what may be asked for, and what fits; pure but for X.509) - ``acme`` (the authority) -
``records`` (DNS, by RFC 2136) - ``issue`` (one certificate, from order to chain) - ``desk`` (a gateway asks) - ``work`` (what is due).
"""
