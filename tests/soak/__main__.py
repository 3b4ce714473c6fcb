"""`make soak`: faults, outages, memory, the dashboard and fuzz, each whole; exit 1 on a fault.

python -m tests.soak [--seed N] [--victims bars,...] [--no-faults] [--no-outages] [--no-memory]
    [--no-dashboard] [--no-fuzz] [--no-indicators] [--no-models]
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.e2e.fault_tape import Market
from tests.e2e.faults import VICTIMS
from tests.soak.fuzz import REQUESTS, fuzz_faults
from tests.soak.indicators import UPDATES, drift_faults, drifts, largest
from tests.soak.memory import MB, Lap, growth_faults, replays, size_faults
from tests.soak.models import EDGES, SEEDS, soak_models
from tests.soak.outages import VICTIMS as SERVERS
from tests.soak.outages import Plan as OutagePlan
from tests.soak.outages import outage_runs
from tests.soak.panel import SPEED, panel_faults, panel_samples
from tests.soak.runs import Plan, Run, fault_runs


def main(arguments: list[str] | None = None) -> int:
    """Everything that is asked for; 0 when all is well."""
    asked = _parser().parse_args(arguments)
    # Its demos live in sessions of their own: on SIGTERM they are stopped as on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tapedeck-soak-") as name:
        folder = Path(name)
        if asked.faults:
            faults += _faults(asked, folder)
        if asked.outages:
            faults += _outages(asked, folder)
        if asked.memory:
            faults += _memory(asked, folder)
        if asked.dashboard:
            faults += _dashboard(asked)
        if asked.fuzz:
            faults += _fuzz(asked, folder)
        if asked.indicators:
            faults += _indicators(asked)
        if asked.models:
            _print("\naccuracy of the models")
            faults += soak_models(asked.walks, asked.edges, _print)
    _print()
    for fault in faults:
        _print(f"FAULT {fault}")
    _print(f"{len(faults)} faults" if faults else "all is well")
    return 1 if faults else 0


def _faults(asked: argparse.Namespace, folder: Path) -> list[str]:
    market = _market(asked)
    _print(f"{'killed':14} {'after (s)':20} {'took':>7}  identical")
    runs = []
    for run in fault_runs(Plan(asked.victims, market, asked.seconds, asked.seed), folder):
        _print("\n".join([_line(run), *run.faults]))
        runs.append(run)
    return [f"{run.victim}: {fault}" for run in runs for fault in run.faults]


def _outages(asked: argparse.Namespace, folder: Path) -> list[str]:
    market = Market(asked.symbols, asked.ticks // 4, asked.hours, late=0.002, bad=0.0002)
    plan = OutagePlan(SERVERS, market, asked.seconds + asked.away, asked.away)
    _print(f"\n{'away':14} {'how':20} {'took':>7}  identical")
    faults = []
    for run in outage_runs(plan, folder):
        line = f"{run.victim:14} {run.way:20} {run.seconds:6.1f}s  {'NO' if run.faults else 'yes'}"
        _print("\n".join([line, *run.faults]))
        faults += [f"{run.victim} {run.way}: {fault}" for fault in run.faults]
    return faults


def _market(asked: argparse.Namespace) -> Market:
    return Market(asked.symbols, asked.ticks, asked.hours, late=0.002, bad=0.0002)


def _line(run: Run) -> str:
    at = " ".join(f"{moment:.1f}" for moment in run.moments)
    return f"{run.victim:14} {at:20} {run.seconds:6.1f}s  {'NO' if run.faults else 'yes'}"


def _memory(asked: argparse.Namespace, folder: Path) -> list[str]:
    _print("\nmemory in MB after each replay of a day")
    laps = _laps(_market(asked), asked.replays, folder)
    faults = growth_faults(laps)
    wide = Market(asked.most_symbols, asked.ticks, hours=1.0)
    laps += _laps(wide, 1, folder)
    return faults + [fault for lap in laps for fault in size_faults(lap)]


def _laps(market: Market, count: int, folder: Path) -> list[Lap]:
    laps = []
    for lap in replays(market, count, folder):
        sizes = "  ".join(f"{name} {size.now / MB:.0f}" for name, size in lap.memory.items())
        _print(f"{lap.what:22} {lap.seconds:6.1f}s  {sizes}")
        laps.append(lap)
    return laps


def _dashboard(asked: argparse.Namespace) -> list[str]:
    _print(f"\nmemory of a page and of its server, {asked.minutes:g} minutes at {SPEED:g}x")
    samples = []
    for sample in panel_samples(asked.minutes, SPEED):
        _print(str(sample))
        samples.append(sample)
    return panel_faults(samples)


def _fuzz(asked: argparse.Namespace, folder: Path) -> list[str]:
    _print(f"\nanswers to {asked.requests:,} spoilt requests at each function")
    folder.chmod(0o755)  # PostgreSQL runs as another user when this is root
    return fuzz_faults(folder, range(asked.requests), asked.seed)


def _indicators(asked: argparse.Namespace) -> list[str]:
    _print(f"\n{asked.updates:,} bars through every indicator, beside a fresh computation")
    found = []
    for drift in drifts(asked.updates, asked.seed):
        _print(f"{drift.bars:12,} bars  {drift.apart[drift.worst]:.1e}  {drift.worst}")
        found.append(drift)
    _print("\nthe largest difference of each")
    for name, apart in largest(found).items():
        _print(f"{name:24} {apart:.1e}")
    return [fault for drift in found for fault in drift_faults(drift)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the kills and the fuzz")
    parser.add_argument("--victims", type=_victims, default=VICTIMS, help=",".join(VICTIMS))
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--outages", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--away", type=float, default=20.0, help="seconds of each outage")
    parser.add_argument("--memory", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--dashboard", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--minutes", type=float, default=30.0, help="of the page's time")
    parser.add_argument("--fuzz", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of the fuzz, a function")
    parser.add_argument("--models", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--walks", type=int, default=SEEDS, help="random ones, of the models")
    parser.add_argument("--edges", type=int, default=EDGES, help="planted ones, of the models")
    parser.add_argument("--indicators", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--updates", type=int, default=UPDATES, help="of the indicators")
    parser.add_argument("--seconds", type=float, default=30.0, help="of a paced replay")
    parser.add_argument("--ticks", type=int, default=120_000)
    parser.add_argument("--symbols", type=int, default=24)
    parser.add_argument("--hours", type=float, default=20.0, help="of the market's time")
    parser.add_argument("--replays", type=int, default=5, help="of the memory soak")
    parser.add_argument("--most-symbols", type=int, default=5_500, help="in the last replay")
    return parser


def _victims(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(VICTIMS):
        raise argparse.ArgumentTypeError(f"expected some of {VICTIMS}, was {sorted(unknown)}")
    return names


def _print(text: str = "") -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
