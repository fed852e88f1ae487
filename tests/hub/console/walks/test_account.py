"""Logging in with a second factor, setting one up, and one's own account, walked in Chromium; its virtual authenticator is the passkey."""

import re
from base64 import b32decode
from itertools import count
from typing import Any

import pyotp
import pytest
from playwright.async_api import CDPSession, Page, expect

from hotspot.hub import passwords
from hotspot.hub.access import Role
from hotspot.hub.factors import codes
from hotspot.hub.hub import Hub
from hotspot.hub.store import factors, people, tenants
from tests.browser.axe import ALL_RULES, examine
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import Walk
from tests.hub.wrong_codes import wrong_code

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
PASSWORD = "ein langes Kennwort"
KEY = b"twenty bytes of key!"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
_numbers = count(1)


async def newcomer(hub: Hub, role: Role = Role.HOST_OPERATOR, *, app: bool = False) -> str:
    """A user of their own for each walk, with a password and perhaps an app; returns the name."""
    name = f"walker-{next(_numbers)}"
    async with hub.store.transaction() as connection:
        partner = await tenants.partner(connection, "kleinheim") if role.of_partner else None
        user = await people.add_user(connection, name, role, partner.id if partner else None, "Petra Probe")
        await people.set_password(connection, user, await passwords.hashed(PASSWORD))
        if app:
            await factors.add_app(connection, user, "", KEY, 0, hub.now())
            await factors.give_codes(connection, user, [codes.hashed("k7f3-9qxm-2h4p-r8wd")], hub.now())
    return name


