"""Pages from templates: values in, HTML out."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import jinja2

from hotspot.hub.console.formats import formats_of
from hotspot.hub.console.marked import marked
from hotspot.hub.console.roles import ROLES
from hotspot.hub.console.static import Assets
from hotspot.hub.console.texts import LANGUAGES, catalogue

FOLDER: Final = Path(__file__).parent / "templates"


class Drawing:
    """All templates in all languages; made once, at the start of the process.

    Templates know ``_``, ``ngettext``, ``static`` (a file's address), ``formats`` (``hotspot.hub.console.formats``), ``language``,
    ``languages``, ``roles`` (in words, to be translated), ``marked`` (the faults in a part of a page), and what ``Visit`` gives them.
    """

    def __init__(self, assets: Assets) -> None:
        self._environments = {language: _environment(language, assets) for language in LANGUAGES}

    def draw(self, template: str, language: str, values: dict[str, Any]) -> str:
        """A page, or a part of one."""
        return self._environments[language].get_template(template).render(values)


def _environment(language: str, assets: Assets) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    install: Callable[..., None] = partial(environment.install_gettext_translations, newstyle=True)  # type: ignore[attr-defined]
    install(catalogue(language))
    environment.globals.update(
        static=assets.address, formats=formats_of(language), language=language, languages=LANGUAGES, roles=ROLES, marked=marked
    )
    return environment
