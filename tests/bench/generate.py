"""The synthetic market: made, sent as fast as it goes, and 200,000 ticks/s on the clock."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.services import kafka
from tests.bench.table import Row

RATE = 200_000
SECONDS = 10
TICKS = 10_000_000
TAPE = ("--start", "2024-03-04", "--context-rate", "1", "--no-end")


def measure(home: Path) -> Iterator[Row]:
    """Ticks/s of the market alone, into a file, into Kafka; and whether the clock is kept."""
    alone = _alone()
    yield Row("the market alone", f"{alone:,.0f} ticks/s", "")
    written = _generate({}, home, *_tape(TICKS // 4), "--to", str(home / "market.csv"))
    yield _row("into a CSV file", written, alone)
    with kafka(home) as address:
        env = {"KAFKA_BOOTSTRAP_SERVERS": address}
        _generate(env, home, *_tape(10_000))
        for symbols in (20, 1_000):
            sent = _generate(env, home, *_tape(TICKS), "--symbols", str(symbols))
            yield _row(f"into Kafka as fast as it goes, {symbols:,} symbols", sent, alone)
        for symbols in (20, 1_000):
            length = ("--duration", f"{SECONDS}s", "--symbols", str(symbols))
            paced = _generate(env, home, "--rate", str(RATE), *length)
            rate = paced["ticks_per_second"]
            yield Row(
                f"on the clock at {RATE:,} ticks/s, {symbols:,} symbols (goal)",
                f"{rate:,.0f} ticks/s",
                f"{rate / RATE:.3f} of what was asked",
            )


def _row(what: str, told: dict[str, Any], alone: float) -> Row:
    rate = told["ticks_per_second"]
    return Row(what, f"{rate:,.0f} ticks/s", f"{rate / alone:.2f} of the market alone")


def _tape(ticks: int) -> tuple[str, ...]:
    return (*TAPE, "--rate", str(RATE), "--duration", f"{ticks / RATE:g}s")


def _alone() -> float:
    """In a process of its own, as the others are."""
    code = (
        "import time\n"
        "from streams.adapters.synthetic.market import Market\n"
        "from streams.adapters.synthetic.plan import MarketPlan, symbol_names\n"
        f"market = Market(MarketPlan(symbol_names('20'), {RATE}.0, 1, 1_709_510_400_000))\n"
        "began = time.monotonic()\n"
        f"ticks = sum(map(len, market.blocks(1_709_510_400_000 + {1_000 * TICKS // RATE})))\n"
        "print(ticks / (time.monotonic() - began))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _generate(env: dict[str, str], home: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "generate", "--json", *options],
        env={**os.environ, "TAPEDECK_HOME": str(home), **env},
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
