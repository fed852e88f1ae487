"""Tests of what a town prints."""
