"""Chromium inside a phone's namespace."""
