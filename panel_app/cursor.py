"""How far one reader of one series has come, and what it misses, as the page gets it."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from panel_app.store import Change, Key, Newest, Store
from panel_app.studies import Studies, Study
from streams.domain.prediction import Prediction


class Loads(Protocol):
    """Fills a series from the archive, in the background."""

    def load(self, key: Key) -> "Future[None] | None":
        """None: there is nothing to wait for."""


def prediction_payload(said: Prediction) -> dict[str, Any]:
    """As `panel_app.protocol` describes it."""
    return {
        "start": said.start,
        "close": said.close,
        "votes": {name: [each.vote, each.probability] for name, each in said.votes.items()},
        "forecasts": [(f.horizon, f.price, f.low, f.high, f.level) for f in said.forecasts],
    }


class Cursor:
    """Holds a series deep while it is open; `news` is what changed since the last time."""

    def __init__(
        self, key: Key, store: Store, studies: Studies, history: Loads | None, depth: int = 0
    ) -> None:
        """`depth`: at most so many bars of a whole change (0: all)."""
        self.key = key
        self._store = store
        self._shared = studies
        self._depth = depth
        self._study: Study | None = None
        self._names: tuple[str, ...] = ()
        self.restart()
        if store.watch(key) and history is not None:
            history.load(key)

    def restart(self) -> None:
        """The reader has nothing."""
        self._epoch = self._version = self._row = self._said = -1
        self._studied = 0
        self._produced: int | None = None
        self._held = 0, 0

    def study(self, names: Sequence[str]) -> None:
        """Which indicators are wanted; unknown ones are left out."""
        known = self._shared.names(self.key)
        wanted = tuple(name for name in dict.fromkeys(names) if name in known)
        if wanted != self._names:
            self._names, self._studied = wanted, 0
        if wanted and self._study is None:
            self._study = self._shared.take(self.key)
        elif not wanted:
            self._leave()

    def news(self) -> dict[str, Any] | None:
        """What changed, or None."""
        change = self._store.read(self.key, self._epoch, self._version)
        studies = self._studies(change)
        if change is None and studies is None:
            return None
        newest = self._store.newest(self.key)
        found = self._nothing() if change is None else self._change(change, newest)
        if studies is not None:
            found["studies"] = studies
        row = newest.row
        if row is not None and row.start != self._row:
            self._row = row.start
            found["latest"] = {
                "start": row.start, "warm": row.warm, "values": row.values, "votes": row.votes,
            }  # fmt: skip
        if (said := newest.prediction) is not None and said.start != self._said:
            self._said = said.start
            found["prediction"] = prediction_payload(said)
        return found

    def close(self) -> None:
        self._leave()
        self._store.unwatch(self.key)

    def _change(self, change: Change, newest: Newest) -> dict[str, Any]:
        whole = change.whole
        self._epoch, self._version = change.epoch, change.version
        bars, base, count = change.bars, change.base, change.count
        produced = None if newest.produced == self._produced else newest.produced
        self._produced = newest.produced
        if self._depth and count > self._depth:
            cut = base + count - self._depth
            bars = [bar for bar in bars if bar[0] >= cut]
            base, count = cut, self._depth
        self._held = base, count
        return {
            "whole": whole,
            "base": base,
            "count": count,
            "produced": produced,
            "bars": [[number, start, *row, final] for number, start, row, final in bars],
            "markers": change.markers,
        }

    def _nothing(self) -> dict[str, Any]:
        """A change of no bar: only other studies are wanted."""
        base, count = self._held
        unchanged = {"whole": False, "base": base, "count": count, "produced": None}
        return {**unchanged, "bars": [], "markers": None}

    def _studies(self, change: Change | None) -> dict[str, Any] | None:
        if self._study is None:
            return None
        if change is not None and change.whole:
            self._studied = 0
        self._study.update()
        if self._study.version == self._studied:
            return None
        rows = self._study.rows(self._names, self._studied)
        self._studied = self._study.version
        return {"names": self._names, "rows": rows}

    def _leave(self) -> None:
        if self._study is not None:
            self._shared.leave(self.key)
            self._study = None
