"""One page as SVG and as HTML, the same in both."""

from hotspot.printing.drawing import Drawing, Line, Picture, Shape, html, svg

PAGE = Drawing(
    title="A & B",
    language="de",
    shapes=(Shape('<circle r="1"/>'),),
    pictures=(Picture("image/png", b"png", 1, 2, 3, 4),),
    lines=(
        Line(text="<b>", x=10, y=20, size=5),
        Line(text="واي فاي", x=200, y=30, size=4, anchor="end", direction="rtl", language="ar", bold=True),
    ),
)


def test_svg() -> None:
    """Texts are escaped; where a line is written from the right, its right end is its start."""
    text = svg(PAGE, 2.0)
    assert '<svg xmlns="http://www.w3.org/2000/svg" width="420mm" height="594mm" viewBox="0 0 210 297"' in text
    assert "<title>A &amp; B</title>" in text
    assert '<text x="10" y="20" font-size="5" fill="#17212b" text-anchor="start" xml:lang="de">&lt;b&gt;</text>' in text
    arabic = 'text-anchor="start" xml:lang="ar" direction="rtl" unicode-bidi="embed" font-weight="700">واي فاي</text>'
    assert f'<text x="200" y="30" font-size="4" fill="#17212b" {arabic}' in text
    assert 'href="data:image/png;base64,cG5n"' in text


def test_html() -> None:
    """One section a page, in the size of the paper."""
    text = html([PAGE, PAGE], 2.0)
    assert "@page{size:420.0000mm 594.0000mm;margin:0}" in text
    assert text.count("<section>") == 2
    assert (
        '<p lang="de" dir="ltr" style="left:20.0000mm;top:31.1200mm;text-align:left;font-size:10.0000mm;color:#17212b;">&lt;b&gt;</p>'
        in text
    )
    assert '<p lang="ar" dir="rtl" style="left:-400.0000mm;top:52.8960mm;text-align:right;' in text
