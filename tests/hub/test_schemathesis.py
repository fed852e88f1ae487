"""Every operation of the API against generated requests, right ones and wrong ones: no 500, and nothing that the description does not say.

``SCHEMATHESIS_EXAMPLES`` (default 6) is the number of generated requests for each operation, beside those that cover each constraint.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotspot.hub.access import Role
from hotspot.hub.api.openapi import description
from hotspot.hub.api.table import ALL
from hotspot.hub.hub import Hub
from tests.hub import town
from tests.hub.conftest import Api, token_of

pytestmark = [pytest.mark.hub, pytest.mark.timeout(900)]

EXCLUDED = (
    "response_headers_conformance",  # msgspec describes no headers but Retry-After
    "positive_data_acceptance",  # what fits the types may still be refused: a name that is taken, a partner that is not there
    "use_after_free",  # nothing is deleted by its path; what has ended is still shown
    "ensure_resource_availability",  # what is made is shown under its name, which the generator does not know
    "ignored_auth",  # tests/hub/test_access.py does it for each operation and role; the generator takes a token in a cookie for one
)
EXISTING = {"partner": "kleinheim", "hall": "kleinheim-rathaus", "gateway": "kleinheim-rathaus-1", "user": "karl", "token": "grafana"}
"""Names in paths: of things that are there, so that requests come further than to 404."""
ENDS_THE_TOKEN = ("logout",)


async def seed(api: Api, hub: Hub) -> None:
    """One of each."""
    for method, path, body in (
        ("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"}),
        ("POST", "/halls", {"name": "kleinheim-rathaus", "partner": "kleinheim", "title": "Rathaus Kleinheim"}),
        ("POST", "/me/tokens", {"name": "grafana", "permissions": ["metrics"]}),
    ):
        assert (await api(method, path, body))[0] == 201
    await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim")
    await town.gateway(hub, "kleinheim-rathaus", "kleinheim-rathaus-1")
    hub.signals.stop()  # nobody waits for the answer of a gateway that does not run


def reaching(found: dict[str, Any]) -> dict[str, Any]:
    """The description with the names of things that are there."""
    for methods in found["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in EXISTING:
                    parameter["schema"] = {"anyOf": [{"type": "string", "enum": [EXISTING[parameter["name"]]]}, parameter["schema"]]}
    return found


async def test_every_operation_keeps_its_word(api: Api, hub: Hub, tmp_path: Path) -> None:
    """Schemathesis finds nothing: statuses, media types and bodies are as described, wrong requests are refused, none is a 500."""
    await seed(api, hub)
    schema = tmp_path / "openapi.json"
    schema.write_bytes(msgspec.json.encode(reaching(description())))
    words = ["run", str(schema), "--url", f"{api.base}/api/v1", "-H", f"Authorization: Bearer {api.token}"]
    words += ["--phases", "examples,coverage,fuzzing", "--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "6"), "--workers", "1"]
    words += [
        "--exclude-checks",
        ",".join(EXCLUDED),
        "--no-color",
        "--warnings",
        "off",
        "--continue-on-failure",
        "--seed",
        "1",
        "--no-shrink",
    ]
    words += [word for name in ENDS_THE_TOKEN for word in ("--exclude-operation-id", name)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "schemathesis.cli", *words,
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()
    assert f"Tested: {len(ALL) - len(ENDS_THE_TOKEN)}" in re.sub(r" +", " ", said.decode())
