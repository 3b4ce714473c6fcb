"""What the tests of `run predict` share: rows of a walk, and a shelf of models."""

from pathlib import Path

from streams.adapters.models.shelf import Shelf
from streams.adapters.models.store import ModelStore
from tests.random_market import random_walk, rows_of
from tests.tiny_models import job

ROWS = list(rows_of(random_walk(400, 7)))


def shelf_of(folder: Path) -> Shelf:
    return Shelf(ModelStore(folder), lambda _: job().indicators, 0.02)
