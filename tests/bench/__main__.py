"""`make bench`: speed and memory on the embedded services, as ratios within one run.

`python -m tests.bench NAME...` runs some of them: `BENCHES` has the names.
"""

import os
import platform
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

BENCHES = (
    "throughput",
    "replay",
    "generate",
    "feeds",
    "latency",
    "cold_start",
    "query",
    "ingest",
    "shapes",
    "panel",
    "pixel",
    "indicators",
    "oracles",
    "anomalies",
    "models",
)
HEADINGS = ("what", "figure", "ratio")
"""Of every table whose bench does not name its own."""


def main() -> None:
    """Run the benches that are named, all without a name; one table each."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        sys.exit(f"bench: expected some of {', '.join(BENCHES)}, was {', '.join(unknown)}")
    console = Console()
    console.print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    for name in names:
        with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as folder:
            bench = import_module(f"tests.bench.{name}")
            table = Table(*getattr(bench, "HEADINGS", HEADINGS), title=name)
            for row in bench.measure(Path(folder)):
                table.add_row(row.what, row.figure, row.ratio)
            console.print(table)


main()
