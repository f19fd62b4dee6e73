"""Every page, in light and dark and at phone width: axe finds nothing serious, and nothing sticks out sideways."""

import re
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


LISTS: tuple[str, ...] = (
    "/",
    "/systems",
    "/inbox",
    "/due",
    "/delegations",
    "/policies",
    "/policies/new",
    "/waivers",
    "/break-glass",
)
LISTS += (
    "/issues",
    "/reports",
    "/people",
    "/people/machines",
    "/people/tokens",
    "/log",
    "/log/entry?index=3",
    "/log/checkpoints",
)
# Where a link to each kind of page is found.
LINKED = {
    "version": ("/systems/", "/runs/", "/approvals/", "/decisions/", "/deviations/", "/dataset-versions/"),
    "/policies": ("/policies/",),
    "/waivers": ("/waivers/",),
    "/break-glass": ("/break-glass/",),
    "/issues": ("/issues/",),
    "/people": ("/people/",),
}
HREFS = "links => links.map(link => link.getAttribute('href').split('#')[0])"
ONE = re.compile(r"/[0-9a-f-]{36}$")  # the page of one thing
# What light and dark, and a narrow window, can change; the rest is looked at once, in the light.
BY_LOOK = {"runOnly": ["color-contrast", "target-size", "scrollable-region-focusable"]}


def pages(page: Page, stage: Stage) -> list[str]:
    """An address of every kind of page, found by following links as a person would."""
    version = f"/versions/{stage.versions['1.0.0']}"
    linked = {}
    for start, kinds in LINKED.items():
        page.goto(version if start == "version" else start)
        for kind in kinds:
            found = page.locator(f'main a[href^="{kind}"]').evaluate_all(HREFS)
            linked[kind] = next(link for link in found if ONE.search(link))
    parts = ("", "/steps", "/waive", "/break-the-glass")
    system = linked["/systems/"]
    compared = f"/versions/{stage.versions['2.0.0']}/comparison"
    about = [
        f"{system}/classification",
        f"{system}/coverage?framework=nyc-ll144",
        f"{system}/raise-issue",
        compared,
    ]
    return [*LISTS, *(version + part for part in parts), *linked.values(), *about]


def barriers(page: Page, address: str, look: str = "light") -> list[tuple[str, str, list[str]]]:
    """What axe finds grave on the page that is open, and whether it sticks out sideways."""
    found = Axe().run(page, options={} if look == "light" else BY_LOOK).response["violations"]
    wrong = [
        (address, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in found
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
        wrong += barriers(page, address, look)
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_nor_on_the_page_for_auditors(sign_in: Callable[..., Page], look: str) -> None:
    page = sign_in("audrey", **LOOKS[look])
    page.goto("/log/reads")
    assert page.get_by_role("heading", name="reading").first.is_visible()
    assert barriers(page, "/log/reads", look) == []


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
