"""The dashboard's soak: one page and ten sessions while a tape runs; heap and memory stay flat."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from streams.adapters.services.ports import free_port
from tests.bench.page import Frame
from tests.bench.page import Page as Wire
from tests.e2e.demo_process import DemoProcess, demo, fresh_home
from tests.waiting import wait_for

MB = 1 << 20
SESSIONS = 10
SPEED = 480.0
"""Eight times the pace of `make demo`."""
_EVERY_S = 20.0
_GROWTH, _SLACK = 1.15, 8 * MB
_ASK = {
    "parts": ["chart", "watchlist", "alerts", "system", "replay"],
    "studies": ["sma20", "rsi14", "macd"],
    "interval": "1m",
}
_FLAGS = ["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc", "--enable-precise-memory-info"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes in use after some seconds: the page's JavaScript heap, the dashboard's memory."""

    seconds: float
    heap: int
    server: int

    def __str__(self) -> str:
        heap, server = self.heap / MB, self.server / MB
        return f"{self.seconds:7.0f} s  heap {heap:6.1f} MB  dashboard {server:6.1f} MB"


def panel_samples(minutes: float, speed: float) -> Iterator[Sample]:
    """A demo whose sample tape runs in a loop, looked at three times a minute."""
    port = free_port()
    arguments = ("--speed", f"{speed:g}", "--loop", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    with fresh_home() as home, demo(home, *arguments) as run:
        run.wait_for_line("dashboard")
        wait_for(lambda: _ready(url), "the dashboard", 120)
        panel = psutil.Process(run.pid("panel"))
        with _sessions(url, minutes * 60), _page(url) as page:
            began = time.monotonic()
            while (passed := time.monotonic() - began) < minutes * 60:
                page.wait_for_timeout(_EVERY_S * 1_000)
                run.check()
                yield Sample(passed, _heap(page), panel.memory_info().rss)
        _stop(run, home)


def _stop(run: DemoProcess, home: Path) -> None:
    run.stop()
    log = (home / "logs" / "panel.log").read_text()
    assert "Traceback" not in log, log[-3_000:]


@contextmanager
def _sessions(url: str, seconds: float) -> Iterator[None]:
    """Sessions without a browser, in a thread."""

    def heard(frame: Frame, size: int) -> None:
        """It only has to be read."""

    async def listen() -> None:
        ready = asyncio.Barrier(SESSIONS)
        pages = (Wire(url, heard).run(_ASK, ready, seconds) for _ in range(SESSIONS))
        await asyncio.gather(*pages)

    thread = threading.Thread(target=lambda: asyncio.run(listen()), daemon=True)
    thread.start()
    yield
    thread.join(60)


@contextmanager
def _page(url: str) -> Iterator[Page]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAPEDECK_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    with sync_playwright() as driver:
        browser: Browser = driver.chromium.launch(executable_path=found, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 760})
        page.goto(url)
        page.wait_for_function("tapedeck.view().rows.length > 10", timeout=120_000)
        yield page
        browser.close()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def _heap(page: Page) -> int:
    """What is left of the heap after garbage has been collected."""
    used: int = page.evaluate("(gc(), performance.memory.usedJSHeapSize)")
    return used


def panel_faults(samples: Sequence[Sample]) -> list[str]:
    """What has grown from the second quarter to the last."""
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    faults = []
    for what in ("heap", "server"):
        before, after = (median(getattr(s, what) for s in part) for part in (early, late))
        limit = before * _GROWTH + _SLACK
        if after > limit:
            faults.append(
                f"dashboard {what}: expected at most {limit / MB:.0f} MB at the end "
                f"({before / MB:.0f} MB after a while), was {after / MB:.0f} MB"
            )
    return faults
