"""The main path in a real browser: read why a version is blocked, approve as another person, see it allowed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_a_developer_reads_why_version_1_is_blocked(stage: Stage, sign_in: Callable[..., Page]) -> None:
    page = sign_in("dana")
    page.get_by_role("link", name="Systems").first.click()
    page.get_by_role("link", name="Consumer credit scoring").click()
    page.get_by_role("link", name="scorecard 1.0.0").first.click()

    why = re.compile(r"blocked.*requirements (is|are) open", re.DOTALL)
    expect(page.locator("section.answer")).to_contain_text(why)
    checklist = page.locator("#checklist + .scroll")
    expect(checklist).to_contain_text("Impact ratio")

    checklist.get_by_role("link", name="See the run").first.click()
    expect(page.locator(".answer")).to_contain_text("A check failed")
    expect(page.locator("svg.chart").first).to_be_visible()
    expect(page.locator("#explanation + figure")).to_contain_text("household_code")


def test_the_last_approver_and_the_report_open_the_gate_for_version_2(
    stage: Stage, sign_in: Callable[..., Page]
) -> None:
    adam = sign_in("adam")
    expect(adam.locator(".answer").first).to_contain_text("1 approval waits for you")
    adam.get_by_role("link", name="scorecard 2.0.0").first.click()
    expect(adam.locator("#subject + dl")).to_contain_text("sha256:")
    adam.get_by_label("Reason").fill("It fits the product.")
    adam.get_by_role("button", name="Approve exactly this").click()
    expect(adam.locator(".messages")).to_contain_text("Your vote is recorded")

    vera = sign_in("vera")
    vera.goto(f"/versions/{stage.versions['2.0.0']}")
    vera.get_by_role("button", name="Write the report").click()
    expect(vera.locator("#reports")).to_be_visible()
    wait_for_the_report(vera)
    expect(vera.locator("section.answer")).to_contain_text("allowed for production")

    with vera.expect_download() as download:
        vera.get_by_role("link", name="Independent validation report (PDF)").first.click()
    assert download.value.path().read_bytes()[:5] == b"%PDF-"

    vera.goto(f"/versions/{stage.versions['2.0.0']}")
    vera.get_by_role("button", name="Ask the gate").click()
    expect(vera.locator(".answer")).to_contain_text("allowed")
    expect(vera.locator("#verify + p + pre")).to_contain_text("assay gate --digest sha256:")


def wait_for_the_report(page: Page) -> None:
    """A busy machine may take minutes to print; a report that failed is told in the words of the page."""
    report = page.locator("#reports + .scroll tbody tr")
    for _ in range(240):
        if report.locator(".is-ready").count():
            return
        expect(report.locator(".is-failed")).to_have_count(0)
        page.wait_for_timeout(1000)
        page.reload()
    pytest.fail(f"No report after minutes: {report.all_inner_texts()}")


def test_a_rejection_without_a_reason_is_refused_and_nothing_typed_is_lost(
    stage: Stage, sign_in: Callable[..., Page]
) -> None:
    olga = sign_in("olga")
    olga.goto("/inbox")
    expect(olga.locator("main")).to_contain_text("Nothing waits for you")
    olga.goto(f"/versions/{stage.versions['1.0.0']}")
    olga.locator("#approvals ~ .panel h3 a").first.click()
    expect(olga.locator(".answer").first).to_contain_text("You cannot vote")


def test_an_outsider_finds_nothing(stage: Stage, sign_in: Callable[..., Page]) -> None:
    page = sign_in("audrey")
    page.goto("/versions/00000000-0000-0000-0000-000000000000", wait_until="domcontentloaded")
    expect(page.locator(".answer")).to_contain_text("There is no such model version")


def test_the_log_tells_what_happened(sign_in: Callable[..., Page]) -> None:
    page = sign_in("audrey")
    page.get_by_role("link", name="Log").click()
    expect(page.locator("tbody")).to_contain_text("Voted as approver: approve")
    page.get_by_label("Event").select_option("policy.published")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody")).to_contain_text("was published")
