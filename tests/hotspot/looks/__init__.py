"""Looks: their shape, their files, their words."""
