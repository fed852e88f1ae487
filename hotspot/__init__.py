"""The unprivileged part of the product: ``session`` (pure rules), ``portal`` (the hall's web), ``lab`` (a hall in namespaces), ``cli``.

Words are those of ``docs/words.md``. What the portal asks of the privileged part is in ``firewall.api`` and nowhere else.
"""
