"""Make the pictures of the terminal, from a demo of the shipped tape.

`python infra/make_pictures.py` makes the one in README; with `--all FOLDER` also every page, dark
and light, and at a phone's width, to look at.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from streams.adapters.services.ports import free_port
from tests.e2e.demo_process import DemoProcess, demo, fresh_home
from tests.waiting import wait_for

TARGET = Path(__file__).parent / "docs" / "terminal.png"
WIDE, PHONE = (1440, 860), (390, 780)
SPEED = 1200
_CHART = "symbol=QUILL&interval=5m&panes=volume,rsi,macd&lines=ema38,ema100,bb"
PAGES = {
    "chart": _CHART,
    "symbol": "symbol=QUILL&interval=5m&page=symbol",
    "grid": "symbol=QUILL&interval=5m&page=grid",
    "alerts": "symbol=QUILL&interval=5m&page=alerts",
    "performance": "symbol=QUILL&interval=5m&page=performance",
    "system": "symbol=QUILL&interval=5m&page=system",
}
_READY = "window.tapedeck?.view && tapedeck.view().rows.length > 250"


def main() -> None:
    """Start a demo, wait for three days of bars, take the pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    folder = parser.parse_args().all
    with running() as url, _browser() as browser:
        take(browser, f"{url}/?{_CHART}", WIDE, TARGET)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name, query in PAGES.items():
                for theme in ("dark", "light"):
                    asked = f"{url}/?{query}&theme={theme}"
                    take(browser, asked, WIDE, folder / f"{name}-{theme}.png")
                take(browser, f"{url}/?{query}&list=0", PHONE, folder / f"{name}-phone.png")


def take(browser: Browser, url: str, size: tuple[int, int], target: Path) -> None:
    """Write one picture of a page that has its bars."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(_READY, timeout=180_000)
    page.wait_for_timeout(2_500)  # tables of the other pages are fetched; nothing tells when
    page.screenshot(path=target)
    context.close()
    sys.stdout.write(f"{target}  {target.stat().st_size // 1_000} kB\n")


@contextmanager
def running() -> Iterator[str]:
    """The address of the dashboard of a demo."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        fresh_home() as home,
        demo(home, "--speed", str(SPEED), "--port", str(port)) as run,
    ):
        wait_for(lambda: _answers(run, url), "the dashboard", 180)
        yield url
        run.stop()


def _answers(run: DemoProcess, url: str) -> bool:
    run.check()
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


@contextmanager
def _browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAPEDECK_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
