"""What visitors see, as files: ``templates`` (Jinja2), ``static`` (the style, sent inside each page) and ``locales`` (gettext catalogues).

The texts in the templates are English; ``locales/<language>/LC_MESSAGES/portal.po`` holds the translation, and a folder there is all that
a new language needs. ``hotspot.portal.pages`` renders them.
"""
