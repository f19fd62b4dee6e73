"""Every page, in light and dark and at phone width: axe finds nothing serious, and nothing sticks out sideways."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}


def pages(page: Page, stage: Stage) -> list[str]:
    """An address of every kind of page, found by following links as a person would."""
    version = f"/versions/{stage.versions['1.0.0']}"
    page.goto(version)
    found = ["/", "/systems", "/inbox", "/reports", "/log", version]
    kinds = ("/systems/", "/runs/", "/approvals/", "/decisions/")
    links = [page.locator(f'main a[href^="{kind}"]').first.get_attribute("href") for kind in kinds]
    return found + [str(link).partition("#")[0] for link in links]


def barriers(page: Page, address: str) -> list[tuple[str, str, list[str]]]:
    """What axe finds grave on the page that is open, and whether it sticks out sideways."""
    wrong = [
        (address, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append((address, "sticks out sideways", []))
    return wrong


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_on_any_page(stage: Stage, sign_in: Callable[..., Page], look: str) -> None:
    page = sign_in("vera", **LOOKS[look])
    wrong = []
    for address in pages(page, stage):
        page.goto(address)
        wrong += barriers(page, address)
    assert wrong == []


BEFORE = (
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/abc-def/",
    "/accounts/password/reset/key/done/",
    "/accounts/sso/cancelled/",
)


@pytest.mark.parametrize("look", LOOKS)
def test_nor_on_the_pages_before_signing_in(stage: Stage, chromium: Browser, look: str) -> None:
    context = chromium.new_context(base_url=stage.url, **LOOKS[look])
    page = context.new_page()
    wrong = []
    for address in BEFORE:
        page.goto(address)
        wrong += barriers(page, address)
    context.close()
    assert wrong == []


def test_a_keyboard_reaches_the_content_first(sign_in: Callable[..., Page]) -> None:
    page = sign_in("vera")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
