"""Tests of hotspot/portal."""
