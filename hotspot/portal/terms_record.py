"""Which terms were accepted, in memory and in the journal. A text is written in the transaction of the first acceptance that names it."""

from collections.abc import Callable, Sequence

from hotspot.portal.catalogues import in_language, language_in, locale_of
from hotspot.portal.journal import Statement, rows
from hotspot.portal.settings import Terms
from hotspot.session.terms import Accepted, accepted, changed


class TermsRecord:
    """All texts that were ever accepted here."""

    def __init__(self, remember: Callable[[object, Sequence[Statement]], None]) -> None:
        self._remember = remember
        self._known: dict[str, Accepted] = {}

    @property
    def known(self) -> tuple[Accepted, ...]:
        """The oldest first."""
        return tuple(sorted(self._known.values(), key=lambda one: (one.since, one.version, one.language)))

    def load(self, loaded: Sequence[Accepted]) -> None:
        """The journal was opened: what only the file knows is taken over."""
        for one in loaded:
            self._known.setdefault(one.digest, one)

    def write_all(self) -> None:
        """A fresh file gets all that is known."""
        for one in self._known.values():
            self._remember(("terms", one.digest), rows.of_terms(one))

    def shown(self, terms: Terms, language: str, unix: float) -> Accepted:
        """The text that a visitor with this language has before them."""
        return accepted(terms.version, language_in(terms.text, language) or language, in_language(terms.text, language), unix)

    def statements(self, one: Accepted) -> list[Statement]:
        """What the journal needs before an acceptance can name this text."""
        return [] if one.digest in self._known else rows.of_terms(one)

    def wrote(self, one: Accepted) -> None:
        """The text is on disk."""
        self._known.setdefault(one.digest, one)

    def objection(self, terms: Terms) -> str:
        """What is wrong with new texts under an old version; "" when nothing is."""
        languages = changed(terms.version, terms.text, self._known.values())
        if not languages:
            return ""
        names = " and the ".join(_name(language) for language in languages)
        verb = "differs" if len(languages) == 1 else "differ"
        what = f"the {names} text {verb} from what visitors accepted under this version"
        return f"terms.version = {terms.version!r}: {what}; expected a new version"


def _name(language: str) -> str:
    """``German``; with the code where that is not clear."""
    name = locale_of(language).get_language_name("en") or language
    return f"{name} ({language})" if "-" in language else name
