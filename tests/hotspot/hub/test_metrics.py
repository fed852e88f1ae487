"""What is told to monitoring, as text and as remote write."""

from datetime import UTC, datetime

import cramjam
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from hotspot import wire
from hotspot.hub import protobuf
from hotspot.hub.metrics import (
    MOST_ZONES,
    AlarmNow,
    BackupNow,
    Family,
    GatewayNow,
    HubNow,
    MachineNow,
    ZoneTotal,
    exposition,
    families,
    hub_families,
    labels,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def box(health: wire.Health, hall: str = "rathaus") -> GatewayNow:
    """A gateway that spoke at noon."""
    return GatewayNow(
        partner="kleinheim", hall=hall, gateway=f"{hall}-1", seen_at=NOON, report_at=None, clock_offset=1.5, policy_serial=4, health=health
    )


def test_the_text_of_one_hall() -> None:
    """What is not known is left out; counters, gauges and labels are as Prometheus wants them."""
    told = families(
        [
            box(
                wire.Health(
                    software="1.2", zones=(wire.ZoneHealth("public", online=3, pool_used=5, pool_size=9), wire.ZoneHealth("council"))
                )
            )
        ],
        [ZoneTotal(partner="kleinheim", hall="rathaus", zone="public", visits=7, seconds=60.5, bytes_up=1e15, bytes_down=2)],
        [AlarmNow(partner="", hall="", gateway="", kind="remote_write", severity="warning", number=1)],
    )
    text = exposition(told).decode()
    place = 'partner="kleinheim",hall="rathaus",gateway="rathaus-1"'
    assert f'hotspot_zone_online{{{place},zone="public"}} 3\nhotspot_zone_online{{{place},zone="council"}} 0\n' in text
    assert f'# TYPE hotspot_zone_pool_used gauge\nhotspot_zone_pool_used{{{place},zone="public"}} 5\n# HELP' in text
    assert 'hotspot_zone_online_seconds_total{partner="kleinheim",hall="rathaus",zone="public"} 60.5\n' in text
    assert 'hotspot_zone_bytes_total{partner="kleinheim",hall="rathaus",zone="public",direction="up"} 1000000000000000\n' in text
    assert 'hotspot_alarms{partner="",hall="",gateway="",kind="remote_write",severity="warning"} 1\n' in text
    assert f"hotspot_gateway_seen_timestamp_seconds{{{place}}} {int(NOON.timestamp())}\n" in text
    for absent in ("disk_free", "certificate_end", "report_timestamp", "updated", "restart_wanted"):
        assert absent not in text
    assert all(family.type == {"c": "counter", "g": "gauge"}[family.type[0]] for family in text_string_to_metric_families(text))


def test_the_text_of_the_hub() -> None:
    """Itself and its machine; before the first backup, and where nothing is known of the machine, there is no number to mistake."""
    now = HubNow(
        halls=2, gateways=3, database_bytes=5, events_waiting=0, channels_failing=0, remote_write_failures=0, starts=4,
        backup=BackupNow(at=NOON, size=77, failed=True),
    )  # fmt: skip
    machine = MachineNow(software="1.2", certificate_until=9.0, disks={"database": (1, 2), "backups": (3, 4)}, updated=5.0, restart=6.0)
    lines = exposition(hub_families(now, machine)).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "hotspot_hub_halls 2",
        "hotspot_hub_gateways 3",
        "hotspot_hub_database_bytes 5",
        "hotspot_hub_events_waiting 0",
        "hotspot_hub_channels_failing 0",
        "hotspot_hub_remote_write_failures 0",
        "hotspot_hub_starts_total 4",
        "hotspot_hub_backup_failed 1",
        f"hotspot_hub_backup_timestamp_seconds {int(NOON.timestamp())}",
        "hotspot_hub_backup_bytes 77",
        "hotspot_hub_certificate_end_timestamp_seconds 9",
        "hotspot_hub_updated_timestamp_seconds 5",
        "hotspot_hub_restart_wanted_timestamp_seconds 6",
        'hotspot_hub_disk_free_bytes{disk="database"} 1',
        'hotspot_hub_disk_free_bytes{disk="backups"} 3',
        'hotspot_hub_disk_size_bytes{disk="database"} 2',
        'hotspot_hub_disk_size_bytes{disk="backups"} 4',
        'hotspot_hub_info{software="1.2"} 1',
    ]
    assert "# TYPE hotspot_hub_starts_total counter" in lines
    text = exposition(hub_families(replace(now, backup=BackupNow()), MachineNow(software="1.2"))).decode()
    for absent in ("backup_timestamp", "backup_bytes", "certificate", "updated", "restart_wanted", "disk"):
        assert absent not in text


def test_rubbish_of_a_gateway_is_bounded() -> None:
    """A thousand zones make no thousand series, and a strange version ends no line."""
    zones = tuple(wire.ZoneHealth(f"z{number}") for number in range(1_000))
    told = families([box(wire.Health(software='a"b\\c\nd', zones=zones))], [], [])
    by_name = {family.name: family.samples for family in told}
    assert len(by_name["hotspot_zone_online"]) == MOST_ZONES
    read = {family.name: family for family in text_string_to_metric_families(exposition(told).decode())}
    assert read["hotspot_gateway_info"].samples[0].labels["software"] == 'a"b\\c\nd'


def fields(content: bytes) -> list[tuple[int, bytes | int]]:
    """A message of protocol buffers as (number, value): the reader's side, written from its specification."""
    found: list[tuple[int, bytes | int]] = []
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        tag = number()
        size = {0: 0, 1: 8, 2: -1}[tag & 7]
        if size == 0:
            found.append((tag >> 3, number()))
            continue
        length = number() if size < 0 else size
        found.append((tag >> 3, content[at : at + length]))
        at += length
    return found


@given(st.integers(0, 2**63 - 1))
def test_numbers_are_written_as_they_are_read(number: int) -> None:
    """Seven bits a byte."""
    assert fields(b"\x10" + protobuf.varint(number)) == [(2, number)]


def test_series_are_written_with_their_labels_in_order() -> None:
    """Two requests for three series of at most two each; labels by name, the metric's own first, and none that is empty."""
    family = Family("m_total", "counter", "x", [(labels(zone=f"ü{number}", hall="", area="b"), float(number)) for number in range(3)])
    requests = list(protobuf.requests([family], 1_800_000_000_123, (("job", "hub"),), 2))
    series = [[part for _, part in fields(request)] for request in requests]
    assert [len(each) for each in series] == [2, 1]
    last = series[1][0]
    assert isinstance(last, bytes)
    inner = fields(last)
    pairs = [
        tuple(value.decode() for _, value in fields(part) if isinstance(value, bytes))
        for kind, part in inner[:-1]
        if isinstance(part, bytes)
    ]
    assert pairs == [("__name__", "m_total"), ("area", "b"), ("job", "hub"), ("zone", "ü2")]
    sample = inner[-1][1]
    assert isinstance(sample, bytes)
    assert fields(sample) == [(1, b"\0\0\0\0\0\0\0@"), (2, 1_800_000_000_123)]
    assert bytes(cramjam.snappy.decompress_raw(cramjam.snappy.compress_raw(requests[0]))) == requests[0]
