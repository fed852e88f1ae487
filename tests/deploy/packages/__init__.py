"""The Debian packages: built twice, installed into a Debian, used, removed."""
