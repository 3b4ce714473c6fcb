"""One engine in a process of its own: the fold, or the literal Quix windows."""

import sys
import warnings
from pathlib import Path

from tests.window_oracle import window_application


def main() -> None:
    """`python -m tests.bench.engine ADDRESS PREFIX HOME PARTITIONS MS,...`: run the windows."""
    warnings.simplefilter("ignore")
    address, prefix, home, partitions, lengths = sys.argv[1:]
    app = window_application(
        address, prefix, Path(home), [int(ms) for ms in lengths.split(",")], int(partitions)
    )
    app.run(collect=False)


main()
