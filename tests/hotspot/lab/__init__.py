"""Tests of the town hall in network namespaces; those marked ``kernel`` raise one."""
