"""What a town prints: the poster with the Wi-Fi's QR code, and sheets of vouchers.

A **drawing** is one page: shapes and lines of text at places in millimetres, which become SVG (for whoever designs) or PDF (for the
printer) and look the same. Reading order: ``letters`` (how wide a text is, where it breaks) - ``drawing`` - ``code`` (QR codes) -
``pictograms`` - ``poster`` and ``sheet`` (what goes where) - ``words`` (what they say, from settings and catalogues) - ``pdf``, which alone
needs WeasyPrint (``pip install 'hotspot[print]'``) and Pango.
"""
