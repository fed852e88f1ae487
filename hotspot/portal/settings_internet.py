"""The section ``[internet]`` of the settings: how the line is watched, and what visitors meet while it is down."""

from msgspec import Struct

from hotspot.portal.settings import Internet
from hotspot.portal.settings_reader import Reader, host_port
from hotspot.session.quantities import parse_seconds

NEW_VISITORS = ("open", "closed")
"""While the line is down, new visitors may accept all the same, or not before it is back."""


class _Internet(Struct, forbid_unknown_fields=True):
    targets: list[str] = []
    interval: str | int | float = 30
    timeout: str | int | float = 3
    new_visitors: str = "open"
    message: str | dict[str, str] = {}


def internet(read: Reader, raw: object) -> Internet:
    """The section; every key has a default. Raises ``BadSettings``."""
    file = read.table(raw, _Internet, "internet")
    if file.new_visitors not in NEW_VISITORS:
        raise read.error("internet.new_visitors", file.new_visitors, 'expected "open" or "closed"')
    return Internet(
        targets=tuple(read.value("internet.targets", target, host_port) for target in file.targets),
        interval=read.value("internet.interval", file.interval, parse_seconds, 0.1, 86_400),
        timeout=read.value("internet.timeout", file.timeout, parse_seconds, 0.1, 60),
        closes=file.new_visitors == "closed",
        message=read.texts("internet.message", file.message, 500),
    )
