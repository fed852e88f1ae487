"""How fast it is: each module is a command, ``python -m benchmarks.<name>``; ``make bench`` runs them all."""
