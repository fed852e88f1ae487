"""The box's own way back, on booted machines."""
