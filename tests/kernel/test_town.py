"""The town's front door in a hall: read and told before acceptance, and of the Internet exactly what the directory marks as reachable."""

import re
import socket
from urllib.parse import urlencode

from click.testing import CliRunner

from hotspot.cli import main
from hotspot.lab import Hall
from hotspot.lab.browse import Unreachable
from hotspot.lab.layout import GARDEN, GARDEN6, PORTAL_NAME, SITE, SITE6
from hotspot.lab.phone import Phone
from tests.kernel.visits import accept

PORTAL = f"http://{PORTAL_NAME}"
COUNCIL = "ratsinfo.musterstadt.example"


async def _connects(phone: Phone, address: str) -> bool:
    try:
        await phone.connect(address, 443)
    except Unreachable:
        return False
    return True


async def test_the_council_information_system_is_reachable_before_acceptance(hall: Hall) -> None:
    """By its name, over both stacks, from the first question on; another name and the site beside it are not, until the visitor accepts."""
    phone = await hall.add_phone("anna")
    await phone.join()
    assert [await _connects(phone, address) for address in (GARDEN, GARDEN6)] == [False, False]
    for family in (socket.AF_INET, socket.AF_INET6):
        page = await phone.get(f"http://{COUNCIL}/", family=family)
        assert (page.status, "Town of Example" in page.text) == (200, True)
    assert [await _connects(phone, address) for address in (GARDEN, GARDEN6, SITE, SITE6)] == [True, True, False, False]
    other = await phone.get("http://www.town.example/")
    assert (other.status, other.header("location")) == (302, f"{PORTAL}/")
    assert (await accept(phone)).status == 303
    assert [await _connects(phone, address) for address in (GARDEN, SITE)] == [True, True]


async def test_a_visitor_tells_the_town(hall: Hall) -> None:
    """Before acceptance: the front door, the directory, a message; staff read it on the command line and are done with it."""
    phone = await hall.add_phone("bert")
    await phone.join()
    paths = ("/town", "/services?q=ausweis", "/services/personalausweis")
    assert [(await phone.get(PORTAL + path)).status for path in paths] == [200, 200, 200]
    form = await phone.get(f"{PORTAL}/tell")
    token = re.search(r'name="token" value="([^"]+)"', form.text)
    assert token is not None
    fields = {"token": token[1], "kind": "damage", "place": "Markt", "text": "Die Laterne ist aus.", "contact": ""}
    sent = await phone.post(f"{PORTAL}/tell", urlencode(fields).encode())
    assert (sent.status, sent.header("location")) == (303, "/told")
    assert (await phone.get(f"{PORTAL}/told")).status == 200
    assert staff(hall, "list").splitlines()[-1].split()[3:] == ["damage", "Markt", "open", "Die", "Laterne", "ist", "aus."]
    number = staff(hall, "list").splitlines()[-1].split()[0]
    assert "done " in staff(hall, "done", number, "--by", "Amt")
    assert staff(hall, "list") == "no messages\n"


def staff(hall: Hall, *words: str) -> str:
    """A command as staff type it."""
    result = CliRunner().invoke(main, ["feedback", *words, "--socket", str(hall.folder.control_socket)])
    assert result.exit_code == 0, result.output
    return result.output
