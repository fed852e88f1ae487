"""The doctor at a real hall: it changes nothing, finds a healthy one healthy, and each spoilt one spoilt in just that way.

spoilt        ways to spoil a running gateway, and how it is mended
mistakes      mistakes in copies of the settings files, and in those of the name server
"""
