"""The console over HTTP: one test module for each area; ``walks`` is the same in a browser."""
