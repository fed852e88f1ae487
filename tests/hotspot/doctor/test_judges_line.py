"""The judges of names, line, hub, versions and settings of the kernel: what was read -> what is amiss, as in ``test_judges``."""

import msgspec
import pytest

from hotspot.control import HubStatus
from hotspot.doctor import hub, line, names, network, sysctls, versions
from hotspot.doctor.found import found
from tests.hotspot.doctor.gateways import NOW, dnsmasq, links, zone
from tests.hotspot.doctor.test_judges import kinds

DAY = 86_400


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (names.Facts(asked=2), []),
        (names.Facts(asked=2, silent=2), ["upstream-dns-away"]),
        (names.Facts(asked=2, silent=1), ["upstream-dns-partly"]),
        (names.Facts(asked=2, failing=1), ["upstream-dns-fails"]),
        (names.Facts(asked=2, lying=1), ["upstream-dns-lies"]),
        (names.Facts((names.ZoneNames("public", False, True, "p.example", ("198.18.0.1",), (), ("198.18.0.1",)),)), ["dns-away"]),
        (names.Facts((names.ZoneNames("public", True, False, "p.example", ("198.18.0.1",), ("198.18.0.1",)),)), ["captive-dns-away"]),
        (names.Facts((names.ZoneNames("public", True, True, "p.example", ("198.18.0.1",), ("1.2.3.4",)),)), ["portal-name-wrong"]),
        (names.Facts((names.ZoneNames("public", True, True, "", ("198.18.0.1",)),)), []),
    ],
)
def test_names(facts: names.Facts, wanted: list[str]) -> None:
    """The hall's own name servers and those that they ask."""
    assert kinds(names.judge(facts)) == wanted


def test_who_is_asked_further_up() -> None:
    """Servers for everything, with their ports; those of single names are not."""
    told = dnsmasq("no-resolv\nserver=198.51.100.53\nserver=2001:db8::53#5353\nserver=/town.example/10.0.0.1\nserver=198.51.100.54@wan0\n")
    assert names.upstream([told]) == [("198.51.100.53", 53), ("2001:db8::53", 5353), ("198.51.100.54", 53)]
    assert names.upstream([dnsmasq("no-resolv\n")]) == []


def _line(
    zones: dict[str, object] | None = None, routes: dict[int, str] | None = None, paths: tuple[int, ...] = (), **more: object
) -> list[str]:
    there = links(**more)  # type: ignore[arg-type]
    facts = line.Facts(zones or {"public": zone()}, there, routes or {4: "wan0", 6: "wan0"}, paths)  # type: ignore[arg-type]
    return kinds([*line.judge_line(facts), *line.judge_cards(facts)])


def test_the_line() -> None:
    """Addresses, routes, packet sizes."""
    lan, wan = links()["lan0"], links()["wan0"]
    assert _line() == []
    assert _line(lan0=msgspec.structs.replace(lan, addresses=("198.18.0.1/20",))) == ["address-missing"]
    assert _line(lan0=msgspec.structs.replace(lan, addresses=("198.18.0.1/20", "2001:db8:1:0:0::1/64"))) == []
    assert _line(routes={4: "", 6: "wan0"}) == ["route-missing"]
    given: dict[str, object] = {"public": msgspec.structs.replace(zone(), addresses=("198.18.0.1/20",), prefix6="delegated")}
    assert _line(given) == []
    assert _line(given, lan0=msgspec.structs.replace(lan, addresses=("198.18.0.1/20", "fe80::1/64"))) == ["prefix-not-delegated"]
    assert _line(given, routes={4: "wan0", 6: ""}) == ["route6-missing"]
    assert _line(routes={4: "wan0", 6: ""}) == ["route6-missing"]
    assert _line(routes={4: "eth9", 6: "wan0"}) == ["route-elsewhere"]
    assert _line(wan0=msgspec.structs.replace(wan, mtu=1_492)) == ["mtu-of-line-smaller"]
    assert _line(paths=(1_400, 1_500)) == ["mtu-of-line-smaller"]
    assert _line(lan0=msgspec.structs.replace(lan, mtu=1_000)) == ["mtu-too-small"]


