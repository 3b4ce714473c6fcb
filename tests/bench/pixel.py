"""One browser at the dashboard: first paint, page weight, from a tick's sending to its pixel.

Under the load of `tests.bench.dashboard`, all on the same cores. A pixel counts as painted when
the browser has come to the second animation frame after the update.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, Request, sync_playwright

from tests.bench.dashboard import dashboard, feeding
from tests.bench.panel import percentile
from tests.bench.services import kafka
from tests.bench.table import Row

OPENINGS, SECONDS, WARM_UP = 5, 60.0, 5.0
PAINT_S, WEIGHT_MB, PIXEL_MS = 2.5, 8.0, 400.0
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_BARS = "tapedeck.view().drawn > 0"
_WATCH = """() => {
  window.ages = [];
  tapedeck.onFrame((frame) => {
    const produced = frame.change?.whole ? null : frame.change?.produced;
    if (produced == null) return;
    requestAnimationFrame(() => requestAnimationFrame(() => ages.push(Date.now() - produced)));
  });
}"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def measure(home: Path) -> Iterator[Row]:
    """Several openings by browsers that have nothing yet, and a minute of one of them."""
    with (
        kafka(home) as address,
        dashboard(home, address) as (_panel, url),
        feeding(address),
        sync_playwright() as driver,
    ):
        names = ("chromium", "chromium-browser", "google-chrome")
        found = os.environ.get("TAPEDECK_CHROMIUM") or next(
            filter(None, map(shutil.which, names)), None
        )
        browser = driver.chromium.launch(executable_path=found, args=_FLAGS)
        opened = []
        for _ in range(OPENINGS):
            page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
            opened.append(_open(page, f"{url}/?symbol=T1&interval=1m&panes=volume,rsi,macd"))
            ages = _ages(page) if len(opened) == OPENINGS else []
            page.context.close()
        browser.close()
    yield from _rows(opened, ages)


def _open(page: Page, url: str) -> tuple[float, float, float]:
    """Seconds to the first paint and until there are bars, and MB that came over the wire."""
    done: list[Request] = []
    page.on("requestfinished", lambda each: done.append(each))
    page.goto(url)
    page.wait_for_function(_BARS)
    drawn: float = page.evaluate("performance.now() / 1000")
    paint: float = page.evaluate(_PAINT)
    return paint, drawn, sum(each.sizes()["responseBodySize"] for each in done) / 1e6


def _ages(page: Page) -> list[int]:
    page.wait_for_timeout(WARM_UP * 1_000)
    page.evaluate(_WATCH)
    page.wait_for_timeout(SECONDS * 1_000)
    ages: list[int] = page.evaluate("ages")
    return ages


def _rows(opened: list[tuple[float, float, float]], ages: list[int]) -> Iterator[Row]:
    paints, bars, weights = zip(*opened, strict=True)
    for what, times in (("first paint", paints), ("bars on screen", bars)):
        slowest = max(times)
        yield Row(
            f"{what}, slowest of {OPENINGS}",
            f"{slowest:.2f} s",
            f"{slowest / PAINT_S:.2f} of {PAINT_S} s",
        )
    weight = max(weights)
    yield Row("page weight", f"{weight:.2f} MB", f"{weight / WEIGHT_MB:.2f} of {WEIGHT_MB:g} MB")
    yield Row("updates painted a second", f"{len(ages) / SECONDS:.2f}", "")
    for share in (0.5, 0.95, 0.99):
        age = percentile(ages, share)
        yield Row(
            f"tick sent to its pixel, p{share * 100:g}",
            f"{age:.0f} ms",
            f"{age / PIXEL_MS:.2f} of {PIXEL_MS:g} ms",
        )
