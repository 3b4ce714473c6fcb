"""From rows of indicators to predictions: one at a time when live, many at once in a backlog."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.adapters.models.model_set import ModelSet, Vector
from streams.adapters.models.shelf import Shelf
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Counted:
    """What became of the rows."""

    predicted: int = 0
    no_models: int = 0
    warming: int = 0
    unmet: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Intervals whose rows lack indicators that the models need, though they are warm."""


class Engine:
    """Asks the right models about each row; all rows of one set of models go through it at once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.counted = Counted()

    def predict(self, rows: Sequence[IndicatorRow]) -> list[Prediction | None]:
        """In the order of the rows; None where no models are, or features are still missing."""
        self._shelf.look()
        groups: dict[int, tuple[ModelSet, list[int], list[Vector]]] = {}
        for at, row in enumerate(rows):
            models = self._shelf.of(row.interval, row.symbol)
            if models is None:
                self.counted.no_models += 1
                continue
            vector = models.vector(row)
            if vector is None:
                self._note(row, models)
                continue
            _, places, vectors = groups.setdefault(id(models), (models, [], []))
            places.append(at)
            vectors.append(vector)
        said: list[Prediction | None] = [None] * len(rows)
        for models, places, vectors in groups.values():
            found = models.predict([rows[at] for at in places], vectors)
            for at, prediction in zip(places, found, strict=True):
                said[at] = prediction
            self.counted.predicted += len(places)
        return said

    def _note(self, row: IndicatorRow, models: ModelSet) -> None:
        """Warming up is normal; a warm row without an indicator is a configuration to mend."""
        self.counted.warming += 1
        missing = models.features.missing(row)
        if row.warm and missing and row.interval not in self.counted.unmet:
            self.counted.unmet[row.interval] = missing
            logger.error(
                "no predictions interval=%s: expected the indicators %s in every warm row, "
                "were missing: add them to TAPEDECK_CONFIG, or train with other features",
                row.interval, ", ".join(missing),
            )  # fmt: skip
