"""Gateway and hub against each other: the real reporting side of a gateway, the real hub on PostgreSQL, TLS between, and what fails."""
