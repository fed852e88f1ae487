"""Second factors: what people show beside their password. ``codes`` are those of an app and those for emergencies (pure), ``passkeys`` is
WebAuthn, ``second`` asks for one at a login, ``own`` is what people do with their own."""