def test_a_route_with_two_next_hops(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``ip`` prints it: the interfaces stand with the next hops, and one of a zone's lines is enough."""
    hops: list[dict[str, object]] = [{"gateway": "fe80::1", "dev": dev, "weight": 1, "flags": []} for dev in ("eth9", "wan0")]
    shown = msgspec.json.encode([{"dst": "default", "protocol": "ra", "metric": 1024, "flags": [], "nexthops": hops}]).decode()
    monkeypatch.setattr(network, "printed", lambda *words: shown)
    assert (network.default_route(6, {"wan0"}), network.default_route(6, {"wan1"})) == ("wan0", "eth9")


def test_cards() -> None:
    """LRO never; bundles only matter on a slow line, and not where frames leave one by one."""
    wan = links()["wan0"]
    bundling = msgspec.structs.replace(wan, offloads=("tso", "gso"))
    assert _line(wan0=msgspec.structs.replace(wan, offloads=("lro",))) == ["offload-lro"]
    assert _line(wan0=bundling) == ["offload-bundles"]
    assert _line(wan0=msgspec.structs.replace(bundling, whole_frames=True)) == []
    fast = {"public": zone(total_down=10**9, total_up=10**9)}
    assert _line(fast, wan0=bundling) == []  # type: ignore[arg-type]


def test_the_hub() -> None:
    """Away, somebody else, never enrolled, reports that wait or are lost, a policy that cannot be applied."""
    status = HubStatus(NOW, None, "", 3)
    assert kinds(hub.judge(hub.Facts(status=status))) == []
    assert kinds(hub.judge(hub.Facts(enrolled=False, away="no answer in time"))) == ["hub-not-enrolled", "hub-away"]
    assert kinds(hub.judge(hub.Facts(stranger="self-signed certificate"))) == ["hub-untrusted"]
    assert kinds(hub.judge(hub.Facts(unusable="zones.public"))) == ["policy-unusable"]
    bad = msgspec.structs.replace(status, backlog=99, lost=1, refused=4, error="plans.free.down", lost_at=NOW - 60)
    assert kinds(hub.judge(hub.Facts(NOW, status=bad))) == ["hub-backlog", "hub-reports-lost", "policy-refused"]


def test_reports_that_were_lost_long_ago() -> None:
    """They stay counted for ever; nobody can mend it any more."""
    status = HubStatus(NOW, None, "", 3, lost=7, lost_at=NOW - 2 * DAY)
    assert kinds(hub.judge(hub.Facts(NOW, status=status))) == []
    assert kinds(hub.judge(hub.Facts(NOW, status=msgspec.structs.replace(status, lost_at=None)))) == []


def test_versions() -> None:
    """The daemon of before an update; programs that are too old or not there; a radvd that cannot tell of the portal."""
    told = {"kernel": "6.1.0-18-amd64", "nft": "nftables v1.0.6 (Lester)", "dnsmasq": "Dnsmasq version 2.90", "radvd": "Version: 2.19"}
    assert kinds(versions.judge(versions.Facts("1.1", {"firewall": "1.1", "portal": "1.1"}, told))) == []
    assert kinds(versions.judge(versions.Facts("1.1", {"firewall": "1.0", "portal": "1.1"}, told))) == ["versions-differ"]
    assert kinds(versions.judge(versions.Facts("1.1", {}, told, tells_portal=True))) == ["radvd-without-option37"]
    old = told | {"kernel": "5.10.0", "dnsmasq": "Dnsmasq version 2.86"}
    del old["nft"]
    assert kinds(versions.judge(versions.Facts("1.1", {}, old))) == ["version-too-old", "program-missing", "version-too-old"]


def test_sysctls() -> None:
    """More room is as good; another value is not; what this kernel has not is not asked for."""
    told = dict(sysctls.WANTED)
    assert kinds(sysctls.judge(told)) == []
    assert kinds(sysctls.judge(told | {"net.ipv4.neigh.default.gc_thresh3": "99999"})) == []
    assert kinds(sysctls.judge(told | {"net.ipv4.neigh.default.gc_thresh3": "1024"})) == ["sysctl-wrong"]
    assert kinds(sysctls.judge({"net.ipv4.ip_forward": "0"})) == ["forwarding-off"]


def test_no_address_gets_into_a_finding() -> None:
    """Whatever an error message says; and a value has its length."""
    said = found("hub-away", why=f"cannot reach 198.51.100.7 or 2001:db8::7 of 02:00:00:00:00:01 {'x ' * 200}")
    assert [word for word in ("198.51.100", "2001:db8", "02:00") if word in said.values["why"]] == []
    assert (said.values["why"][:12], len(said.values["why"])) == ("cannot reach", 120)
