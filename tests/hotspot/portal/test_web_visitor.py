"""What the pages load and ask for besides themselves: time left, the theme's files; and how they travel."""

import gzip
from pathlib import Path

import msgspec
from msgspec.structs import replace

from hotspot.portal.settings import Asset, Settings, Theme
from hotspot.session.states import State
from tests.hotspot.portal.desk_in_memory import make_settings
from tests.hotspot.portal.served_hall import hall, heading

LOGO = Asset("logo-0123456789ab.svg", "image/svg+xml", b"<svg/>")


def themed(**theme: object) -> Settings:
    """A hall with a face of its own."""
    settings = make_settings()
    return replace(settings, hall=replace(settings.hall, theme=Theme(**theme)))  # type: ignore[arg-type]


async def test_what_is_left_in_the_words_of_the_page() -> None:
    """The script of the online page gets finished texts, when to ask again, and 409 when there is nothing left."""
    async with hall() as at:
        at.desk.state, at.desk.seconds_left, at.desk.bytes_left, at.desk.fast_left = State.ONLINE, 90, 1_500_000_000, 20_000_000
        answer = await at.get("/left", Accept_Language="pl")
        assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "application/json", "no-store")
        texts = {"time-left": "2\u00a0minuty", "volume-left": "1,5\u00a0GB", "fast-left": "20\u00a0MB", "as-of": "08:00"}
        assert msgspec.json.decode(answer.text) == {"wait": 20, "texts": texts}
        at.desk.seconds_left = 7
        assert msgspec.json.decode((await at.get("/left")).text)["wait"] == 8
        at.desk.state = State.ENDED
        assert ((await at.get("/left")).status, (await at.get("/left")).text) == (409, "")


async def test_the_online_page_is_right_without_its_script() -> None:
    """What the script would show stands in the page, in the elements that the script fills; the policy allows that one script alone."""
    async with hall() as at:
        at.desk.state, at.desk.bytes_left = State.ONLINE, 734_000_000
        page = await at.get("/online")
        left = msgspec.json.decode((await at.get("/left")).text)["texts"]
    assert [name for name, text in left.items() if f'id="{name}">{text}<' not in page.text] == []
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert (policy["script-src"][:8], policy["connect-src"], page.text.count("<script")) == ("'sha256-", "'self'", 1)


async def test_files_of_the_theme() -> None:
    """They may be kept for ever under their name, run nothing by themselves, and there is nothing else."""
    async with hall(themed(logo=LOGO, logo_alt={"de": "Wappen"})) as at:
        page = await at.get("/")
        assert '<img class="logo" src="/brand/logo-0123456789ab.svg" alt="Wappen">' in page.text
        answer = await at.get("/brand/logo-0123456789ab.svg")
        assert (answer.status, answer.text, answer.headers["Content-Type"]) == (200, "<svg/>", "image/svg+xml")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        others = [(await at.get(path)).status for path in ("/brand/logo-x.svg", "/brand/..%2f..%2fetc%2fpasswd", "/brand/")]
        assert others == [404, 404, 404]


async def test_the_video(tmp_path: Path) -> None:
    """A page for it, where there is one; browsers fetch it in pieces."""
    film = tmp_path / "dgs.mp4"
    film.write_bytes(b"\x00\x00\x00\x18ftyp" + bytes(range(200)))
    async with hall(themed(sign_language=Asset("sign-language-1.mp4", "video/mp4", path=film))) as at:
        page = await at.get("/sign-language")
        assert (page.status, heading(page)) == (200, "Gebärdensprache")
        assert "media-src 'self'" in page.headers["Content-Security-Policy"]
        piece = await at.get("/brand/sign-language-1.mp4", Range="bytes=4-7")
        assert (piece.status, piece.text, piece.headers["Content-Range"]) == (206, "ftyp", "bytes 4-7/208")
        assert 'href="/sign-language"' in (await at.get("/")).text
    async with hall() as at:
        assert ((await at.get("/sign-language")).status, "sign-language" in (await at.get("/")).text) == (404, False)


async def test_pages_are_compressed_for_whoever_takes_that() -> None:
    """The same page either way, kept or made for this request."""
    async with hall() as at:
        for path in ("/", "/terms", "/none"):
            plain, packed = await at.get(path), await at.get(path, Accept_Encoding="gzip, deflate")
            assert ("Content-Encoding" in plain.headers, packed.headers["Content-Encoding"]) == (False, "gzip")
            assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
            assert gzip.decompress(packed.body).decode() == plain.text
            assert len(packed.body) < len(plain.body) / 2


async def test_links_to_other_languages_lead_to_the_same_page() -> None:
    """Without what else the request says (the directory keeps its question); from what is no page to the start."""
    async with hall() as at:
        assert 'href="/terms?lang=en"' in (await at.get("/terms?lang=fr")).text
        assert "Pass" not in (await at.get("/terms?lang=fr&q=Pass")).text
        assert 'href="/?lang=en"' in (await at.get("/none?lang=fr")).text
        assert 'href="/?lang=en"' in (await at.post("/accept?lang=fr", {"token": "x", "terms": "y"})).text


async def test_direction_follows_the_language() -> None:
    """Arabic and Persian are written from right to left."""
    async with hall() as at:
        codes = ("ar", "fa", "uk", "de-simple")
        found = {code: f'<html lang="{code}" dir="rtl">' in (await at.get(f"/?lang={code}")).text for code in codes}
    assert found == {"ar": True, "fa": True, "uk": False, "de-simple": False}


async def test_words_of_welcome() -> None:
    """A hall's own where it has them in the reader's language; else ours, rather than the hall's in another one."""
    async with hall(themed(welcome={"de": "Schön, dass Sie da sind.", "tr": "Hoş geldiniz."})) as at:
        pages = {code: (await at.get(f"/?lang={code}")).text for code in ("de", "de-simple", "tr", "en")}
    found = {
        code: [words for words in ("Schön, dass", "Hoş geldiniz.", "Welcome! One tap") if words in page] for code, page in pages.items()
    }
    assert found == {"de": ["Schön, dass"], "de-simple": [], "tr": ["Hoş geldiniz."], "en": ["Welcome! One tap"]}
