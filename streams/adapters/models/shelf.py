"""The models in use: loaded when first asked for, exchanged when newer ones land."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.adapters.models.model_set import ModelSet, load_models
from streams.adapters.models.store import ModelStore
from streams.domain.errors import ConfigError
from streams.domain.prediction import POOLED

logger = logging.getLogger(__name__)

MOST_LOADED = 256
"""Sets in memory at a time, 1 to 2 MB each; the one that was not used for longest goes."""
Indicators = Callable[[str], Mapping[str, str]]
"""How the indicators of an interval are configured, by name."""
Place = tuple[str, str]


@dataclass(slots=True)
class _Held:
    """What is known about a place: the models in use, and the last version that was looked at."""

    models: ModelSet | None = None
    version: str | None = None
    epoch: tuple[int, int] | None = None


class Shelf:
    """Hands out the models of a symbol: its own, else those of all symbols, else none.

    A newer set that cannot be used is refused once, with a clear message in the log, and the one
    before it stays in use.
    """

    def __init__(self, store: ModelStore, indicators: Indicators, margin: float) -> None:
        self._store = store
        self._indicators = indicators
        self._margin = margin
        self._held: dict[Place, _Held] = {}
        self._loaded: OrderedDict[Place, None] = OrderedDict()
        self._epoch = (-1, -1)
        self.refused = 0
        self.swapped = 0

    def look(self) -> None:
        """Notice what was published since; one system call, for between bars."""
        self._epoch = self._store.changed()

    def load_all(self) -> int:
        """Load what is stored, as much as is kept in memory; returns how many sets are in use."""
        self.look()
        places = self._store.places()[:MOST_LOADED]
        return sum(self._at(place) is not None for place in places)

    def of(self, interval: str, symbol: str) -> ModelSet | None:
        """The models to use for a symbol, None where there are none."""
        return self._at((interval, symbol)) or self._at((interval, POOLED))

    def _at(self, place: Place) -> ModelSet | None:
        held = self._held.setdefault(place, _Held())
        if held.epoch != self._epoch:
            held.epoch = self._epoch
            self._refresh(place, held)
        if held.models is not None:
            self._loaded[place] = None
            self._loaded.move_to_end(place)
            if len(self._loaded) > MOST_LOADED:
                oldest, _ = self._loaded.popitem(last=False)
                self._held[oldest] = _Held()
        return held.models

    def _refresh(self, place: Place, held: _Held) -> None:
        try:
            version = self._store.current(*place)
            if version is None or version == held.version:
                return
            held.version = version
            stored = self._store.read(*place, version)
            models = load_models(stored, self._indicators(place[0]), self._margin)
        except ConfigError as error:
            self.refused += 1
            kept = held.models.card.version if held.models else "none"
            logger.error("models refused in_use=%s: %s", kept, error)
            return
        self.swapped += held.models is not None
        held.models = models
        logger.info("models loaded interval=%s scope=%s version=%s", *place, version)
