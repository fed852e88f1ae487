"""The terms of use for a town that has none of its own."""

from functools import lru_cache

from hotspot.portal.catalogues import Catalogues
from hotspot.portal.texts import N_

MODEL_TERMS: tuple[str, ...] = (
    N_(
        "The Wi-Fi is free of charge. It is a voluntary service: nobody has a right to it, and it can be limited or switched off at any "
        "time."
    ),
    N_("Many people share the Wi-Fi. Time, speed and data are limited so that there is enough for all."),
    N_("Please keep to the law. Do not spread illegal, hateful or violent content, or anything that harms children and young people."),
    N_("Respect the rights of others. Do not copy or offer music, films, software or pictures without permission."),
    N_("Do not send unwanted mass messages, do not attack other devices, and do not try to get around the limits of the Wi-Fi."),
    N_(
        "The radio connection may not be encrypted. Use encrypted connections (https) or a VPN for everything private, and keep your "
        "device up to date."
    ),
    N_("We do not look at what you read or write, and we do not keep it. The page on privacy says what we keep and for how long."),
    N_("If these rules are broken, we may end the connection and block the device. If you think that this is a mistake, ask the staff."),
    N_("Addresses on the Internet may be blocked if a law, a court or an authority demands it."),
    N_("If you are under 18, please use the Wi-Fi only with the permission of your parents or guardians."),
    N_(
        "We are liable for intent, for gross negligence and for harm to life, body or health, as the law says. Beyond that, we are not "
        "liable as far as the law allows, in particular when the Wi-Fi fails or for what others put on the Internet."
    ),
    N_("If these terms change, we ask you again before your next connection. German law applies."),
)
"""Paragraphs: English, to be translated."""


@lru_cache(maxsize=1)
def model_texts() -> dict[str, str]:
    """The model terms in every language that has all of them; half a text is none that anybody could accept."""
    catalogues = Catalogues()
    texts: dict[str, str] = {}
    for code, language in catalogues.languages.items():
        paragraphs = [catalogues.text(code, paragraph) for paragraph in MODEL_TERMS]
        if language.base == "en" or not set(paragraphs) & set(MODEL_TERMS):
            texts[code] = "\n\n".join(paragraphs)
    return texts
