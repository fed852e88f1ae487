"""Writes the Grafana dashboards beside it, from code: ``python deploy/grafana/build.py``; ``--check`` only says whether they are current.

``fleet`` shows all halls of the hub, ``hall`` one of them, both from what the hub tells; ``gateway`` a box that Prometheus scrapes itself.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders import common as looks
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FOLDER: Final = Path(__file__).parent
SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${source}")
GREEN, YELLOW, RED = "green", "orange", "red"
WIDTH: Final = 24
"""Of the page, in columns."""


def query(expression: str, legend: str = "", instant: bool = False, letter: str = "A") -> prometheus.Dataquery:
    """One expression of PromQL; ``letter`` is its name in the panel."""
    asked = prometheus.Dataquery().expr(expression).datasource(SOURCE).ref_id(letter)
    if legend:
        asked = asked.legend_format(legend)
    return asked.instant() if instant else asked


def levels(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Colours from a value on; the first has none."""
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=color) for value, color in steps])
    )


def number(
    title: str, expression: str, steps: Sequence[tuple[float | None, str]] = ((None, GREEN),), unit: str = "none", width: int = 4
) -> stat.Panel:
    """One large number; its colour says whether it is well."""
    return (
        stat.Panel()
        .title(title)
        .datasource(SOURCE)
        .with_target(query(expression, instant=True))
        .unit(unit)
        .thresholds(levels(*steps))
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(looks.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("-")
        .height(4)
        .span(width)
    )


def curve(title: str, *asked: tuple[str, str], unit: str = "none", width: int = 12, low: float | None = 0) -> timeseries.Panel:
    """Curves over time: (expression, legend)."""
    panel = (
        timeseries.Panel()
        .title(title)
        .datasource(SOURCE)
        .unit(unit)
        .fill_opacity(10)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            looks.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST).placement(common.LegendPlacement.BOTTOM).show_legend(True)
        )
        .height(8)
        .span(width)
    )
    if low is not None:
        panel = panel.min(low)
    for letter, (expression, legend) in zip("ABCDEF", asked, strict=False):
        panel = panel.with_target(query(expression, legend, letter=letter))
    return panel


def rows(title: str, expression: str, columns: dict[str, str], value: str, unit: str = "none", width: int = 12) -> table.Panel:
    """A table of series now: labels as columns (label -> head), and the value; a hall leads to its own dashboard."""
    names = {**columns, "Value": value}
    hidden = {name: True for name in ("Time", "__name__", "instance", "job", "partner", "gateway") if name not in columns}
    link = (
        dashboard.DashboardLink("Hall")
        .url("/d/hotspot-hall?var-hall=${__data.fields.hall}")
        .target_blank(False)
        .type(models.DashboardLinkType.LINK)
    )
    return (
        table.Panel()
        .title(title)
        .datasource(SOURCE)
        .with_target(query(expression, instant=True).format(PromQueryFormat.TABLE))
        .with_transformation(models.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden, "renameByName": names}))
        .override_by_name(value, [models.DynamicConfigValue(id_val="unit", value=unit)])
        .data_links([link] if "hall" in columns else [])
        .no_value("nothing")
        .height(8)
        .span(width)
    )


def page(uid: str, title: str, description: str, variables: Sequence[dashboard.QueryVariable]) -> dashboard.Dashboard:
    """A dashboard without panels."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["hotspot"])
        .timezone("browser")
        .refresh("1m")
        .time("now-24h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(dashboard.DashboardLink("Hotspot").type(models.DashboardLinkType.DASHBOARDS).tags(["hotspot"]).keep_time(True))
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    for variable in variables:
        made = made.with_variable(variable)
    return made


def choice(name: str, label: str, values: str, everything: bool = False) -> dashboard.QueryVariable:
    """A variable with the values of a label."""
    made = (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(values)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
    return made.include_all(True).multi(True).all_value(".*") if everything else made


OF: Final = 'partner=~"$partner"'
BAD: Final = ((None, GREEN), (1.0, RED))
UP: Final = ((None, RED), (1.0, GREEN))
DAY: Final = 86_400.0
LATE: Final = ((None, GREEN), (2 * DAY, YELLOW), (4 * DAY, RED))
"""Seconds since Debian's last good update; the last one is the bound of the alerts, as below."""


