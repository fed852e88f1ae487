"""Data protection: what the hub holds and why, handed over, erased, saved and put back.

Reading order: ``inventory`` (every column with purpose, legal basis and retention: the source of ``docs/privacy/datenliste.md``) -
``entries`` and ``entries_running`` (its table) - ``export`` (everything of a partner or hall as one file) - ``erase`` (the same, gone) -
``backup`` (the whole hub to a file and back).
"""
