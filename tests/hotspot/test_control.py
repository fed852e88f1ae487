"""The messages between staff and portal."""

import msgspec
import pytest

from hotspot import control


@pytest.mark.parametrize(
    "request_",
    [
        control.Status(),
        control.Sessions(),
        control.Kick("K7F-3QX"),
        control.Block("K7F-3QX", "Grund", 60.0),
        control.Unblock("K7F-3QX"),
        control.Allow("K7F-3QX", "free", 60.0),
        control.Blocklist(all=True),
        control.BlocklistAdd("198.51.100.0/24", "order", "7 K 26/26", "clerk", "tcp/25", 60.0, "public"),
        control.BlocklistRemove(3, "lifted", "clerk"),
    ],
)
def test_requests(request_: control.AnyRequest) -> None:
    """Each request survives the wire, in one line."""
    line = control.encode(request_)
    assert (control.decode_request(line), line.count(b"\n")) == (request_, 1)


def test_replies() -> None:
    """Each reply survives the wire."""
    row = control.SessionRow("K7F-3QX", "public", "free", 1.0, 60, 1, 2, None, False)
    entry = control.BlocklistRow(3, "casino.example", None, "order", "7 K 26/26", 1.0, "clerk", 0, None, False, 2.0, "boss", 1, "lifted")
    replies: list[control.AnyReply] = [
        control.StatusIs(
            *(True, (), True, True, True, (control.ZoneStatus("public", 1, ("free",), 5.0, False),)),
            (control.Alarm("clone", "public", "K7F-3QX", 1.0, 2.0, 3),),
        ),
        control.SessionsAre((row,)),
        control.Done("K7F-3QX", "online", 60),
        control.BlocklistIs((entry,)),
        control.BlocklistChanged(entry, "later"),
        control.Refused("unknown", "no such device"),
    ]
    assert [control.decode_reply(control.encode(reply)) for reply in replies] == replies


@pytest.mark.parametrize("key", ["reason", "case_number", "by"])
def test_the_record_needs_words(key: str) -> None:
    """Blanks are no reason, no case and no name."""
    fields = {"type": "blocklist_add", "what": "a.example", "reason": "x", "case_number": "1", "by": "clerk", key: "  "}
    with pytest.raises(msgspec.ValidationError, match=rf"`\$.{key}`"):
        control.decode_request(msgspec.json.encode(fields))


def test_typing_errors_are_errors() -> None:
    """A key that is not known is refused."""
    with pytest.raises(msgspec.ValidationError, match="unknown field `kode`"):
        control.decode_request(b'{"type":"kick","code":"K7F-3QX","kode":1}')