def fleet() -> dashboard.Dashboard:
    """All halls."""
    partner = choice("partner", "Town", "label_values(hotspot_gateway_info, partner)", everything=True)
    made = page("hotspot-fleet", "Hotspot: all halls", "Every hall that reports to the hub.", [partner])
    silent = f"time() - hotspot_gateway_seen_timestamp_seconds{{{OF}}}"
    for panel in (
        number("Gateways", f"count(hotspot_gateway_info{{{OF}}})"),
        number("Online now", f"sum(hotspot_zone_online{{{OF}}})"),
        number("Silent", f"count({silent} > 300) or vector(0)", BAD),
        number("No Internet", f"count(hotspot_gateway_internet_up{{{OF}}} == 0) or vector(0)", BAD),
        number("Urgent alarms", f'sum(hotspot_alarms{{{OF}, severity="urgent"}}) or vector(0)', BAD),
        number("Other alarms", f'sum(hotspot_alarms{{{OF}, severity!="urgent"}}) or vector(0)', ((None, GREEN), (1.0, YELLOW))),
        curve("Online, by town", (f"sum by (partner) (hotspot_zone_online{{{OF}}})", "{{partner}}")),
        curve("Visits an hour, by town", (f"sum by (partner) (increase(hotspot_zone_visits_total{{{OF}}}[1h]))", "{{partner}}")),
        curve("Traffic", (f"sum by (direction) (rate(hotspot_zone_bytes_total{{{OF}}}[30m])) * 8", "{{direction}}"), unit="bps"),
        curve(
            "Alarms in force", (f"sum by (kind) (hotspot_alarms{{{OF}}})", "{{kind}}"),
        ),
        rows(
            "Alarms", f"hotspot_alarms{{{OF}}}", {"hall": "hall", "gateway": "gateway", "kind": "alarm", "severity": "severity"}, "number",
        ),
        rows("Silent longest", f"topk(20, {silent})", {"hall": "hall", "gateway": "gateway"}, "silent for", "s"),
        rows(
            "Addresses", f"topk(20, 100 * hotspot_zone_pool_used{{{OF}}} / hotspot_zone_pool_size{{{OF}}})",
            {"hall": "hall", "zone": "zone"}, "leased", "percent",
        ),
        rows(
            "Certificates", f"bottomk(20, hotspot_gateway_certificate_end_timestamp_seconds{{{OF}}} - time())",
            {"hall": "hall", "gateway": "gateway"}, "ends in", "s",
        ),
        rows(
            "Policy not in force", f"hotspot_gateway_policy_serial_wanted{{{OF}}} - hotspot_gateway_policy_serial{{{OF}}} > 0",
            {"hall": "hall", "gateway": "gateway"}, "behind",
        ),
        rows("Software", f"count by (software) (hotspot_gateway_info{{{OF}}})", {"software": "version"}, "gateways"),
        rows(
            "Debian updated longest ago", f"topk(20, time() - hotspot_gateway_updated_timestamp_seconds{{{OF}}})",
            {"hall": "hall", "gateway": "gateway"}, "before", "s",
        ),
        rows(
            "Wait for a restart", f"time() - hotspot_gateway_restart_wanted_timestamp_seconds{{{OF}}}",
            {"hall": "hall", "gateway": "gateway"}, "for", "s",
        ),
        number(
            "Hub: last backup before", "max(time() - hotspot_hub_backup_timestamp_seconds)",
            ((None, GREEN), (1.25 * DAY, YELLOW), (1.5 * DAY, RED)), "s",
        ),
        number("Hub: backup failed", "max(hotspot_hub_backup_failed)", BAD),
        number(
            "Hub: certificate ends in", "min(hotspot_hub_certificate_end_timestamp_seconds - time())",
            ((None, RED), (3 * DAY, YELLOW), (14 * DAY, GREEN)), "s",
        ),
        number(
            "Hub: disk free", "min(100 * hotspot_hub_disk_free_bytes / hotspot_hub_disk_size_bytes)",
            ((None, RED), (3.0, YELLOW), (10.0, GREEN)), "percent",
        ),
        number("Hub: Debian updated before", "max(time() - hotspot_hub_updated_timestamp_seconds)", LATE, "s"),
        number(
            "Hub: waits for a restart", "max(time() - hotspot_hub_restart_wanted_timestamp_seconds) or vector(0)",
            ((None, GREEN), (1.0, YELLOW), (7 * DAY, RED)), "s",
        ),
        curve("Database of the hub", ("max(hotspot_hub_database_bytes)", "size"), unit="bytes"),
        curve("Memory of hub processes", ('process_resident_memory_bytes{job="hotspot-hub"}', "{{instance}}"), unit="bytes"),
        curve(
            "Told to nobody yet", ("max(hotspot_hub_events_waiting)", "alarms"), ("max(hotspot_hub_channels_failing)", "failing channels"),
        ),
        curve("Remote write", ("max(hotspot_hub_remote_write_failures)", "failures in a row")),
    ):  # fmt: skip
        made = made.with_panel(panel)
    return made


