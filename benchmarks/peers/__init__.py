"""Side by side: this gateway, openNDS from Debian and plain forwarding, in turns in one run (``python -m benchmarks.peers``)."""
