"""``hotspot hub certificates`` against a running hub, an authority and a gateway that asks."""

import json
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from hotspot.hub.hub import Hub
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, request, work
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall
from tests.hub.test_cli_hub_gateways import hotspot

pytestmark = pytest.mark.hub


async def test_by_command(api: Api, hub: Hub, authority: Authority, tmp_path: Path) -> None:
    """Names, list, request, show, install, revoke; what is refused is told in one line, and nothing is revoked by a slip."""
    box: Box = await enrolled(api, await hall(api))
    assert await hotspot(api, "certificates", "list") == "no names yet: hotspot hub certificates names GATEWAY NAME\n"
    refused = await hotspot(api, "certificates", "names", box.name, "portal.grossdorf.example", status=1)
    assert "cannot set the names" in refused
    assert "expected a name in kleinheim.example" in refused
    assert "none" in await hotspot(api, "certificates", "names", box.name, PORTAL)
    assert "has none yet" in await hotspot(api, "certificates", "show", box.name, "--request", status=1)
    csr = request(PORTAL)
    await ask(box, csr)
    assert await hotspot(api, "certificates", "show", box.name, "--request") == csr
    await work(hub)
    chain = await hotspot(api, "certificates", "show", box.name, "--chain")
    assert x509.load_pem_x509_certificates(chain.encode())[0].issuer.rfc4514_string() == "CN=Middle"
    (row,) = (await hotspot(api, "certificates", "list")).splitlines()[1:]
    assert PORTAL in row
    assert " ready " in row
    assert "renewing" in await hotspot(api, "certificates", "request", box.name)
    fresh = request(PORTAL)
    await ask(box, fresh)
    signed = tmp_path / "chain.pem"
    signed.write_text(authority.sign(x509.load_pem_x509_csr(fresh.encode()), [PORTAL]))
    assert "ready" in await hotspot(api, "certificates", "install", box.name, str(signed))
    assert "expected the same name" in await hotspot(api, "certificates", "revoke", box.name, "--confirm", "x", status=1)
    revoking = json.loads(await hotspot(api, "certificates", "revoke", box.name, "--confirm", box.name, "--json"))
    assert (revoking["revoking"], revoking["state"]) == (True, "renewing")
    assert "TO BE REVOKED" in await hotspot(api, "certificates", "list")
    hub.settings = msgspec.structs.replace(hub.settings, certificates=None)
    assert "[certificates]" in await hotspot(api, "certificates", "names", box.name, PORTAL, status=1)
    assert (await ask(box, fresh)).state == "off"
