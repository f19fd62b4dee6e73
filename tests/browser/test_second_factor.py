"""Somebody sets up a second factor, signs in with it, and removes it, in light and dark and at phone width."""

from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stage
from tests.browser.test_accessible import LOOKS, barriers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def type_code(page: Page, secret: str) -> None:
    """Type what the app shows, once more should it have changed meanwhile."""
    for _ in range(2):
        code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Set it up").click()
        if "recovery-codes" in page.url:
            return


@pytest.mark.parametrize("look", LOOKS)
def test_it_works_and_axe_finds_nothing_serious(
    stage: Stage, sign_in: Callable[..., Page], look: str
) -> None:
    page = sign_in("stefan", **LOOKS[look])
    page.get_by_role("link", name="your sign-in").click()
    wrong = barriers(page, "without a factor")
    page.get_by_role("link", name="Set up an authenticator app").click()
    wrong += barriers(page, "is it you")
    page.get_by_label("Password").fill(stage.password)
    page.get_by_role("button", name="Go on").click()
    wrong += barriers(page, "set up")
    assert page.evaluate("document.querySelector('img.qr').naturalWidth") > 0, "the picture is drawn"
    secret = page.locator("details code").text_content()
    type_code(page, str(secret))
    wrong += barriers(page, "recovery codes")
    codes = page.locator("li code").all_text_contents()
    page.goto("/accounts/2fa/")
    wrong += barriers(page, "with a factor")
    page.goto("/accounts/password/change/")
    wrong += barriers(page, "password")

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name or e-mail").fill("stefan")
    page.get_by_label("Password").fill(stage.password)
    page.get_by_role("button", name="Sign in").click()
    wrong += barriers(page, "code")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")

    page.goto("/accounts/2fa/totp/deactivate/")
    page.get_by_label("Code").fill(codes[1])
    page.get_by_role("button", name="Go on").click()
    wrong += barriers(page, "remove")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("link", name="Set up an authenticator app")).to_be_visible()
    assert wrong == []
