"""The models' surroundings from the settings: what feeds the features, and the shelf."""

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.models.shelf import Shelf
from streams.adapters.models.store import ModelStore, models_folder
from streams.adapters.settings import Settings
from streams.domain.indicators.indicator_set import IndicatorSet


def configured(indicators: IndicatorSet) -> dict[str, str]:
    """How each value comes about, by its name: the indicator with all its parameters."""
    return {name: repr(each) for each in indicators.indicators for name in each.names}


def shelf_of(settings: Settings) -> Shelf:
    """The models of this home, for the indicators as they are configured now."""
    sets = indicator_sets(settings)
    return Shelf(
        ModelStore(models_folder(settings)),
        lambda interval: configured(sets.of(interval)),
        settings.vote_margin,
    )