def hall() -> dashboard.Dashboard:
    """One hall, from what the hub tells."""
    chosen = choice("hall", "Hall", "label_values(hotspot_gateway_info, hall)")
    made = page("hotspot-hall", "Hotspot: one hall", "A hall as it reports to the hub.", [chosen])
    of = 'hall="$hall"'
    for panel in (
        number("Online now", f"sum(hotspot_zone_online{{{of}}})"),
        number(
            "Silent for", f"max(time() - hotspot_gateway_seen_timestamp_seconds{{{of}}})",
            ((None, GREEN), (180.0, YELLOW), (300.0, RED)), "s",
        ),
        number("Internet", f"min(hotspot_gateway_internet_up{{{of}}})", UP),
        number("Firewall", f"min(hotspot_gateway_firewall_up{{{of}}})", UP),
        number("Journal", f"min(hotspot_gateway_journal_ok{{{of}}})", UP),
        number("Alarms", f"sum(hotspot_alarms{{{of}}}) or vector(0)", BAD),
        curve("Online", (f"hotspot_zone_online{{{of}}}", "{{zone}}")),
        curve("Visits an hour", (f"sum by (zone) (increase(hotspot_zone_visits_total{{{of}}}[1h]))", "{{zone}}")),
        curve(
            "Traffic", (f"sum by (zone, direction) (rate(hotspot_zone_bytes_total{{{of}}}[30m])) * 8", "{{zone}} {{direction}}"),
            unit="bps",
        ),
        curve(
            "Time online an hour", (f"sum by (zone) (increase(hotspot_zone_online_seconds_total{{{of}}}[1h]))", "{{zone}}"), unit="s",
        ),
        curve("Addresses leased", (f"100 * hotspot_zone_pool_used{{{of}}} / hotspot_zone_pool_size{{{of}}}", "{{zone}}"), unit="percent"),
        curve("Open", (f"hotspot_zone_open{{{of}}}", "{{zone}}")),
        curve(
            "Accept forms an hour", (f"increase(hotspot_gateway_accepts_total{{{of}}}[1h])", "all"),
            (f"increase(hotspot_gateway_accept_errors_total{{{of}}}[1h])", "failed for a reason of ours"),
        ),
        curve("Kernel and journal disagreed", (f"increase(hotspot_gateway_drift_total{{{of}}}[1h])", "{{gateway}}")),
        curve(
            "Disk free", (f"100 * hotspot_gateway_disk_free_bytes{{{of}}} / hotspot_gateway_disk_size_bytes{{{of}}}", "{{gateway}}"),
            unit="percent",
        ),
        curve("Certificate ends in", (f"hotspot_gateway_certificate_end_timestamp_seconds{{{of}}} - time()", "{{gateway}}"), unit="s"),
        curve(
            "Reports", (f"hotspot_gateway_reports_waiting{{{of}}}", "waiting"), (f"hotspot_gateway_reports_lost_total{{{of}}}", "lost"),
        ),
        curve("Clock ahead of the hub's", (f"hotspot_gateway_clock_offset_seconds{{{of}}}", "{{gateway}}"), unit="s", low=None),
        curve(
            "Policy", (f"hotspot_gateway_policy_serial_wanted{{{of}}}", "wanted"), (f"hotspot_gateway_policy_serial{{{of}}}", "in force"),
            (f"hotspot_gateway_policy_refused{{{of}}}", "refused"),
        ),
        curve("Faults and warnings", (f"hotspot_gateway_faults{{{of}}}", "faults"), (f"hotspot_gateway_warnings{{{of}}}", "warnings")),
        curve("Test visits", (f"hotspot_hall_visit_ok{{{of}}}", "well {{gateway}} {{zone}}")),
        curve("Last test visit before", (f"time() - hotspot_hall_visit_timestamp_seconds{{{of}}}", "{{gateway}}"), unit="s"),
        curve("Portal runs since", (f"time() - hotspot_gateway_start_timestamp_seconds{{{of}}}", "{{gateway}}"), unit="s"),
        curve("Last report before", (f"time() - hotspot_gateway_report_timestamp_seconds{{{of}}}", "{{gateway}}"), unit="s"),
        curve("Debian updated before", (f"time() - hotspot_gateway_updated_timestamp_seconds{{{of}}}", "{{gateway}}"), unit="s"),
        curve(
            "Waits for a restart", (f"time() - hotspot_gateway_restart_wanted_timestamp_seconds{{{of}}}", "{{gateway}}"), unit="s",
        ),
    ):  # fmt: skip
        made = made.with_panel(panel)
    return made


