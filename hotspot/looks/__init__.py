"""What the synthetic visitor, the doctor and the LAN guard found: values that all three write, and the words for people.

A look names halls' faults, never people: no MAC, no address of a client, no name. ``values`` is the shape, ``folder`` the files between the
programs and the portal, ``words`` and ``words_*`` what each finding means and what to do, from which ``docs/troubleshooting.md`` is built.
"""
