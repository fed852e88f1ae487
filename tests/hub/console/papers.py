"""What the city's desks have in hand: vouchers, blocked addresses, and what visitors wrote, harmless and not."""

from datetime import timedelta
from typing import Final

from hotspot import wire
from hotspot.hub.api import feedback as api_feedback
from hotspot.hub.api import networks, policy_items
from hotspot.hub.hub import Hub
from hotspot.hub.store import feedback, tenants
from tests.hub.console import city

WIFI: Final = {"ssid": "Rathaus-WLAN", "address": "http://portal.kleinheim.example/"}
HOSTILE: Final = (
    "<script>alert(1)</script> \u202eeverything turned\u202c {{ 7 * 7 }} <img src=x onerror=alert(2)> " + "Donaudampfschiff" * 90
)
"""Somebody's idea of a joke."""
LETTERS: Final = (
    ("damage", "ar", "المصعد في الطابق الثاني معطّل منذ أسبوع.", "الطابق الثاني", "layla@example.org"),
    ("complaint", "de", "Im Wartebereich fehlen Steckdosen.\n\nUnd das WLAN reicht nicht bis zum Aufzug.", "Wartebereich", "0123 456789"),
    ("idea", "fa", "لطفاً نیمکت‌های بیشتری در پارک بگذارید.", "", ""),
    ("idea", "en", HOSTILE, "<b>2nd floor</b>", "javascript:alert(3)"),
)
"""Kind, language, text, place, contact."""


async def lay_out(hub: Hub) -> None:
    """In a city with halls and a policy."""
    await _vouchers(hub)
    await _blocks(hub)
    now = hub.now()
    async with hub.store.transaction() as connection:
        hall = await tenants.hall(connection, "kleinheim-rathaus")
        assert hall is not None
        said = [
            wire.Feedback(f"{4_000 + number:016x}", now.timestamp() - 9_000 * number, "public", kind, language, text, place, contact)
            for number, (kind, language, text, place, contact) in enumerate(LETTERS)
        ]
        await feedback.insert(connection, hall.id, said)
        number = await connection.fetchval("SELECT number FROM feedback WHERE language = 'de' AND hall_id = $1 ORDER BY 1", hall.id)
    note = "Mit dem Hausmeister besprochen, Verstärker ist bestellt."
    await city.done(hub, api_feedback.set_feedback, {"done": True, "note": note}, message=f"{number}")


async def _vouchers(hub: Hub) -> None:
    await city.done(hub, networks.set_network, WIFI, hall="kleinheim-rathaus", zone="public")
    today = hub.now().date()
    until = f"{today + timedelta(days=40)}"
    course = {"plan": "guest", "count": 500, "valid": "7 d", "devices": 2, "note": "Ferienkurs", "not_after": until}
    gone = await city.done(hub, policy_items.make_batch, {"plan": "guest", "count": 5, "valid": "12 h"}, hall="kleinheim-rathaus")
    await city.done(hub, policy_items.withdraw_batch, {"why": "Bogen verloren"}, hall="kleinheim-rathaus", batch=gone.id)
    await city.done(hub, policy_items.make_batch, course, hall="kleinheim-rathaus")


async def _blocks(hub: Hub) -> None:
    today = hub.now().date()
    fraud = {"scope": "host", "what": "198.51.100.0/24", "service": "tcp/443", "reason": "Betrug", "case_number": "Js 44/26"}
    await city.done(hub, policy_items.add_block, {**fraud, "until": f"{today + timedelta(days=200)}"})
    court = {"scope": "hall/kleinheim-rathaus", "what": "casino.example", "reason": "Jugendschutz", "case_number": "12 O 3/26"}
    lifted = await city.done(hub, policy_items.add_block, court)
    await city.done(hub, policy_items.withdraw_block, {"why": "aufgehoben durch Beschluss vom 12. März"}, block=lifted.id)
