"""``hotspot hub figures …``, ``hotspot hub erased``, and on the hub itself ``hotspot hub upkeep`` and ``hotspot hub distribute``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot.console import amount, duration, fail, json_option, print_json
from hotspot.console_hub import ask_hub, config_option, hub_client, moment, on_database, refusal, show
from hotspot.hub_client import HubRefused, HubUnavailable, part

if TYPE_CHECKING:
    from hotspot.hub.settings import Settings
    from hotspot.hub.store import Store

_STEPS = ("quarter", "hour", "day", "month")
_since = click.option("--from", "since", metavar="WHEN", help="A day such as 2027-01-31, or a moment with an offset.")
_until = click.option("--to", "until", metavar="WHEN", help="Not part of it; without it up to now.")
_step = click.option("--step", type=click.Choice(_STEPS), default="day", show_default=True)
_csv = click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet, to standard output.")


@click.group()
def figures() -> None:
    """How many came, how long they stayed, what they moved."""


@figures.command()
@click.option("--partner", help="Only the halls of this town.")
@json_option
def now(partner: str | None, as_json: bool) -> None:
    """All halls at this moment: state, online, the day so far."""
    found = ask_hub("show the halls", "GET", "/figures/now", partner=partner)
    rows = [
        [
            one["hall"],
            one["partner"],
            one["state"],
            moment(one["seen_at"]),
            str(one["online"]),
            str(one["visits_today"]),
            amount(one["bytes_down_today"]),
            amount(one["bytes_up_today"]),
            str(one["warnings"]),
        ]
        for one in found
    ]
    heads = ["hall", "partner", "state", "seen", "online", "visits today", "down", "up", "warnings"]
    show(found, as_json, heads, rows, "there are no halls yet: hotspot hub hall create")


def _shown(path: str, as_json: bool, as_csv: bool, query: dict[str, Any]) -> None:
    if as_csv:
        try:
            content = hub_client().fetch("GET", f"{path}.csv", **query)
        except HubUnavailable as error:
            fail(str(error))
        except HubRefused as error:
            fail(refusal("show figures", error))
        click.echo(content, nl=False)
        return
    found = ask_hub("show figures", "GET", path, **query)
    few = query["by"] in ("language", "family")
    rows = []
    for point in found["points"]:
        cells = [moment(point["time"]), point.get("name", ""), str(point["visits"])]
        if not few:
            cells += [duration(point["seconds"]), amount(point["bytes_down"]), amount(point["bytes_up"]), str(point["peak"])]
        rows.append(cells)
    name = query["by"] if query["by"] != "none" else ""
    heads = ["time", name, "visits", *([] if few else ["online", "down", "up", "peak"])]
    show(found, as_json, heads, rows, f"there are no figures of {found['of']} from {found['from']} to {found['to']}")


@figures.command("hall")
@click.argument("name")
@_since
@_until
@_step
@click.option("--by", type=click.Choice(["none", "zone", "plan", "language", "family"]), default="none", show_default=True)
@_csv
@json_option
def of_hall(name: str, since: str | None, until: str | None, step: str, by: str, as_csv: bool, as_json: bool) -> None:
    """A hall over a time."""
    _shown(f"/halls/{part(name)}/figures", as_json, as_csv, {"from": since, "to": until, "step": step, "by": by})


@figures.command("partner")
@click.argument("name")
@_since
@_until
@_step
@click.option("--by", type=click.Choice(["none", "hall", "zone", "plan", "language", "family"]), default="none", show_default=True)
@_csv
@json_option
def of_partner(name: str, since: str | None, until: str | None, step: str, by: str, as_csv: bool, as_json: bool) -> None:
    """A town over a time."""
    _shown(f"/partners/{part(name)}/figures", as_json, as_csv, {"from": since, "to": until, "step": step, "by": by})


@figures.command()
@click.argument("hall")
@_since
@_until
@json_option
def devices(hall: str, since: str | None, until: str | None, as_json: bool) -> None:
    """How many different devices came to a hall, by day."""
    found = ask_hub("show devices", "GET", f"/halls/{part(hall)}/devices", **{"from": since, "to": until})
    rows = [[one["day"], str(one["devices"])] for one in found]
    show(found, as_json, ["day", "devices"], rows, f"no devices were counted in {hall} in that time")


@click.command()
@click.option("--since", metavar="MOMENT", help="With an offset, as 2027-01-31T08:00:00Z; without it the last year.")
@json_option
def erased(since: str | None, as_json: bool) -> None:
    """What was erased because its time was up: the proof that retention is kept."""
    found = ask_hub("show what was erased", "GET", "/erased", since=since)
    rows = [[moment(one["at"]), one["rule"], one["subject"], moment(one["begins"]), moment(one["ends"]), str(one["rows"])] for one in found]
    show(found, as_json, ["at", "rule", "table", "from", "to", "rows"], rows, "nothing was erased yet because its time was up")


# On the hub itself ------------------------------------------------------------------------------------------------------------------


@click.command()
@config_option
@json_option
def upkeep(config: Path, as_json: bool) -> None:
    """Make hours, days and room for what comes, and erase what is too old, now; the hub's processes do it by themselves."""
    from hotspot.hub import hub, retention

    async def work(settings: "Settings", store: "Store") -> dict[str, int]:
        process = hub.Hub(settings, store)
        hours = await retention.roll_up_until(process, process.now() - retention.SETTLED)
        return {"hours": hours, "erased": await retention.keep_up(process)}

    done = on_database(config, "keep up the database", work)
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done['hours']} hours were made, {done['erased']} rows erased")


@click.command()
@config_option
@json_option
def distribute(config: Path, as_json: bool) -> None:
    """Spread the tables that grow over the machines of a Citus cluster."""
    from hotspot.hub.store import distribution

    async def work(_: "Settings", store: "Store") -> list[str]:
        async with store.connection() as connection:
            return await distribution.distribute(connection)

    done = on_database(config, "distribute the tables", work)
    if as_json:
        print_json(done)
    else:
        click.echo("\n".join(done) or "all tables are distributed already")
