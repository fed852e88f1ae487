"""Monthly reports: what they are made of, as values."""
