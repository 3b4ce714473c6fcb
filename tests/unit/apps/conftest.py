"""The models that the tests of `run predict` and its trainer ask."""

from pathlib import Path

import pytest

from streams.adapters.models.store import ModelStore
from streams.apps.train.carding import card_of
from streams.apps.train.training import make
from streams.domain.prediction import POOLED
from tests.random_market import random_walk
from tests.tiny_models import data_of, job


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make(data_of(random_walk(900, 4)), job(), lambda _: None)
    path = tmp_path_factory.mktemp("models")
    ModelStore(path).publish(card_of(made, "5m", POOLED, "2024-01-01T00:00:00Z"), made.files)
    return path
