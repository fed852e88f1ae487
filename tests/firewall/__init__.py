"""Tests of the firewall package that need neither root nor a network."""
