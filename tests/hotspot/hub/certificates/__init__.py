"""Certificates of the halls: settings, requests, and what goes over the line."""