async def log_in(page: Page, name: str, to: str = "/account") -> None:
    """The first step."""
    await page.goto(to)
    await page.get_by_label("Benutzername").fill(name)
    await page.get_by_label("Kennwort", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Anmelden").click()


async def with_authenticator(page: Page, **more: Any) -> tuple[CDPSession, str]:
    """A device that says yes at once."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    made = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, "automaticPresenceSimulation": True, **more}})
    return cdp, made["authenticatorId"]


@SCREENS
async def test_an_app_is_set_up_at_the_first_login(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Key, code, recovery codes, in; the next login asks for a code, and a recovery code helps when the phone is gone."""
    name = await newcomer(town[0])
    async with walk("", screen) as page:
        await log_in(page, name)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Zweiten Faktor einrichten")
        assert await page.get_by_role("img", name="QR-Code").evaluate("image => image.naturalWidth") > 100
        await page.get_by_text("Den Schlüssel lieber abtippen").click()
        key = (await page.locator("#key").inner_text()).replace(" ", "")
        field = page.get_by_label("Geben Sie die sechs Ziffern ein")
        await field.fill(wrong_code(b32decode(key), town[0].now()))
        await page.get_by_role("button", name="App einrichten").click()
        await expect(page.get_by_text("Dieser Code stimmt nicht.")).to_be_visible()
        assert await examine(page, ALL_RULES) == []
        await field.fill(pyotp.TOTP(key).now())
        await page.get_by_role("button", name="App einrichten").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Notfallcodes")
        assert await examine(page, ALL_RULES) == []
        shown = await page.locator("#codes code").all_inner_texts()
        assert len(shown) == codes.HOW_MANY
        await page.get_by_role("link", name="Ich habe sie aufbewahrt, weiter").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
    async with walk("", screen) as page:
        await log_in(page, name)
        await page.get_by_text("Ich habe mein Gerät nicht zur Hand").click()
        await page.get_by_label("Notfallcode").fill(shown[0].upper())
        await page.get_by_role("button", name="Mit dem Notfallcode anmelden").click()
        await expect(page.get_by_role("status").first).to_contain_text("9 sind übrig")


@SCREENS
async def test_a_passkey_at_the_first_login_and_at_the_next(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Made by the device, used by it, listed in the account."""
    name = await newcomer(town[0])
    async with walk("", screen) as page:
        cdp, device = await with_authenticator(page)
        await log_in(page, name, "/")
        await page.get_by_role("button", name="Passkey einrichten").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Notfallcodes")
        assert len((await cdp.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"]) == 1
        await page.get_by_role("link", name="Ich habe sie aufbewahrt, weiter").click()
        await page.goto("/account")
        await expect(page.locator("td", has_text=re.compile("^Passkey$"))).to_be_visible()
        await page.locator(".menu summary").click()
        await page.get_by_role("button", name="Abmelden").click()
        await log_in(page, name)
        await page.get_by_role("button", name="Mit dem Passkey anmelden").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")


async def test_a_device_that_says_no_or_is_another_one(walk: Walk, town: tuple[Hub, str]) -> None:
    """The page says so, and one can try again; a device that has none of these passkeys does not help."""
    name = await newcomer(town[0], app=True)
    async with town[0].store.transaction() as connection:
        user = await people.user(connection, name)
        assert user is not None
        await factors.add_passkey(connection, user.id, "Laptop", b"elsewhere", b"", 0, town[0].now())
    async with walk("", PHONE) as page:
        cdp, device = await with_authenticator(page)
        await log_in(page, name)
        await page.get_by_role("button", name="Mit dem Passkey anmelden").click()
        await expect(page.get_by_text("Das hat nicht geklappt, oder Sie haben es abgebrochen.")).to_be_visible()
        await page.get_by_label("Code Ihrer App").fill(pyotp.TOTP(codes.text_key(KEY)).now())
        await page.get_by_role("button", name="Anmelden", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
        await page.goto("/account/passkey")
        await page.get_by_label("Wie nennen Sie dieses Gerät?").fill("Diensthandy <b>")
        await page.get_by_role("button", name="Passkey einrichten").click()
        await expect(page.get_by_role("status").first).to_have_text("Der Passkey ist eingerichtet.")
        await expect(page.get_by_role("rowheader", name="Diensthandy <b>")).to_be_visible()
        await page.goto("/account/passkey")
        await page.get_by_role("button", name="Passkey einrichten").click()
        await expect(page.get_by_text("Dieses Gerät hat schon einen Passkey für Sie.")).to_be_visible()
        await cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})


async def test_an_answer_of_before_is_worth_nothing(walk: Walk, town: tuple[Hub, str]) -> None:
    """What a passkey has signed once is sent again, by somebody with another half session: refused."""
    name = await newcomer(town[0])
    async with walk("", DESKTOP) as page:
        await with_authenticator(page)
        await log_in(page, name)
        await page.get_by_role("button", name="Passkey einrichten").click()
        await page.get_by_role("link", name="Ich habe sie aufbewahrt, weiter").click()
        await page.locator(".menu summary").click()
        await page.get_by_role("button", name="Abmelden").click()
        await log_in(page, name)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
        await page.get_by_role("button", name="Mit dem Passkey anmelden").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
        answer = re.search(r"credential=([^&]+)", sent[0])
        assert answer
        await page.locator(".menu summary").click()
        await page.get_by_role("button", name="Abmelden").click()
        await log_in(page, name)
        await expect(page.get_by_role("button", name="Mit dem Passkey anmelden")).to_be_visible()
        put = "([form, old]) => { form.elements.credential.value = decodeURIComponent(old.replaceAll('+', ' ')); form.submit(); }"
        form = await page.locator("[data-passkey] form").element_handle()
        async with page.expect_navigation():
            await page.evaluate(put, [form, answer[1]])
        await expect(page.get_by_role("alert")).to_have_text("Das war nicht Ihr Passkey. Bitte versuchen Sie es noch einmal.")
        assert await examine(page, ALL_RULES) == []


@SCREENS
async def test_a_token_for_a_program(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Without a tick it is asked for, and what was typed is still there; then the token is shown, to be copied."""
    name = await newcomer(town[0], Role.PARTNER_VIEWER)
    async with walk("", screen) as page:
        await log_in(page, name)
        await page.get_by_role("link", name="Zugangsschlüssel ausstellen").click()
        await page.get_by_label("Wofür ist er?").fill("grafana")
        await page.get_by_label("Wie lange soll er gelten?").select_option("30 Tage")
        await page.get_by_role("button", name="Zugangsschlüssel ausstellen").click()
        await expect(page.get_by_text("Kreuzen Sie mindestens eines an.")).to_be_visible()
        await expect(page.get_by_label("Wofür ist er?")).to_have_value("grafana")
        await expect(page.get_by_label("Wie lange soll er gelten?")).to_have_value("30")
        assert await examine(page, ALL_RULES) == []
        await page.get_by_label("Messwerte lesen").check()
        await page.get_by_role("button", name="Zugangsschlüssel ausstellen").click()
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Kopieren").click()
        await expect(page.get_by_role("button", name="Kopiert")).to_be_visible()
        assert await page.evaluate("() => navigator.clipboard.readText()") == await page.locator("#token").inner_text()
        assert await examine(page, ALL_RULES) == []


async def test_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """From the name to the account: only keys, and the focus is always to be seen."""
    name = await newcomer(town[0], app=True)
    async with walk("", DESKTOP) as page:

        async def to(name: str) -> None:
            """Tab to the thing of that name."""
            for _ in range(30):
                await page.keyboard.press("Tab")
                said = await page.evaluate(
                    "() => [document.activeElement.labels?.[0]?.textContent, document.activeElement.textContent].join(' ')"
                )
                if name in said:
                    assert await page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
                    return
            raise AssertionError(f"{name} is not reached")

        await page.goto("/login?next=/account")
        await to("Benutzername")
        await page.keyboard.type(name)
        await to("Kennwort")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Zweiter Schritt")
        await to("Code Ihrer App")
        await page.keyboard.type(pyotp.TOTP(codes.text_key(KEY)).now())
        await to("Anmelden")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
        await to("Neue ausstellen")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Neue Notfallcodes")
        await to("Ihr Kennwort")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Notfallcodes")


@SCREENS
async def test_without_scripts(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """A clerk sets up an app, gets codes, makes a token, ends another session, changes the password; passkeys say what they need."""
    name = await newcomer(town[0], Role.PARTNER_EDITOR)
    async with walk("", screen, java_script_enabled=False) as other:
        await log_in(other, name)
        async with walk("", screen, java_script_enabled=False) as page:
            await log_in(page, name)
            await page.get_by_role("link", name="App hinzufügen").click()
            await page.get_by_text("Den Schlüssel lieber abtippen").click()
            key = (await page.locator("#key").inner_text()).replace(" ", "")
            await page.get_by_label("Geben Sie die sechs Ziffern ein").fill(pyotp.TOTP(key).now())
            await page.get_by_role("button", name="App einrichten").click()
            assert await page.locator("#codes li").count() == codes.HOW_MANY
            await page.get_by_role("link", name="Ich habe sie aufbewahrt, weiter").click()
            await page.get_by_role("link", name="Passkey hinzufügen").click()
            await expect(page.get_by_text("muss JavaScript im Browser eingeschaltet sein")).to_be_visible()
            await expect(page.get_by_role("button", name="Passkey einrichten")).to_be_hidden()
            await page.goto("/account/tokens/new")
            await page.get_by_label("Wofür ist er?").fill("grafana")
            await page.get_by_label("Messwerte lesen").check()
            await page.get_by_role("button", name="Zugangsschlüssel ausstellen").click()
            await expect(page.locator("#token")).to_have_text(re.compile("^hst_"))
            await page.get_by_role("link", name="Zurück zu meinem Konto").click()
            await page.get_by_role("link", name="Widerrufen grafana").click()
            await page.get_by_label("Ich bin sicher").check()
            await page.get_by_role("button", name="Widerrufen").click()
            await expect(page.get_by_role("status").first).to_contain_text("grafana")
            await page.get_by_role("button", name="Beenden Chrome").click()
            await expect(page.get_by_role("status").first).to_have_text("Die Sitzung ist beendet.")
            await other.goto("/account")
            await expect(other.get_by_role("heading", level=1)).to_have_text("Anmelden")
            await page.get_by_role("link", name="Kennwort ändern").click()
            await page.get_by_label("Ihr bisheriges Kennwort").fill(PASSWORD)
            await page.get_by_label("Neues Kennwort", exact=True).fill("Blaue Birnen im Bauamt")
            await page.get_by_label("Neues Kennwort noch einmal").fill("Blaue Birnen im Bauamt")
            await page.get_by_role("button", name="Kennwort ändern").click()
            await expect(page.get_by_role("status").first).to_contain_text("Ihr Kennwort ist geändert.")
