"""Forms of pages, ours and strangers'."""

from hypothesis import given
from hypothesis import strategies as some

from hotspot.visitor.pages import MOST, Form, form_to, forms

PAGE = """<form method="post" action="/accept?lang=de"><input type="hidden" name="token" value="t&amp;1"><input type="radio" name="plan"
value="a"><input type="radio" name="plan" value="b" checked><input type="checkbox" name="yes" required><button>Los</button></form>
<form action="/search"><input name="q"></form><form method=POST action="/voucher"><input name="code"></form>"""


def test_the_form_is_found_and_sent() -> None:
    """By its address; values as they stand, the box ticked that must be; forms that only look are none."""
    form = form_to(PAGE, "/accept")
    assert form == Form("/accept?lang=de", (("token", "t&1"), ("plan", "b"), ("yes", "on")))
    assert form.sent_from("https://portal.hall.example/") == (
        "https://portal.hall.example/accept?lang=de",
        b"token=t%261&plan=b&yes=on",
    )
    assert [one.action for one in forms(PAGE)] == ["/accept?lang=de", "/voucher"]


def test_no_other_form_will_do() -> None:
    """Not even the only one: a button that leaves, or takes a voucher, accepts nothing."""
    assert form_to('<form method="post" action="/voucher"><input name="code"></form>', "/accept") is None
    assert form_to(PAGE, "/login") is None
    assert form_to("<p>closed", "/accept") is None


@given(some.text(max_size=500))
def test_any_page_can_be_read(page: str) -> None:
    """No error, and bounds."""
    assert len(forms(page)) <= MOST


def test_there_are_bounds() -> None:
    """A page of many forms with many fields."""
    field = '<input name="x">'
    found = forms(f'<form method="post">{field * 200}</form>' * 200)
    assert (len(found), len(found[0].fields)) == (MOST, MOST)
