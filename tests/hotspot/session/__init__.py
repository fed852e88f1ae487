"""Tests of hotspot/session."""
