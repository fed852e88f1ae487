"""A hub and two halls of different partners, installed from the packages, booted and enrolled once for all files of this folder.

They run in the order of their names: what is looked at stands before what changes it, and the town that leaves goes last.
"""
