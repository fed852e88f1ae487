"""Alarms and channels over HTTP: who may, what goes wrong, and hostile words."""

import re
from typing import Final

import pytest
from msgspec.structs import replace

from hotspot.hub.access import Role
from hotspot.hub.alarm_texts import KINDS as TEXTS
from hotspot.hub.console.kinds import KINDS
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Mail
from tests.hub.console.conftest import Seat, Seats
from tests.hub.console.test_overview import alarm, city

pytestmark = pytest.mark.hub
HOSTILE: Final = "<img src=x onerror=alert(1)>"


async def number(hub: Hub) -> int:
    """Of the only alarm."""
    async with hub.store.connection() as connection:
        found: int = await connection.fetchval("SELECT id FROM alarms")
    return found


async def mail(seat: Seat, name: str = "mail", recipients: str = "it@kleinheim.example", **more: str) -> None:
    """A channel."""
    fields = {"name": name, "recipients": recipients, "lowest": "warning", **more}
    answer = await seat.post("/alarms/channels/new/mail", fields)
    assert (answer.status, answer.goal) == (303, "/alarms/channels"), answer.words


def test_every_kind_has_a_name() -> None:
    """In the list to choose from."""
    assert set(KINDS) == set(TEXTS)


async def test_the_gravest_first_and_who_sees_to_it(seats: Seats, hub: Hub) -> None:
    """With the hub's own for the host; acknowledging is noted with name and words, and in the audit log."""
    towns = await city(hub)
    await alarm(hub, towns["kleinheim"][0], "disk", "warning", percent=4)
    admin = await seats.admin()
    answer = await admin.post(f"/alarms/{await number(hub)}/acknowledge", {"note": HOSTILE})
    assert (answer.status, answer.goal) == (303, "/alarms")
    await alarm(hub, towns["grossdorf"][0])
    await alarm(hub, None, "channel", "notice", text=HOSTILE)
    answer = await admin.get("/alarms")
    order = [answer.words.index(words) for words in ("No Internet", "Disk nearly full (free: 4 %)", "Channel fails")]
    assert order == sorted(order)
    assert "console-admin sees to it" in answer.words and HOSTILE not in answer.text and HOSTILE in answer.words.replace("\xa0", " ")
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit WHERE action = 'alarm.acknowledge'") == 1


async def test_a_note_that_is_too_long_is_not_lost(seats: Seats, hub: Hub) -> None:
    """The form comes again with it; an alarm that has ended meanwhile is said to have."""
    towns = await city(hub)
    await alarm(hub, towns["kleinheim"][0])
    admin, found = await seats.admin(), await number(hub)
    answer = await admin.post(f"/alarms/{found}/acknowledge", {"note": "y" * 501})
    assert answer.status == 400 and "Please use at most 500 letters." in answer.words and "y" * 501 in answer.text
    async with hub.store.transaction() as connection:
        await connection.execute(
            "INSERT INTO alarms_ended (hall_id, ended_at, id, gateway_id, kind, subject, severity, detail, since, raised_at, "
            "acknowledged_by, note) SELECT hall_id, now(), id, gateway_id, kind, subject, severity, detail, since, raised_at, '', '' "
            "FROM alarms"
        )
        await connection.execute("DELETE FROM alarms")
    answer = await admin.post(f"/alarms/{found}/acknowledge", {"note": ""})
    assert answer.status == 409 and "has ended meanwhile" in answer.words
    assert (await admin.post("/alarms/99/acknowledge")).status == 404
    past = await admin.get("/alarms/past")
    assert "No Internet" in past.words and past.text.count("<tr>") == 2


async def test_a_viewer_reads_and_another_town_does_not(seats: Seats, hub: Hub) -> None:
    """No button for those who may not; nothing of another town, by whatever address."""
    towns = await city(hub)
    await alarm(hub, towns["kleinheim"][0])
    found = await number(hub)
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    answer = await viewer.get("/alarms")
    assert "No Internet" in answer.words and "I see to it" not in answer.words
    assert (await viewer.post(f"/alarms/{found}/acknowledge")).status == 403
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "grossdorf")
    for path in ("/alarms", "/alarms?town=kleinheim", "/alarms?kind=wan_down", "/alarms/past?town=kleinheim"):
        answer = await gerda.get(path)
        assert answer.status == 200 and "kleinheim-0" not in answer.text and "Kleinheim" not in answer.words, path
    assert (await gerda.post(f"/alarms/{found}/acknowledge")).status == 404


async def test_chosen_and_page_after_page(seats: Seats, hub: Hub) -> None:
    """By town and kind; fifty on a page; what makes no sense is left out."""
    for town in ("kleinheim", "grossdorf"):
        async with hub.store.transaction() as connection:
            await connection.execute("INSERT INTO partners (name, title) VALUES ($1, $1)", town)
    towns = await city(hub, 30)
    for some in towns.values():
        for box in some:
            await alarm(hub, box, "disk", "warning", percent=4)
    admin = await seats.admin()
    first = await admin.get("/alarms")
    assert first.text.count("<article") == 50
    second = await admin.get("/alarms?from=50")
    assert second.text.count("<article") == 10
    assert not set(re.findall(r'id="alarm-(\d+)"', first.text)) & set(re.findall(r'id="alarm-(\d+)"', second.text))
    assert (await admin.get("/alarms?town=kleinheim&kind=disk")).text.count("<article") == 30
    assert (await admin.get("/alarms?kind=silent")).words.count("No alarm fits.") == 1
    for path in ("/alarms?from=-1&town=x&kind=<", "/alarms/past?before=0&days=x", "/alarms/past?before=" + "9" * 99, "/alarms?from=%00"):
        assert (await admin.get(path)).status == 200, path


