"""One stage and one Chromium for all browser tests of a worker."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
# Playwright keeps an event loop running in the process that runs the tests; Django would take every test after the
# browser's for asynchronous code, and refuse it the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass(frozen=True)
class Stage:
    """Where the service runs, and what is on it."""

    url: str
    password: str
    versions: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server and a worker of their own, with a database of their own."""
    folder = tmp_path_factory.mktemp("stage")
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
        },
        "ASSAY_VAR_DIR": str(folder),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    with (folder / "stage.log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.stage"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert program.stdout is not None
        assert program.stdin is not None
        line = program.stdout.readline()
        if not line:
            pytest.fail(f"The stage did not stand up:\n{(folder / 'stage.log').read_text()[-3000:]}")
        yield Stage(**json.loads(line))
        program.stdin.close()
        program.wait(timeout=60)
        program.stdout.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or any other that is installed."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        message = "LEFT OUT: no Chromium is installed (on Debian: apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def serious(said: ConsoleMessage) -> bool:
    """An error of the page's own; that an address answers 404 is for the test to judge."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture
def sign_in(stage: Stage, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a window of its own and signs somebody in; a page that logs an error fails the test."""
    errors: list[str] = []
    contexts = []

    def enter(name: str, **options: object) -> Page:
        context = chromium.new_context(base_url=stage.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if serious(said) else None)
        page.goto("/accounts/login/")
        page.get_by_label("User name or e-mail").fill(name)
        page.get_by_label("Password").fill(stage.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert errors == []
