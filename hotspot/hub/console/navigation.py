"""What stands in the navigation: the areas of the console in the order in which they are needed."""

from typing import Final

from msgspec import Struct

from hotspot.hub.console.texts import N_


class Item(Struct, frozen=True):
    """One area."""

    page: str
    """Name of its first page."""
    title: str
    path: str
    icon: str
    """The ``d`` of a path in a square of 24, drawn as a line."""


ITEMS: Final[tuple[Item, ...]] = (
    Item("overview", N_("Overview"), "/", "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z"),
    Item("alarms", N_("Alarms"), "/alarms", "M12 4a6 6 0 0 0-6 6v4l-2 3h16l-2-3v-4a6 6 0 0 0-6-6zM10 20a2 2 0 0 0 4 0"),
    Item("settings", N_("Settings"), "/settings", "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4"),
    Item("vouchers", N_("Vouchers and posters"), "/vouchers", "M4 6h16v4a2 2 0 0 0 0 4v4H4v-4a2 2 0 0 0 0-4zM14 6v12"),
    Item("blocks", N_("Block list"), "/blocks", "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 6.5l11 11"),
    Item("feedback", N_("Feedback"), "/feedback", "M4 5h16v11H9l-5 4z"),
    Item("reports", N_("Monthly reports"), "/reports", "M6 3h9l4 4v14H6zM9 17v-4M12 17v-7M15 17v-2"),
    Item("partners", N_("Towns and halls"), "/partners", "M3 20h18M5 20V9l7-5 7 5v11M9 20v-6h6v6"),
    Item("gateways", N_("Gateways"), "/gateways", "M4 14h16v6H4zM7 17h.01M11 17h6M12 14v-3M8 8a6 6 0 0 1 8 0M5.5 5a10 10 0 0 1 13 0"),
    Item(
        "users",
        N_("Users"),
        "/users",
        "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20a6 6 0 0 1 12 0M18 14a6 6 0 0 1 3 6",
    ),
    Item("audit", N_("Audit log"), "/audit", "M5 4h14v16H5zM8 9h8M8 13h8M8 17h5"),
)
