"""PostgreSQL: the only place with asyncpg. ``pool`` has the connections, ``migrations`` the tables, every other module one subject's SQL.

Functions take a ``Connection`` and do one thing; transactions are made by those who call them. What cannot be reached raises
``StoreUnavailable``.
"""

from hotspot.hub.store.pool import Connection, Store, StoreShut, StoreUnavailable

__all__ = ["Connection", "Store", "StoreShut", "StoreUnavailable"]
