"""Attacks on a whole hall, with real tools and raw packets, from the namespace of a phone; docs/security.md says which test shows what."""
