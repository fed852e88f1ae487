"""``/api/v1``: every function of the hub for machines, the command line and, later, the console.

``operations`` says what an operation is, ``web`` carries requests to them, ``openapi`` describes them; each other module has the operations
of one subject in its ``OPERATIONS``, and ``ALL`` in ``table`` joins them.
"""