async def test_what_is_typed_wrong_is_said_at_its_field(seats: Seats, hub: Hub) -> None:
    """And nothing typed is lost."""
    await city(hub)
    admin = await seats.admin()
    good = {"name": "mail", "recipients": "it@stadt.example", "lowest": "urgent", "quiet_from": "22:00", "quiet_until": "06:00"}
    wrongs = {
        "name": ("Größe", "Please use small letters"),
        "recipients": ("nobody", "one e-mail address on each line"),
        "partner": ("nowhere", "a town that takes part"),
        "quiet_until": ("", "fill in both times"),
    }
    for field, (value, words) in wrongs.items():
        answer = await admin.post("/alarms/channels/new/mail", {**good, field: value})
        assert answer.status in (400, 422) and words in answer.words, (field, answer.words)
        kept = {**good, field: value}
        assert all(kept[name] in answer.text for name in ("name", "recipients", "quiet_from")), field
    answer = await admin.post("/alarms/channels/new/webhook", {"name": "hook", "url": "https://a:b@chat.example/", "lowest": "urgent"})
    assert answer.status == 400 and "without a password in it" in answer.words
    await mail(admin)
    answer = await admin.post("/alarms/channels/new/mail", good)
    assert answer.status == 409 and "There is one of that name already." in answer.words
    assert (await admin.get("/alarms/channels/new/pigeon")).status == 404


async def test_the_hosts_channels_are_the_administrators(seats: Seats, hub: Hub) -> None:
    """An operator sees them without buttons and may make one for a town; a town's editor makes its own."""
    await city(hub)
    await mail(await seats.admin(), "host")
    otto = await seats("otto", Role.HOST_OPERATOR)
    answer = await otto.get("/alarms/channels")
    assert "host" in answer.words and "/alarms/channels/host/delete" not in answer.text
    assert (await otto.post("/alarms/channels/host/delete", {"sure": "yes"})).status == 403
    assert "Only an administrator" in (await otto.get("/alarms/channels/host/delete")).words
    await mail(otto, "for-them", partner="kleinheim")
    karl = await seats("karl", Role.PARTNER_EDITOR, "kleinheim")
    await mail(karl, "ours")
    answer = await karl.get("/alarms/channels")
    assert "ours" in answer.words and "for-them" in answer.words and "host" not in answer.lasting.replace("hotspot", "")
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "grossdorf")
    assert (await gerda.get("/alarms/channels/ours/delete")).status == 404
    assert (await gerda.post("/alarms/channels/ours/test")).status == 404
    assert "ours" not in (await gerda.get("/alarms/channels")).words.split()


async def test_a_hub_without_mail_says_so_at_its_channels(seats: Seats, hub: Hub) -> None:
    """Each of e-mail is amiss, in the list and in the checklist of the town, until there is a mail server; a webhook is not."""
    await city(hub)
    admin = await seats.admin()
    await mail(admin, "host")
    page = await admin.get("/alarms/channels")
    assert "Fails This server cannot send e-mail yet" in page.words
    german = Seat(admin.http, admin.base, admin.secret, "de")
    steps = await german.get("/partners/kleinheim/checklist")
    assert "aber dieser Server kann noch keine E-Mails verschicken" in steps.words
    await admin.post("/alarms/channels/new/webhook", {"name": "chat", "url": "https://chat.example/hook", "lowest": "warning"})
    assert "kann noch keine E-Mails" not in (await german.get("/partners/kleinheim/checklist")).words
    await admin.post("/alarms/channels/chat/delete", {"sure": "yes"})
    hub.settings = replace(hub.settings, mail=Mail(server="127.0.0.1", sender="hub@stadt.example"))
    assert "cannot send e-mail" not in (await admin.get("/alarms/channels")).words
    assert "kann noch keine E-Mails" not in (await german.get("/partners/kleinheim/checklist")).words


async def test_tested_and_deleted(seats: Seats, hub: Hub) -> None:
    """The test says why it did not arrive, and not twice in a minute; a deletion wants a tick."""
    await city(hub)
    admin = await seats.admin()
    await mail(admin)
    answer = await admin.post("/alarms/channels/mail/test")
    assert answer.status == 422 and "could not be sent" in answer.words and "[mail]" in answer.words
    assert "no [mail]" not in answer.words, "that would be the hub's own English"
    answer = await admin.post("/alarms/channels/mail/test")
    assert answer.status == 429 and "Please wait a minute." in answer.words
    answer = await admin.post("/alarms/channels/mail/delete")
    assert answer.status == 422 and "Please tick the box" in answer.words
    assert (await admin.post("/alarms/channels/mail/delete", {"sure": "yes"})).goal == "/alarms/channels"
    assert "Nobody is told of alarms yet." in (await admin.get("/alarms/channels")).words
