"""The playbooks of the collection, run by ansible-playbook from a control host over SSH against booted machines: ``control`` calls it,
``disk`` makes what the machines start from, ``site`` the inventory and the machines; ``make test-deploy`` runs the tests, and every run
``test_city.py``, the short form, where there is an ansible-playbook."""
