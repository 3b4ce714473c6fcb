"""The dashboard: 60 sessions on one core, 5,500 symbols, from a tick to the update at a session.

Under the load of `tests.bench.dashboard`; sessions speak Bokeh's wire without a browser.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import msgspec
import psutil

from panel_app.watchlist import Watchlist
from tests.bench.dashboard import CHARTED, MOVING, PACE, SYMBOLS, bar_of, dashboard, feeding
from tests.bench.page import Frame, Page
from tests.bench.services import kafka
from tests.bench.table import Row

SESSIONS, SECONDS, WARM_UP = 60, 40.0, 10.0
OPENING = 120.0
MB = 1 << 20
ASK = {"interval": "1m", "parts": ["chart", "watchlist", "alerts"], "studies": ["sma20", "rsi14"]}


def measure(home: Path) -> Iterator[Row]:
    """The watchlist by itself, then everything."""
    yield from _watchlist()
    with (
        kafka(home) as address,
        dashboard(home, address) as (panel, url),
        feeding(address),
    ):
        panel.cpu_affinity(sorted(os.sched_getaffinity(0))[:1])
        yield from _sessions(panel, url)


def _watchlist() -> Iterator[Row]:
    """Snapshot and delta of 5,500 rows, in this process."""
    clock = [0.0]
    rows = Watchlist("1m", "5m", lambda: clock[0])
    before = psutil.Process().memory_info().rss
    for minute in range(60):
        for number in range(SYMBOLS):
            rows.put_bar(bar_of(number, minute))
    size = psutil.Process().memory_info().rss - before
    whole = rows.read(-1, 0)
    assert whole is not None
    snapshot = msgspec.json.encode({"symbols": whole.symbols, "rows": whole.rows})
    took, version, delta = 0.0, whole.version, b""
    for tick in range(40):
        clock[0] += PACE
        for number in range(MOVING):
            rows.put_bar(bar_of(number, 60 + tick))
        began = time.process_time()
        found = rows.read(version, SYMBOLS)
        took += time.process_time() - began
        assert found is not None
        version, delta = found.version, bytes(found.rows)
    yield Row(f"watchlist of {SYMBOLS:,}, whole", f"{len(snapshot) / 1_000:,.0f} kB", "")
    yield Row(f"... a delta of {MOVING}", f"{len(delta) / 1_000:,.1f} kB", "")
    yield Row("... cutting and encoding one", f"{1_000 * took / 40:.2f} ms", _share(took / 40))
    yield Row("... its memory", f"{size / MB:.0f} MB", f"{size // SYMBOLS:,} bytes a symbol")


def _share(seconds: float) -> str:
    return f"{100 * seconds / PACE:.1f} % of a core at 4 Hz"


class _Heard:
    """What all sessions got after the warm-up."""

    def __init__(self) -> None:
        self.ages: list[int] = []
        self.gaps: list[float] = []
        self.sizes: list[int] = []
        self.since = float("inf")

    def page(self, url: str) -> Page:
        last = [0.0]

        def heard(frame: Frame, size: int) -> None:
            now = time.monotonic()
            if now < self.since:
                return
            self.sizes.append(size)
            if frame.change is None:
                return
            if last[0]:
                self.gaps.append(now - last[0])
            last[0] = now
            if frame.change.produced is not None:
                self.ages.append(time.time_ns() // 1_000_000 - frame.change.produced)

        return Page(url, heard)


async def _watched(panel: psutil.Process, url: str, heard: _Heard) -> tuple[float, float]:
    """Seconds until all sessions were there, and the share of a core that they then cost."""
    began = time.monotonic()
    ready = asyncio.Barrier(SESSIONS + 1)
    work = asyncio.gather(
        *(
            heard.page(url).run(ASK | {"symbol": f"T{n % CHARTED}"}, ready, WARM_UP + SECONDS)
            for n in range(SESSIONS)
        )
    )
    work.add_done_callback(lambda _: asyncio.ensure_future(ready.abort()))
    async with asyncio.timeout(OPENING):
        await ready.wait()
    opened = time.monotonic() - began
    await asyncio.sleep(WARM_UP)
    heard.since = time.monotonic()
    before = panel.cpu_times()
    await work
    after = panel.cpu_times()
    return opened, (after.user + after.system - before.user - before.system) / SECONDS


def _sessions(panel: psutil.Process, url: str) -> Iterator[Row]:
    heard = _Heard()
    opened, busy = asyncio.run(_watched(panel, url, heard))
    rate = len(heard.ages) / SESSIONS / SECONDS
    yield Row(f"{SESSIONS} sessions opened at once", f"{opened:.1f} s", "")
    yield Row("updates a second of each", f"{rate:.2f}", "")
    for share in (0.5, 0.95, 0.99):
        age = percentile(heard.ages, share)
        yield Row(
            f"tick sent to update at a session, p{share * 100:g}",
            f"{age:.0f} ms",
            f"{age / 500:.2f} of 500 ms",
        )
    yield Row("between two updates, p95", f"{1_000 * percentile(heard.gaps, 0.95):.0f} ms", "")
    yield Row("a frame, mean", f"{sum(heard.sizes) / len(heard.sizes) / 1_000:.1f} kB", "")
    yield Row("the dashboard's core", f"{100 * busy:.0f} % busy", "")
    yield Row("the dashboard's memory", f"{panel.memory_info().rss / MB:.0f} MB", "")


def percentile(values: list[int] | list[float], share: float) -> float:
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
