"""Which terms were accepted, as values."""

from hotspot.session.terms import Accepted, accepted, changed, digest_of


def test_a_text_is_known_by_its_digest() -> None:
    """Version, language and text all count, and none can be mistaken for a part of another."""
    digests = {digest_of(*one) for one in (("1", "de", "a"), ("2", "de", "a"), ("1", "en", "a"), ("1", "de", "b"), ("1d", "e", "a"))}
    assert (len(digests), {len(digest) for digest in digests}) == (5, {64})
    assert accepted("1", "de", "a", 9.0) == Accepted(digest_of("1", "de", "a"), "1", "de", "a", 9.0)


def test_only_an_accepted_text_may_not_change() -> None:
    """Another text under an old version is told by its language; new languages, new versions and known texts are not."""
    known = [accepted("1", "de", "alt", 1.0), accepted("1", "de", "älter", 0.0), accepted("1", "fr", "vieux", 2.0)]
    assert changed("1", {"de": "neu", "fr": "vieux", "en": "new"}, known) == ("de",)
    assert changed("1", {"de": "älter", "fr": "neuf"}, known) == ("fr",)
    assert changed("2", {"de": "neu", "fr": "neuf"}, known) == ()
    assert changed("1", {"de": "neu"}, []) == ()
