"""Logging in with an OpenID provider: against one that misbehaves on demand, and against Canaille, a real one."""
