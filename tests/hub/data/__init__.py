"""Data protection at the hub: the list of what is stored, export, erasure, backup."""
