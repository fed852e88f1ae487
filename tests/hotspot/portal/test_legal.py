"""What the legal pages still want from a town."""

from hotspot.portal.legal import Accessibility, Imprint, Legal, OwnText, Party, Privacy

TOWN = Party("Stadt", ("Markt 1",), email="rathaus@stadt.example")
OWN = OwnText({"de": "Vom Amt."}, instead=True)


def test_nothing_was_filled_in() -> None:
    """Everything that the law wants is named, by its key."""
    assert Legal().missing == (
        "legal.operator",
        "legal.privacy.officer",
        "legal.privacy.authority",
        "legal.accessibility.status",
        "legal.accessibility.enforcement",
    )


def test_half_an_operator() -> None:
    """A name alone is no imprint."""
    some = Legal(Imprint(operator=Party("Stadt")), Privacy(TOWN, TOWN), Accessibility(status="full", enforcement=TOWN))
    assert some.missing == ("legal.operator.address", "legal.operator.email", "legal.operator.represented_by")


def test_all_there() -> None:
    """Nothing is missing."""
    imprint = Imprint(operator=TOWN, represented_by="Petra Muster")
    assert Legal(imprint, Privacy(TOWN, TOWN), Accessibility(status="full", enforcement=TOWN)).missing == ()


def test_a_page_of_the_towns_own_needs_nothing_else() -> None:
    """Whose text takes the place of ours answers for it; a text above ours does not."""
    assert Legal(Imprint(own=OWN), Privacy(own=OWN), Accessibility(own=OWN)).missing == ()
    above = OwnText({"de": "Vom Amt."})
    assert Legal(Imprint(own=above), Privacy(own=above), Accessibility(own=above)).missing == Legal().missing
