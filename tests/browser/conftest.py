"""A real Kafka, a real `tapedeck panel` and a real browser; skipped where no browser is found."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests.browser.dashboard import Dashboard, free_port
from tests.browser.feeder import Tape
from tests.browser.screen import Screen

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAPEDECK_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    try:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
    except Error as error:
        pytest.skip(f"no Chromium: install one or set TAPEDECK_CHROMIUM ({str(error)[:120]})")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tape(kafka: str) -> Tape:
    """Topics that the tests of one run share; each test has symbols of its own."""
    return Tape(kafka)


@pytest.fixture(scope="session")
def dashboard(
    browser: Browser, kafka: str, tape: Tape, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard of the shared topics."""
    yield from _running(kafka, tape, tmp_path_factory.mktemp("shared"))


@pytest.fixture
def own_tape(kafka: str) -> Tape:
    """Topics for one test."""
    return Tape(kafka)


@pytest.fixture
def own_dashboard(
    browser: Browser, kafka: str, own_tape: Tape, tmp_path: Path
) -> Iterator[Dashboard]:
    """A dashboard of the test's own topics, which may be stopped."""
    yield from _running(kafka, own_tape, tmp_path)


def _running(kafka: str, tape: Tape, folder: Path) -> Iterator[Dashboard]:
    board = Dashboard(kafka, tape.prefix, folder / "home", free_port())
    board.start()
    yield board
    board.stop()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Screen]:
    """A fresh context; fails the test on a page error, a 4xx or a request to another host."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 760}, timezone_id="America/New_York", locale="en-US",
        reduced_motion="reduce",
    )  # fmt: skip
    shown = Screen(context.new_page())
    yield shown
    context.close()
    assert shown.errors == []
    assert shown.foreign == []
