"""Plans."""

from msgspec.structs import replace

from hotspot.session.plans import title
from tests.hotspot.session.examples import PLAN


def test_title() -> None:
    """In the visitor's language, else in any, else the name."""
    assert [title(PLAN, "en"), title(PLAN, "fr"), title(replace(PLAN, title={}), "de")] == ["Free", "Kostenlos", "free"]
