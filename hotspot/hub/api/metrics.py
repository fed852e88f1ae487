"""``/metrics``: what Prometheus scrapes. A host's token sees every hall and the hub process, a partner's its own halls."""

import asyncio

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest

from hotspot.hub import machines, metrics
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.hub import Hub
from hotspot.hub.store import monitoring

_process = CollectorRegistry()
for _collector in (ProcessCollector, GCCollector, PlatformCollector):
    _collector(registry=_process)


async def collect(hub: Hub, partner: str | None) -> list[metrics.Family]:
    """Everything that is told at this moment: of all halls and the hub, or of a partner's halls."""
    async with hub.store.transaction(snapshot=True) as connection:
        gateways = await monitoring.gateways(connection, partner)
        totals = await monitoring.totals(connection, partner)
        alarms = await monitoring.alarms(connection, partner)
        now = None if partner else await monitoring.hub(connection)
    machine = await asyncio.to_thread(machines.look, hub.settings.machine)
    own = [] if now is None else metrics.hub_families(now, machine)
    return own + await asyncio.to_thread(metrics.families, gateways, totals, alarms)  # others are served meanwhile


async def show_metrics(call: Call) -> Raw:
    """In the text format of Prometheus."""
    found = await collect(call.hub, call.who.partner)
    text = await asyncio.to_thread(metrics.exposition, found)
    if call.who.partner is None:
        text += generate_latest(_process)
    return Raw(text, metrics.CONTENT_TYPE)


OPERATIONS = (
    Operation(
        name="showMetrics", method="GET", path="/metrics", summary="For Prometheus", subject="metrics",
        permission=Permission.METRICS, handler=show_metrics, reply=Raw, media_type=metrics.CONTENT_TYPE,
    ),
)  # fmt: skip
"""Of the application itself, not below ``/api/v1``: where Prometheus looks when it is told nothing else."""
