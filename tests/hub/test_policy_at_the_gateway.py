"""What the hub gives is what a gateway takes: documents, a file, vouchers and blocks of a hub, read over the file of a box."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from hotspot import wire
from hotspot.hub import policy
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.portal.settings import load
from hotspot.portal.uplink import kept
from hotspot.session.voucher_codes import codes
from tests.hub.conftest import Api
from tests.hub.test_policy import PLAN, changed, given, town

pytestmark = pytest.mark.hub

BOX = """
state_dir = "{folder}/state"
firewall_socket = "/run/firewall.sock"
control_socket = "/run/control.sock"
blocked_names = "/var/lib/hotspot-names"
[hall]
name = "Box"
contact = "Schalter 1"
[terms]
version = "0"
[plans.free]
down = "1 Mbit/s"
up = "1 Mbit/s"
time = "10 min"
[zones.public]
plans = ["free"]
portal_url = "http://portal.example/"
"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'


async def test_what_the_hub_gives_a_gateway_takes(api: Api, hub: Hub, tmp_path: Path) -> None:
    """Over the wire and over the box's own file: plans, hours, theme with its file, terms, a batch with its codes, an entry."""
    await town(api, hub, "klein-a")
    digest = sha256(LOGO).hexdigest()
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/octet-stream"}
    async with api.http.post(f"{api.base}/api/v1/policy/files", data=LOGO, headers=headers) as response:
        assert (response.status, await response.json()) == (201, {"sha256": digest, "size": len(LOGO)})
    documents = [
        {
            "scope": "host",
            "document": {
                "plans": {"free": PLAN, "guest": {**PLAN, "voucher": True}},
                "zones": {"public": {"plans": ["free", "guest"]}},
                "terms": {"version": "2026-11", "date": "2026-11-01"},
                "theme": {"logo": {"file": "wappen.svg"}},
                "hub": {"away": "open"},
            },
            "files": {"wappen.svg": digest},
        },
        {"scope": "hall/klein-a", "document": {"hall": {"name": "Rathaus"}, "hours": {"hall": {"open": ["Mon-Fri 08:00-18:00"]}}}},
        {"scope": "zone/klein-a/public", "document": {"hours": "hall"}},
    ]
    assert (await api("POST", "/policy/changes", {"documents": documents}))[0] == 201
    _, batch = await api("POST", "/halls/klein-a/vouchers", {"plan": "guest", "count": 5, "valid": "7 d", "not_after": "2099-01-31"})
    block = {"what": "evil.example", "reason": "Anordnung", "case_number": "1", "scope": "partner/klein", "until": "2099-01-31"}
    assert (await api("POST", "/blocks", block))[0] == 201
    _, printed = await api("GET", f"/halls/klein-a/vouchers/{batch['id']}/codes")

    wanted = wire.decode(wire.Policy, wire.encode(await given(hub, "klein-a")))
    box = tmp_path / "portal.toml"
    box.write_text(BOX.format(folder=tmp_path))
    (tmp_path / "state").mkdir()
    async with hub.store.connection() as connection:
        gateway = await tenants.gateway(connection, "klein-a-1")
        assert gateway is not None
        for name, found in kept.missing(tmp_path / "state", wanted).items():
            content = await policy.file(connection, gateway, found)
            assert content is not None
            kept.add_file(tmp_path / "state", name, found, content)
    settings = load(box, policy=wanted)
    assert (settings.hall.name, settings.hall.contact, settings.terms.version) == ("Rathaus", "Schalter 1", "2026-11")
    assert (settings.plans["free"].seconds, settings.zones["public"].voucher_plans) == (7_200, ("guest",))
    assert settings.zones["public"].hours is not None
    assert settings.hall.theme.logo is not None
    assert settings.hall.theme.logo.content == LOGO
    assert settings.policy is not None
    assert [list(codes(bytes.fromhex(one.key), one.count)) for one in settings.policy.vouchers] == [printed["codes"]]
    assert [(one.target.domain, one.by) for one in settings.policy.blocklist] == [("evil.example", "hub: admin")]


async def test_an_empty_policy_leaves_the_box_as_it_is(api: Api, hub: Hub, tmp_path: Path) -> None:
    """When the hub says nothing any more, the box's own file holds."""
    await town(api, hub, "klein-a")
    await changed(api, {"host": {"plans": {"free": PLAN}}})
    await changed(api, {"host": {}})
    box = tmp_path / "portal.toml"
    box.write_text(BOX.format(folder=tmp_path))
    with_policy, alone = load(box, policy=await given(hub, "klein-a")), load(box)
    assert msgspec.structs.replace(with_policy, policy=None) == alone