def gateway() -> dashboard.Dashboard:
    """A box that Prometheus scrapes itself."""
    chosen = choice("gateway", "Gateway", "label_values(hotspot_settings_ok, instance)")
    made = page("hotspot-gateway", "Hotspot: gateway in depth", "A portal's own metrics, scraped at its management address.", [chosen])
    of = 'instance="$gateway"'
    quantiles = [(0.5, "half"), (0.95, "95 %"), (0.99, "99 %")]

    def times(name: str) -> list[tuple[str, str]]:
        return [(f"histogram_quantile({share}, sum by (le) (rate({name}_bucket{{{of}}}[5m])))", legend) for share, legend in quantiles]

    for panel in (
        number("Online", f"sum(hotspot_sessions_online{{{of}}}) or vector(0)"),
        number("Firewall", f"hotspot_firewall_up{{{of}}}", UP),
        number("Internet", f"hotspot_internet_up{{{of}}}", UP),
        number("Journal", f"hotspot_journal_ok{{{of}}}", UP),
        number("Settings", f"hotspot_settings_ok{{{of}}}", UP),
        number("Block list", f"hotspot_blocklist_entries{{{of}}}"),
        curve("Online, by plan", (f"hotspot_sessions_online{{{of}}}", "{{zone}} {{plan}}")),
        curve("Traffic", (f"sum by (zone, direction) (rate(hotspot_bytes_total{{{of}}}[5m])) * 8", "{{zone}} {{direction}}"), unit="bps"),
        curve("Accept forms a minute", (f"sum by (outcome) (rate(hotspot_accepts_total{{{of}}}[5m])) * 60", "{{outcome}}")),
        curve("Sessions ended a minute", (f"sum by (reason) (rate(hotspot_sessions_ended_total{{{of}}}[5m])) * 60", "{{reason}}")),
        curve("From the form to the open kernel", *times("hotspot_accept_seconds"), unit="s"),
        curve("Firewall and back", *times("hotspot_grant_seconds"), unit="s"),
        curve("Commit of the journal", *times("hotspot_journal_commit_seconds"), unit="s"),
        curve("Journal", (f"rate(hotspot_journal_writes_total{{{of}}}[5m])", "requests a second")),
        curve("Probes a minute", (f"sum by (family) (rate(hotspot_probes_total{{{of}}}[5m])) * 60", "{{family}}")),
        curve("Alarms an hour", (f"sum by (zone, kind) (increase(hotspot_alarms_total{{{of}}}[1h]))", "{{zone}} {{kind}}")),
        curve("Addresses leased", (f"100 * hotspot_pool_used{{{of}}} / hotspot_pool_size{{{of}}}", "{{zone}}"), unit="percent"),
        curve("Disk free", (f"100 * hotspot_disk_free_bytes{{{of}}} / hotspot_disk_size_bytes{{{of}}}", "free"), unit="percent"),
        curve("Certificates end in", (f"hotspot_certificate_until_seconds{{{of}}} - time()", "{{which}}"), unit="s"),
        curve("Put right in the kernel", (f"increase(hotspot_drift_total{{{of}}}[1h])", "an hour")),
        curve("Reports for the hub", (f"hotspot_report_backlog{{{of}}}", "waiting"), (f"hotspot_hub_up{{{of}}}", "hub answers")),
        curve("Steps of the test visit", (f"hotspot_visit_step_seconds{{{of}}}", "{{step}} {{family}}"), unit="s"),
        curve(
            "Findings",
            (f"hotspot_doctor_findings{{{of}}}", "doctor: {{severity}}"),
            (f"hotspot_guard_findings{{{of}}}", "guard: {{kind}}"),
        ),
        curve("Vouchers a minute", (f"sum by (outcome) (rate(hotspot_vouchers_total{{{of}}}[5m])) * 60", "{{outcome}}")),
    ):
        made = made.with_panel(panel)
    return made


def text(made: dashboard.Dashboard) -> str:
    """As the file holds it, with its panels numbered."""
    built = made.build()
    for number_, panel in enumerate(built.panels or (), 1):
        panel.id_val = number_
    return json.dumps(built, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the files; with ``--check`` 1 when one is not current."""
    stale = []
    for name, made in (("fleet", fleet()), ("hall", hall()), ("gateway", gateway())):
        file = FOLDER / f"{name}.json"
        wanted = text(made)
        if not file.exists() or file.read_text(encoding="utf-8") != wanted:
            stale.append(file.name)
            if "--check" not in arguments:
                file.write_text(wanted, encoding="utf-8")
    sys.stdout.write("".join(f"{name}\n" for name in stale))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
