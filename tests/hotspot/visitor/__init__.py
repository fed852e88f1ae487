"""The synthetic visitor's parts, one by one; the whole of it is in ``tests/kernel/visitor``."""
