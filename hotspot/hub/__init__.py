"""The city's web: takes the reports of all halls, gives them their policy, answers people and machines. Many such processes share one
PostgreSQL, which is the only state.

Reading order: ``settings`` - ``store`` (PostgreSQL) - ``access`` (who may what) - ``hub`` (the parts together) - ``gateways`` (what
gateways ask) - ``api`` (what people and machines ask) - ``jobs`` - ``service`` (the process).
"""
