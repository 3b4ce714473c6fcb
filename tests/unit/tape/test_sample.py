"""The shipped tape is what its script makes, and shows breakouts."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from streams.adapters.tape.rows import Floats
from streams.sample.tape import sample_tape
from tests.tape_reading import Reader

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "make_sample_tape.py"


def test_the_committed_tape_is_what_the_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_sample_tape", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert gzip.decompress(sample_tape().read_bytes()) == script.tape()
    assert sample_tape().stat().st_size < 700_000


def test_the_sample_has_breakouts_after_the_averages_are_warm(read: Reader) -> None:
    tape = read(sample_tape())
    assert (len(tape.names), tape.rejects) == (20, [])
    ticks = tape.ticks
    crossings = 0
    for code in range(20):
        rows = ticks.code == code
        window = ticks.ts[rows] // 300_000
        last = np.append(np.flatnonzero(np.diff(window)), len(window) - 1)
        closes = ticks.columns["price"][rows][last]
        above = _ema(closes, 38) > _ema(closes, 100)
        crossings += int(np.count_nonzero(above[101:] != above[100:-1]))
    assert crossings >= 20


def _ema(closes: Floats, period: int) -> Floats:
    share, value, out = 2 / (1 + period), closes[0], []
    for close in closes:
        value = close * share + value * (1 - share)
        out.append(value)
    return np.array(out)
