"""The proof: these folders mirror the sources. ``test_journey.py`` is the first to read; ``kernel/`` and ``browser/`` use real things."""
