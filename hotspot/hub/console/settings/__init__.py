"""Settings: what is said for the city, a town, a hall and a zone, changed by forms.

Words: a **scope** is for whom something is said (``hotspot.hub.policy.scopes``); its **document** is all that is said there; a **section**
is a part of it with a form of its own; a **draft** is a new version of a document that nobody but its author sees before it is applied.

To read: ``scopes`` (addresses), ``drafts`` (every form ends with ``propose``), ``review`` (the difference first, then apply), ``sections``
(which there are), then one section after the other. ``table`` has all pages.
"""
