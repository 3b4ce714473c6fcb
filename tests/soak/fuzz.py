"""Ten thousand spoilt requests at each function, and what they accepted read again.

python -m tests.soak.fuzz [--requests N] [--seed N] [--function NAME,...] [--only NUMBER]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from streams.adapters.database import upgrade
from streams.adapters.services import down, up
from streams.adapters.topics import Topics, create_topics
from tests.embedded import PARTITIONS, strange_ports
from tests.fakes import settings
from tests.function_process import FUNCTIONS, environment
from tests.fuzz_accepted import unreadable
from tests.fuzz_run import fuzz_functions

REQUESTS = 10_000


def fuzz_faults(
    folder: Path, numbers: range, seed: int = 1, functions: tuple[str, ...] = FUNCTIONS
) -> list[str]:
    """Every fault that was found; a line for each function is printed."""
    chosen = settings(TAPEDECK_HOME=folder / "services")
    strange_ports(chosen.home)
    try:
        places = up(chosen)
        if places.database is None or places.kafka is None:
            raise AssertionError("expected PostgreSQL and Kafka to be up")
        upgrade(places.database)
        create_topics(places.kafka, Topics(), PARTITIONS)
        env = environment(
            places, folder / "home", TAPEDECK_NOTIFY_CHANNELS="file",
            TAPEDECK_NOTIFY_COOLDOWN="0", TAPEDECK_LOG_LEVEL="ERROR",
        )  # fmt: skip
        outcomes = fuzz_functions(env, folder, seed, numbers, functions)
        for outcome in outcomes:
            print(outcome, flush=True)
        return [fault for each in outcomes for fault in each.faults] + list(unreadable(chosen))
    finally:
        down(chosen)


def main(arguments: list[str] | None = None) -> int:
    """0 when there was no fault."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.fuzz", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=REQUESTS, help="at each function")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--function", default=",".join(FUNCTIONS), help="some of these")
    parser.add_argument("--only", type=int, help="the number of one request, to repeat it")
    asked = parser.parse_args(arguments)
    functions = tuple(asked.function.split(","))
    if unknown := sorted(set(functions) - set(FUNCTIONS)):
        parser.error(f"--function: expected some of {', '.join(FUNCTIONS)}, was {unknown}")
    numbers = range(asked.requests) if asked.only is None else range(asked.only, asked.only + 1)
    with tempfile.TemporaryDirectory(prefix="tapedeck-fuzz-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when this is root
        faults = fuzz_faults(Path(folder), numbers, asked.seed, functions)
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults" if faults else "all is well")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
