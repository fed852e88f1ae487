"""Certificates of the halls: an authority and a name server of our own on loopback, and halls that ask."""
