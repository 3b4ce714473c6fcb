"""Where the sample tape is: four synthetic sessions of twenty fictitious companies."""

from pathlib import Path


def sample_tape() -> Path:
    """The shipped tape in the `ticks` format; `infra/make_sample_tape.py` makes it."""
    return Path(__file__).with_name("ticks.csv.gz")
