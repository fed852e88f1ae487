"""The hub's pure parts: without database, clock and network."""
