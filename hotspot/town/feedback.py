"""Telling the town: ideas, complaints, damage. Nobody has to say who they are, and nothing that names a client is ever in a message."""

import unicodedata
from collections import OrderedDict
from urllib.parse import parse_qsl

from msgspec import Struct

from hotspot.session.forms import BadForm

KINDS = ("idea", "complaint", "damage")
MOST_TEXT, MOST_PLACE, MOST_CONTACT = 2_000, 120, 120
"""Characters."""
MAX_BODY = 32_768
"""Bytes of the form: a text of 2,000 characters outside the basic plane is 24,000 when every byte of it is percent-encoded."""
PER_CLIENT, PER_ZONE, PER_SECONDS = 3, 60, 3_600.0
"""Messages that one client, and all clients of a zone together, may send in so many seconds."""
MOST_CLIENTS = 2_000
"""Clients whose messages are counted; the zones' limits are reached long before."""


class Rules(Struct, frozen=True):
    """What a hall does with messages."""

    next: dict[str, str] = {}
    """What happens next, by language; empty: what the product says."""
    keep: float = 180 * 86_400.0
    """Seconds after which a message is erased in any case."""
    keep_done: float = 30 * 86_400.0
    """Seconds after which a message is erased that was dealt with, or fetched by the hub."""


class Form(Struct, frozen=True):
    """What the page sends, as it was typed: it goes back into the page when something is wrong."""

    token: str = ""
    kind: str = ""
    place: str = ""
    text: str = ""
    contact: str = ""


class Message(Struct, frozen=True):
    """A message that can be taken."""

    kind: str
    place: str
    text: str
    contact: str
    """How the town can answer; "" when no answer is wanted."""


class Mistake(Exception):
    """The form cannot be taken: ``field`` is ``kind``, ``place``, ``text`` or ``contact``, ``why`` is ``missing`` or ``long``."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} is {why}")
        self.field, self.why = field, why


def parse_form(body: bytes) -> Form:
    """``application/x-www-form-urlencoded`` body -> form; fields that are not ours are ignored. Raises ``BadForm``."""
    if len(body) > MAX_BODY:
        raise BadForm(f"cannot read form: {len(body)} bytes, expected at most {MAX_BODY}")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=8, errors="strict")
    except ValueError as error:
        raise BadForm(f"cannot read form: {error}") from None
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise BadForm("cannot read form: a field comes twice")
    fields = {name: value for name, value in pairs if name in Form.__struct_fields__}
    return Form(**fields)


def message_of(form: Form) -> Message:
    """What the visitor means. Raises ``Mistake``."""
    if form.kind not in KINDS:
        raise Mistake("kind", "missing")
    text = clean(form.text)
    if not text:
        raise Mistake("text", "missing")
    message = Message(form.kind, " ".join(clean(form.place).split()), text, " ".join(clean(form.contact).split()))
    for field, most in (("text", MOST_TEXT), ("place", MOST_PLACE), ("contact", MOST_CONTACT)):
        if len(getattr(message, field)) > most:
            raise Mistake(field, "long")
    return message


def clean(text: str) -> str:
    """Without control characters, but for ends of lines, and without what would turn the direction of other people's text around."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(" " if letter == "\t" else letter for letter in line if letter == "\t" or _harmless(letter)) for line in lines)
    return "\n".join(line.rstrip() for line in kept).strip()


def _harmless(letter: str) -> bool:
    """Joiners shape Arabic and Persian words, so they stay; the two directional marks are no more than hints."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs") or letter in "\u200c\u200d\u200e\u200f"


class Pace:
    """What came lately, and from which device; moments are of CLOCK_BOOTTIME. Lives in memory, and nothing of it longer than an hour: a
    restart gives everybody three more."""

    def __init__(self) -> None:
        self._of_client: OrderedDict[object, list[float]] = OrderedDict()
        self._of_zone: dict[str, list[float]] = {}
        self._numbers: dict[object, tuple[int, float]] = {}
        """Number and moment of each client's last message: the page that says thank you shows it, and no address has to."""

    def wait(self, zone: str, client: object, now: float) -> float:
        """Seconds until this client of a zone may send (again); 0: now. Zones do not wait for each other."""
        since = now - PER_SECONDS
        whole = [sent for sent in self._of_zone.get(zone, []) if sent > since]
        own = [sent for sent in self._of_client.get(client, []) if sent > since]
        waits = [sent[-most] - since for sent, most in ((own, PER_CLIENT), (whole, PER_ZONE)) if len(sent) >= most]
        return max(waits, default=0.0)

    def sent(self, zone: str, client: object, now: float) -> None:
        """A message was taken."""
        self._of_zone[zone] = [*self._of_zone.get(zone, [])[-PER_ZONE:], now]
        self._of_client[client] = [*self._of_client.get(client, [])[-PER_CLIENT:], now]
        self._of_client.move_to_end(client)
        while len(self._of_client) > MOST_CLIENTS:
            self._of_client.popitem(last=False)

    def unsent(self, zone: str, client: object, now: float) -> None:
        """That message, of the moment ``now``, could not be taken after all."""
        for sent in (self._of_zone.get(zone, []), self._of_client.get(client, [])):
            if now in sent:
                sent.remove(now)

    def number(self, client: object, number: int | None, now: float) -> None:
        """The client's last message got this number; None: nobody can say which."""
        self._numbers.pop(client, None)
        if number is not None:
            self._numbers[client] = number, now

    def last(self, client: object, now: float) -> int | None:
        """The number of the message that this client sent lately."""
        number, at = self._numbers.get(client, (None, 0.0))
        return number if at > now - PER_SECONDS else None

    def forget(self, now: float) -> None:
        """Which device it came from is told by nothing any more once an hour is over: the privacy notice promises that."""
        since = now - PER_SECONDS
        self._of_zone = {zone: late for zone, sent in self._of_zone.items() if (late := [each for each in sent if each > since])}
        of_client = ((client, [each for each in sent if each > since]) for client, sent in self._of_client.items())
        self._of_client = OrderedDict((client, late) for client, late in of_client if late)
        self._numbers = {client: said for client, said in self._numbers.items() if said[1] > since}
