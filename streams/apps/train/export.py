"""Trained models as files without pickle: ONNX, and beside it XGBoost's own JSON for its own.

Every file is loaded again and must compute what the trained model computes before it is stored.
"""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from streams.adapters.models.arithmetic import with_horizons
from streams.adapters.models.scores import Inputs, OnnxScores
from streams.apps.train.classifiers import Fitted, raw_scores
from streams.apps.train.ensemble_onnx import (
    OPSETS,
    Ensemble,
    adaboost_ensemble,
    ensemble_onnx,
    xgboost_ensemble,
)
from streams.apps.train.forecasting import FittedForecast
from streams.domain.errors import TapedeckError

_NEAR = 1e-4
Files = dict[str, bytes]


def classifier_files(fitted: Fitted, inputs: Inputs) -> Files:
    """By name, the one that serves first; checked on `inputs`."""
    name = f"{fitted.name}.onnx"
    if fitted.name == "xgboost":
        ensemble = xgboost_ensemble(fitted.model, 1, sigmoid=True)
        margin = fitted.model.inplace_predict(inputs, predict_type="margin")
        content = _shifted(ensemble, inputs, np.asarray(margin)[:, None])
        files = {name: content, "xgboost.json": bytes(fitted.model.save_raw("json"))}
    else:
        files = {name: _onnx(fitted, inputs)}
    found = OnnxScores(files[name], name, inputs.shape[1])(inputs)[:, -1]
    _compare(name, raw_scores(fitted.model, inputs), found)
    return files


def forecast_files(fitted: FittedForecast, inputs: Inputs) -> Files:
    """The same of the forecast; its inputs have a horizon beside them."""
    wide = with_horizons(inputs, fitted.horizons)
    truth = np.asarray(fitted.model.inplace_predict(wide), np.float64)
    ensemble = xgboost_ensemble(fitted.model, truth.shape[1], sigmoid=False)
    name, content = "forecast.onnx", _shifted(ensemble, wide, truth)
    _compare(name, truth, OnnxScores(content, name, wide.shape[1])(wide))
    return {name: content, "forecast.json": bytes(fitted.model.save_raw("json"))}


def _shifted(ensemble: Ensemble, inputs: Inputs, truth: Any) -> bytes:
    """The trees with XGBoost's base score, which is whatever their sums are off by everywhere.

    Its place and form in the JSON differ from version to version; the comparison that follows
    fails where the difference is not the same for every row.
    """
    plain = replace(ensemble, sigmoid=False)
    width = inputs.shape[1]
    sums = OnnxScores(ensemble_onnx(plain, width), "trees", width)(inputs)
    offsets = np.median(truth - sums, axis=0).tolist()
    return ensemble_onnx(replace(ensemble, offsets=offsets), width)


def _onnx(fitted: Fitted, inputs: Inputs) -> bytes:
    if fitted.name == "adaboost":
        return ensemble_onnx(adaboost_ensemble(fitted.model), inputs.shape[1])
    from skl2onnx import to_onnx

    with warnings.catch_warnings():  # the converter's own use of deprecated calls
        warnings.simplefilter("ignore")
        made = to_onnx(
            fitted.model, inputs[:1], name=fitted.name, options={"zipmap": False},
            target_opset=OPSETS,
        )  # fmt: skip
    return bytes(made.SerializeToString())


def _compare(name: str, trained: Any, loaded: Any) -> None:
    off = float(np.max(np.abs(trained - loaded)))
    if not off <= _NEAR:
        raise TapedeckError(
            f"export: {name}: expected the trained model's scores within {_NEAR}, was {off:.2g} off"
        )
