"""The hub's side of the wire, against a real PostgreSQL."""
