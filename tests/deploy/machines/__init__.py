"""Debian, booted: machines with a systemd of their own, made of the Debian packages that are installed here, and what is deployed on them.

They need no download. ``make test-deploy`` runs these tests, and nothing else collects them (tests/deploy/conftest.py).
"""
