"""Logging in at the console with an account of the city's own OpenID provider (Keycloak, Authelia, Entra ID …).

OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636), ``state`` and ``nonce``. A **provider** says who somebody is by an
**ID token**, a signed statement with **claims**; an **identity** is a user's name there: issuer and subject, never the e-mail address.

To read: ``settings``, ``flow`` (what goes through the browser), ``provider`` (what is asked of it), ``idtoken`` (whether a statement
holds), ``claims`` (which role it gives), ``arrival`` (the user that it becomes).
"""
