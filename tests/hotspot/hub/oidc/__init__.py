"""OpenID Connect, as far as it needs no provider."""
