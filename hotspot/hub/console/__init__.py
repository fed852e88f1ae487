"""The console: what the city's IT staff and the towns' clerks see of the hub in a browser.

Words: a **page** is one method of one path (``pages``); a **visit** is one request to a page by somebody (``visits``); **session** here is
that of a person who is logged in, not of a visitor in a hall; a **stage** says how far they have come.

To read: ``pages`` and ``visits`` (what a page is and can do), ``web`` (the door: cookie, who may, forgery, headers), ``table`` (all pages),
then one area after the other: each is a module with its pages, templates of the same name, and a German catalogue in ``locales/de``.

Everything that a page knows or does it asks of the API's operations in the same process (``hotspot.hub.api.inside``): the console can do
nothing that the API would refuse. Texts are English in code and templates, German comes from the catalogues and is the default. Pages work
without JavaScript; scripts only spare reloads. No page has a style or a script in it: the content security policy forbids both.
"""
