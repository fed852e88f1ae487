"""What needs no database of the hub's side of the wire."""
