"""Chromium inside a phone's namespace, with the whole product behind it: what a visitor really sees and taps.

``chromium`` starts the browser as the phone · ``visitor`` is who uses it, step by step, and what the browser did meanwhile · ``screens``
are the sizes and colour schemes, and what must hold on every page · the pictures are kept in ``artefacts/screenshots``.

Reading order: ``test_walk``, ``test_first_view``, ``test_refusals``.
"""
