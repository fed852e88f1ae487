"""Tests on the real kernel, in network namespaces that they make and take down."""
