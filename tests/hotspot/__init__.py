"""Tests of hotspot."""
