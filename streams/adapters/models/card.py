"""The model card: what a set of models was made from, how good it was, and its files' checksums.

`card.json` beside the models. It is the only thing that says what the files are; a model is loaded
when the card's own checksum, every file's and the features all match, and refused otherwise.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from streams.domain.errors import ConfigError
from streams.domain.features import FeatureSet

FORMAT = 1
CARD = "card.json"
_json = msgspec.json.Encoder(order="sorted").encode


class Span(msgspec.Struct, frozen=True):
    """The data behind a set of models; times are epoch ms UTC."""

    first: int
    last: int
    """The close of the last bar that a label was taken from: all later bars are unseen."""
    samples: int
    unchanged: int
    """Bars left out of the votes' training, because the next close was the same."""
    symbols: dict[str, int]
    """Samples by symbol."""
    source: str


class Features(msgspec.Struct, frozen=True):
    """What the models look at."""

    set: str
    version: int
    names: tuple[str, ...]
    indicators: dict[str, str]
    """How each indicator that they are made from was configured."""


class Classifier(msgspec.Struct, frozen=True):
    """One voting model: its file, how it was fitted, and its calibration.

    The probability is `1 / (1 + exp(-(slope * logit(score) + intercept)))` (Platt, 1999).
    """

    file: str
    slope: float
    intercept: float
    parameters: dict[str, Any]


class Quantiles(msgspec.Struct, frozen=True):
    """The forecasting model: its file, and what its interval is widened by.

    It gives quantiles of the log return over `horizon` bars, in units of volatility *
    sqrt(horizon); `widen` is added to both ends, one for each of the horizons (conformalized
    quantile regression).
    """

    file: str
    horizons: tuple[int, ...]
    level: float
    widen: tuple[float, ...]
    parameters: dict[str, Any]


class Card(msgspec.Struct, frozen=True):
    """Everything that is known about one set of models."""

    format: int
    version: str
    interval: str
    scope: str
    created: str
    data: Span
    features: Features
    classifiers: dict[str, Classifier]
    forecast: Quantiles
    figures: dict[str, Any]
    """Walk-forward figures of the same procedure on the same data, as `evaluate --json` has."""
    versions: dict[str, str]
    files: dict[str, str]
    """SHA-256 by file name; XGBoost's own JSON beside the ONNX file that serves it."""
    checksum: str = ""


def plain(card: Card) -> dict[str, Any]:
    """The card as JSON's own types."""
    held: dict[str, Any] = msgspec.to_builtins(card, str_keys=True)
    return held


_decode = msgspec.json.Decoder(Card).decode


def sealed(card: Card) -> bytes:
    """The card as stored, with its checksum."""
    body = msgspec.structs.replace(card, checksum="")
    whole = msgspec.structs.replace(card, checksum=sha256(_json(body)).hexdigest())
    return msgspec.json.format(_json(whole), indent=2) + b"\n"


def read_card(text: bytes, where: str) -> Card:
    """Raises ConfigError when it is no card of this format, was changed after it was made, or its
    parts do not fit each other."""
    try:
        card = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: expected a model card, was unreadable: {error}") from error
    if card.format != FORMAT:
        raise ConfigError(
            f"{where}: expected a model card of format {FORMAT}, was {card.format}: "
            "train again with `tapedeck train`"
        )
    body = sha256(_json(msgspec.structs.replace(card, checksum=""))).hexdigest()
    if body != card.checksum:
        raise ConfigError(
            f"{where}: expected the card's checksum {card.checksum[:12]}, was {body[:12]}: "
            "it was changed; train again with `tapedeck train`"
        )
    _check_parts(card, where)
    return card


def _check_parts(card: Card, where: str) -> None:
    """Whoever wrote the card wrote its checksum, too: what is loaded by it must be there."""
    forecast = card.forecast
    for name in (forecast.file, *(each.file for each in card.classifiers.values())):
        if name not in card.files:
            raise ConfigError(f"{where}: expected a checksum of {name}, was none")
    if not forecast.horizons or min(forecast.horizons) < 1:
        raise ConfigError(f"{where}: expected horizons >= 1, was {list(forecast.horizons)}")
    if len(forecast.widen) != len(forecast.horizons):
        raise ConfigError(
            f"{where}: expected {len(forecast.horizons)} numbers to widen by, one a horizon, "
            f"was {len(forecast.widen)}"
        )


def check_files(card: Card, files: Mapping[str, bytes], where: str) -> None:
    """Raises ConfigError when a file is missing or not the one that the card was made with."""
    for name, wanted in card.files.items():
        held = files.get(name)
        was = "missing" if held is None else sha256(held).hexdigest()
        if was != wanted:
            raise ConfigError(
                f"{where}: {name}: expected checksum {wanted[:12]}, was {was[:12]}: "
                "the file is not the trained one; train again with `tapedeck train`"
            )


def check_features(
    card: Card, features: FeatureSet, indicators: Mapping[str, str], where: str
) -> None:
    """Raises ConfigError when the models look at other features than this version makes."""
    made = card.features
    for what, wanted, was in (
        ("version", features.version, made.version),
        ("features", list(features.names), list(made.names)),
        ("indicators", dict(indicators), made.indicators),
    ):
        if wanted != was:
            raise ConfigError(
                f"{where}: {what} of {made.set}: expected {wanted}, was {was}: "
                "the models look at something else than the pipelines compute now; "
                "train again with `tapedeck train`"
            )
