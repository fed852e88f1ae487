"""TAKEN: part J (a new engineer) writes the demo now (city.py, simulator.py, demo.py, walk.py steps 8 and 9). Part H: leave the demo alone,
go on with docs/operations.md, docs/hub.toml, systemd/hotspot-hub.service and their tests, and end."""
