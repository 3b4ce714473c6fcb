"""The memory soak: replay after replay in one demo, and the memory of every process."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from streams.adapters.services.ports import free_port
from tests.e2e.demo_process import DemoProcess, demo, fresh_home, noted_pid
from tests.e2e.fault_tape import Market, write_tape
from tests.waiting import wait_for

MB = 1 << 20
MOST = 400 * MB
_GROWTH, _SLACK = 1.15, 10 * MB
_CHILDREN = ("bars", "signals", "archive", "deliver", "serve", "notify", "panel", "demo")
_REPLAY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of one process: resident now, and the most there ever were."""

    now: int
    peak: int


@dataclass(frozen=True, slots=True)
class Lap:
    """One replay and the memory of each process after it."""

    what: str
    seconds: float
    memory: dict[str, Size]


def replays(market: Market, count: int, folder: Path) -> Iterator[Lap]:
    """The same market on `count` days in a row, in one demo with its dashboard."""
    nothing = folder / "nothing.csv"
    nothing.write_text("timestamp,symbol,price,size\n")
    arguments = (str(nothing), "--port", str(free_port()))
    env = {"TAPEDECK_NOTIFY_CHANNELS": "file"}
    with fresh_home() as home, demo(home, *arguments, **env) as run:
        run.wait_for_line("the tape is over")
        for day in range(count):
            tape = write_tape(folder / f"day{day}.csv", replace(market, day=day, seed=day))
            yield _lap(run, tape, f"day {day + 1}, {market.symbols:,} symbols")
            tape.unlink()
        run.stop()


def _lap(run: DemoProcess, tape: Path, what: str) -> Lap:
    began = time.monotonic()
    replay = run.start("replay", "--wait", str(tape))
    sizes: list[Size] = []

    def ended() -> bool:
        over = replay.poll() is not None
        if not over:
            sizes.append(_read(replay.pid))
        return over

    try:
        wait_for(ended, f"the end of {what}", _REPLAY_SECONDS)
    finally:
        _end(replay)
    output = (run.home / "replay.output").read_text()
    assert replay.returncode == 0, output
    largest = max(sizes, key=lambda size: size.peak)
    return Lap(what, time.monotonic() - began, _memory(run.home) | {"replay": largest})


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _memory(home: Path) -> dict[str, Size]:
    """Every process of Tapedeck in a home, the services' left out."""
    return {
        name: _size(name, pid) for name in _CHILDREN if (pid := noted_pid(home, name)) is not None
    }


def _size(name: str, pid: int) -> Size:
    """Of a process; of a function the larger of its master and its worker."""
    workers = psutil.Process(pid).children() if name == "notify" else []
    return max(map(_read, [pid, *(each.pid for each in workers)]), key=lambda size: size.now)


def _read(pid: int) -> Size:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    # A process that is ending has no memory any more.
    return Size(*(int(kilobytes.get(name, 0)) * 1024 for name in ("VmRSS", "VmHWM")))


def growth_faults(laps: Sequence[Lap]) -> list[str]:
    """Processes that have grown from the first replay to the last."""
    first, last = laps[0].memory, laps[-1].memory
    return [
        f"{name}: expected at most {_mb(_limit(first[name].now))} after {len(laps)} replays "
        f"({_mb(first[name].now)} after the first), was {_mb(last[name].now)}"
        for name in first
        if name in last and last[name].now > _limit(first[name].now)
    ]


def _limit(first: int) -> float:
    return first * _GROWTH + _SLACK


def size_faults(lap: Lap) -> list[str]:
    """Processes that were ever too large."""
    return [
        f"{lap.what}: {name}: expected less than {_mb(MOST)}, was {_mb(size.peak)}"
        for name, size in lap.memory.items()
        if size.peak >= MOST
    ]


def _mb(size: float) -> str:
    return f"{size / MB:.0f} MB"
