"""Where the rows to learn from come from, and the dataset that they make."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.database.indicator_rows import stored_rows, stored_symbols
from streams.adapters.settings import Settings
from streams.adapters.tape.history import Progress
from streams.apps.replay.request import ReplayRequest
from streams.apps.train.dataset import Dataset, DatasetBuilder
from streams.apps.train.recipe import LEAST_SAMPLES, Recipe
from streams.apps.train.rows import rows_of_files
from streams.domain.errors import ConfigError, InputError
from streams.domain.features import feature_set
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.interval import interval_ms, interval_name


@dataclass(frozen=True, slots=True)
class Source:
    """Files, or the archive at `url`; what of it, and for which recipe."""

    settings: Settings
    request: ReplayRequest
    recipe: Recipe
    asked_interval: str | None = None
    url: str | None = None

    @property
    def interval(self) -> str:
        """The canonical name of the bars' interval; raises ConfigError for a bad one."""
        if self.asked_interval is None:
            return self.settings.signal_interval_names[0]
        return interval_name(interval_ms(self.asked_interval))

    @property
    def indicators(self) -> IndicatorSet:
        """As they are configured for the interval."""
        return indicator_sets(self.settings).of(self.interval)

    @property
    def name(self) -> str:
        """For the model card: file names without their folders."""
        return "archive" if self.url else ", ".join(Path(f).name for f in self.request.files)

    def data(self, progress: Progress) -> tuple[Dataset, str]:
        """The dataset and its interval.

        Raises InputError when there are not enough bars with every feature for anything.
        """
        features = feature_set(self.recipe.features)
        absent = [name for name in features.needs if name not in self.indicators.names]
        if absent:
            raise ConfigError(
                f"features {features.name}: expected the indicators {', '.join(absent)} for "
                f"{self.interval} in TAPEDECK_CONFIG, were not there"
            )
        builder = DatasetBuilder(features, self.recipe.horizons)
        for row in self._rows(progress):
            builder.add(row)
        data = builder.build()
        if len(data) < LEAST_SAMPLES:
            raise InputError(self._too_few(builder, len(data)))
        return data, self.interval

    def _rows(self, progress: Progress) -> Iterator[IndicatorRow]:
        if self.url is None:
            yield from rows_of_files(self.settings, self.request, self.interval, progress)
            return
        counts = stored_symbols(self.url, self.interval)
        chosen = [name for name in counts if self.request.pick.keeps(name)]
        total = sum(counts[name] for name in chosen)
        if total < LEAST_SAMPLES:  # known before anything large is read or imported
            raise InputError(
                f"archive: expected at least {LEAST_SAMPLES} rows of {self.interval} indicators, "
                f"was {total} of {len(chosen)} symbols: replay more first"
            )
        pick = self.request.pick
        rows = stored_rows(self.url, self.interval, chosen, pick.start, pick.end)
        for done, row in enumerate(rows, 1):
            yield row
            if done % 1_000 == 0:
                progress(done, total)
        progress(total, total)

    def _too_few(self, builder: DatasetBuilder, count: int) -> str:
        where = self.name if self.url is None else "archive"
        text = (
            f"{where}: expected at least {LEAST_SAMPLES} bars of {self.interval} with every "
            f"feature, was {count} of {builder.rows} bars"
        )
        if builder.lacking and builder.rows:
            text += f"; no bar has the indicators {', '.join(builder.lacking)}"
        return text
