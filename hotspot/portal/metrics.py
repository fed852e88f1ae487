"""What the portal counts. Labels are zones, plans, outcomes, reasons and probe families; nothing here identifies a client."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from hotspot.session.sessions import Session
from hotspot.session.visitor_check import is_check

_ACCEPT_BUCKETS = (0.002, 0.004, 0.006, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_GRANT_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0)

OUR_FAULT = ("journal", "firewall", "full")
"""Outcomes of accept forms for which no visitor can do anything."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series and say nothing that the process's start time does not


class Metrics:
    """One registry of its own, so that two portals can live in one process (tests do)."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.online = Gauge("hotspot_sessions_online", "Sessions in progress", ["zone", "plan"], registry=registry)
        self.accepts = Counter("hotspot_accepts", "Accept forms, by what became of them", ["zone", "outcome"], registry=registry)
        self.vouchers = Counter(
            "hotspot_vouchers", "Forms with a voucher code, by what became of them", ["zone", "outcome"], registry=registry
        )
        self.accept_seconds = Histogram(
            "hotspot_accept_seconds", "From the form to the open kernel", buckets=_ACCEPT_BUCKETS, registry=registry
        )
        self.grant_seconds = Histogram(
            "hotspot_grant_seconds", "Allow request to the firewall and back", buckets=_GRANT_BUCKETS, registry=registry
        )
        self.probes = Counter("hotspot_probes", "Redirected requests of captive clients", ["zone", "family"], registry=registry)
        self.ended = Counter("hotspot_sessions_ended", "Ended sessions", ["zone", "plan", "reason"], registry=registry)
        self.bytes = Counter("hotspot_bytes", "Layer-3 bytes of visitors", ["zone", "plan", "direction"], registry=registry)
        self.recovered = Counter(
            "hotspot_sessions_recovered", "Sessions reopened in the kernel, adopted from it, or closed in it", ["how"], registry=registry
        )
        self.tuned = Counter("hotspot_sessions_tuned", "Sessions in progress that got new rates or limits", registry=registry)
        self.prolonged = Counter("hotspot_sessions_prolonged", "Sessions made longer by their visitor", ["zone", "plan"], registry=registry)
        self.feedback = Counter(
            "hotspot_feedback", "Messages to the town, by kind, or that came too often", ["zone", "kind"], registry=registry
        )
        self.alarms = Counter("hotspot_alarms", "What the firewall noticed and staff should know", ["zone", "kind"], registry=registry)
        self.blocklist = Gauge("hotspot_blocklist_entries", "Entries of the block list in force", registry=registry)
        self.settings_ok = Gauge(
            "hotspot_settings_ok", "1 while the settings file is in force; 0: it cannot be used, the last good one is", registry=registry
        )
        self.settings_ok.set(1)
        self.journal_ok = Gauge("hotspot_journal_ok", "1 while acceptances can be written down", registry=registry)
        self.journal_faults = Counter("hotspot_journal_faults", "Times the journal became unwell", ["kind"], registry=registry)
        self.journal_fresh = Counter("hotspot_journal_fresh", "Fresh journal files that were started", ["why"], registry=registry)
        self.journal_writes = Counter("hotspot_journal_writes", "Requests written down", registry=registry)
        self.journal_commit_seconds = Histogram(
            "hotspot_journal_commit_seconds", "One commit, with all the requests in it", buckets=_GRANT_BUCKETS, registry=registry
        )
        self.certificate_reloads = Counter("hotspot_certificate_reloads", "Renewed certificate files seen", ["outcome"], registry=registry)
        self.firewall_up = Gauge("hotspot_firewall_up", "1 while connected to the firewall", registry=registry)
        self.internet_up = Gauge("hotspot_internet_up", "1 when the last check reached the Internet", registry=registry)
        self._of_the_box(registry)

    def _of_the_box(self, registry: CollectorRegistry) -> None:
        """What the box itself is like; set by ``hotspot.portal.vitals``. What is not known has no series."""
        self.software = Gauge("hotspot_software_info", "Which software runs: always 1", ["version"], registry=registry)
        self.disk_free = Gauge("hotspot_disk_free_bytes", "Free space on the disk of the journal", registry=registry)
        self.disk_size = Gauge("hotspot_disk_size_bytes", "The disk of the journal", registry=registry)
        self.certificate_until = Gauge(
            "hotspot_certificate_until_seconds", "End of a certificate, seconds since 1970", ["which"], registry=registry
        )
        self.pool_used = Gauge("hotspot_pool_used", "IPv4 addresses that are leased", ["zone"], registry=registry)
        self.pool_size = Gauge("hotspot_pool_size", "IPv4 addresses that there are", ["zone"], registry=registry)
        self.upkeep = Gauge(
            "hotspot_upkeep_timestamp_seconds",
            "updated: when Debian's security updates last went well; restart: since when they wait for one of the machine",
            ["which"],
            registry=registry,
        )
        self.drift = Counter("hotspot_drift", "What others changed in the kernel and was put right", registry=registry)
        self._of_looks(registry)

    def _of_looks(self, registry: CollectorRegistry) -> None:
        """What the synthetic visitor, the doctor and the LAN guard found; set by ``hotspot.portal.looks``."""
        step = ["zone", "step", "family"]
        self.look_at = Gauge(
            "hotspot_look_timestamp_seconds", "When a program that looks for faults last looked", ["by"], registry=registry
        )
        self.visit_ok = Gauge(
            "hotspot_visit_ok",
            "1 when the last synthetic visit found nothing amiss and got online, or should not",
            ["zone"],
            registry=registry,
        )
        self.visit_success = Gauge(
            "hotspot_visit_last_success_timestamp_seconds", "When the last good visit ended that got online", ["zone"], registry=registry
        )
        self.visit_step = Gauge(
            "hotspot_visit_step_passed", "Steps of the last synthetic visit that were not skipped", step, registry=registry
        )
        self.visit_step_seconds = Gauge("hotspot_visit_step_seconds", "How long each step took", step, registry=registry)
        self.doctor = Gauge("hotspot_doctor_findings", "What the doctor found when it last looked", ["severity"], registry=registry)
        self.guard = Gauge("hotspot_guard_findings", "What the LAN guard sees", ["kind", "zone"], registry=registry)

    def with_hub(self) -> None:
        """There is a hub: series that a hall on its own has not."""
        self.hub_up = Gauge("hotspot_hub_up", "1 while the hub answers", registry=self.registry)
        self.report_backlog = Gauge("hotspot_report_backlog", "Reports that the hub has not got yet", registry=self.registry)
        self.report_refused = Gauge("hotspot_reports_refused", "Reports set aside, which the hub will never take", registry=self.registry)
        self.report_lost = Gauge("hotspot_reports_lost", "Reports given up since the journal began", registry=self.registry)
        self.deliveries = Counter("hotspot_deliveries", "Deliveries to the hub, by outcome", ["outcome"], registry=self.registry)

    def count_online(self, sessions: Iterable[Session]) -> None:
        """Set the gauge anew from the sessions in progress."""
        self.online.clear()
        for (zone, plan), number in Tally((one.zone, one.plan) for one in sessions if not is_check(one)).items():
            self.online.labels(zone, plan).set(number)

    def count_bytes(self, before: Session, after: Session) -> None:
        """Add what a session used between two readings; test visits are no visitors."""
        if is_check(after):
            return
        for direction, used in (("up", after.bytes_up - before.bytes_up), ("down", after.bytes_down - before.bytes_down)):
            if used > 0:
                self.bytes.labels(after.zone, after.plan, direction).inc(used)

    def accept_forms(self) -> tuple[int, int]:
        """Accept forms since the start, and those of them that failed for a reason of ours."""
        samples = [sample for metric in self.accepts.collect() for sample in metric.samples]
        ours = [sample.value for sample in samples if sample.labels["outcome"] in OUR_FAULT]
        return int(sum(sample.value for sample in samples)), int(sum(ours))

    def text(self) -> bytes:
        """The exposition format of Prometheus."""
        return generate_latest(self.registry)
