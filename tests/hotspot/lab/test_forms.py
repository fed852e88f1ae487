"""Forms of a page and what a browser sends for one."""

from hotspot.lab.forms import Form, Submission, forms, submission

PAGE = """<!doctype html><html><body><form method="post" action="/accept?lang=en">
<input type="hidden" name="token" value="a&amp;b"><input type=radio name=plan value=free checked><input type=radio name=plan value=long>
<input type="checkbox" name="terms" required><input type="checkbox" name="news"><button type="submit">Go</button></form>
<form action="/search"><input name="q" value="x"></form></body></html>"""


def test_forms_hold_what_would_be_sent() -> None:
    """Hidden and chosen fields, boxes that must be ticked, no others; entities are resolved."""
    expected = (
        Form("/accept?lang=en", "POST", (("token", "a&b"), ("plan", "free"), ("terms", "on"))),
        Form("/search", "GET", (("q", "x"),)),
    )
    assert forms(PAGE) == expected


def test_a_page_without_forms_has_none() -> None:
    """A stray field outside a form counts for nothing."""
    assert forms("<p><input name=x value=y></p>") == ()


def test_submission_is_what_a_browser_sends() -> None:
    """Encoded fields to the resolved address, with the headers of a navigation from the same origin."""
    actual = submission("http://portal.hall.example/?x=1", Form("/accept", "POST", (("token", "a&b"), ("terms", "2026-11"))))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "http://portal.hall.example",
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert actual == Submission("http://portal.hall.example/accept", b"token=a%26b&terms=2026-11", headers)
