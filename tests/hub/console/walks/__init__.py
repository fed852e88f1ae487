"""The console in Chromium: each task walked as its users would, on a phone and on a desk; every page looked at."""
