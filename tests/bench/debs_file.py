"""Synthesise a file in the DEBS 2022 format with the real files' skew: `python -m ... FILE ROWS`.

Nothing of the real rows is in it: symbols are drawn with the weights of the week where the list of
weights is there, with Zipf-like stand-ins where it is not; a fifth of the rows carry a price.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

WEIGHTS = Path("shared/data/debs/symbol-weights.txt.gz")
PRICED = 0.21
_DAY = "08-11-2021"
_START_MS, _END_MS = 8 * 3_600_000, 17 * 3_600_000 + 1_800_000
_COLUMNS = (
    "ID,SecType,Date,Time,Ask,Ask volume,Bid,Bid volume,Ask time,Day's high ask,Close,Currency,"
    "Day's high ask time,Day's high,ISIN,Auction price,Day's low ask,Day's low,Day's low ask time,"
    "Open,Nominal value,Last,Last volume,Trading time,Total volume,Mid price,Trading date,Profit,"
    "Current price,Related indices,Day high bid time,Day low bid time,Open Time, Last price time,"
    " Close Time, Day high Time, Day low Time, Bid time, Auction Time"
)
_CHUNK = 200_000


def write_debs(path: Path, rows: int, weights: Path | None = None, seed: int = 1) -> None:
    """Write `rows` data rows after the format's comments and header."""
    rng = np.random.default_rng(seed)
    symbols, shares = _symbols(weights)
    prices = np.round(rng.uniform(5, 400, len(symbols)), 3)
    clock = np.sort(rng.integers(_START_MS, _END_MS, rows))
    with path.open("w", newline="") as out:
        out.write("# synthetic\n" * 11 + _COLUMNS + "\n# 'Unique ID', ...\n")
        for start in range(0, rows, _CHUNK):
            at = clock[start : start + _CHUNK]
            drawn = rng.choice(len(symbols), len(at), p=shares)
            out.writelines(_lines(rng, at, drawn, symbols, prices))


def _symbols(weights: Path | None) -> tuple[list[str], npt.NDArray[np.float64]]:
    path = weights if weights is not None else _found()
    if path is None:
        shares = 1 / (np.arange(5_502) + 20.0)
        return [f"S{n:05d}.NL" for n in range(5_502)], shares / shares.sum()
    pairs = [line.split() for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    real = [(name, float(count)) for count, name, *_ in pairs if name != "ID" and "." in name]
    shares = np.array([count for _, count in real])
    return [name for name, _ in real], shares / shares.sum()


def _found() -> Path | None:
    root = Path(__file__).resolve().parents[3]
    return path if (path := root / WEIGHTS).exists() else None


def _lines(
    rng: np.random.Generator,
    clock: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.int64],
    symbols: list[str],
    prices: npt.NDArray[np.float64],
) -> list[str]:
    priced = rng.random(len(clock)) < PRICED
    steps = rng.normal(0, 0.0004, len(clock))
    lines = []
    columns = zip(clock.tolist(), drawn.tolist(), priced.tolist(), steps.tolist(), strict=True)
    for ms, symbol, has_price, step in columns:
        time = (
            f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1_000 % 60:02d}.{ms % 1_000:03d}"
        )
        end = "\r\n" if ms % 2 else "\n"
        head = f"{symbols[symbol]},E,{_DAY},{time}"
        if has_price:
            prices[symbol] *= 1 + step
            size = ms % 900 + 1
            body = f"{',' * 18}{prices[symbol]:.4f},{size},{time},,,{_DAY}{',' * 13}"
        elif ms % 3:
            body = f",{prices[symbol]:.4f},{ms % 500},{',' * 33}"
        else:
            body = "," * 36
        lines.append(f"{head}{body}{end}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_debs(options.path, options.rows, seed=options.seed)


if __name__ == "__main__":
    main()
