"""Sessions that compute: ONNX by onnxruntime; nothing is unpickled, no other library is needed.

They take float32 features of shape (rows, features). One thread each: a bar is a few microseconds
of work, and the machine has other pipelines to run.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streams.domain.errors import ConfigError

Floats = NDArray[np.float64]
Inputs = NDArray[np.float32]


class Scores(Protocol):
    """What a model gives for each row: (rows, outputs)."""

    def __call__(self, inputs: Inputs) -> Floats: ...


class OnnxScores:
    """The last output of a model: probabilities, of classifiers, come after the classes."""

    def __init__(self, content: bytes, where: str, width: int) -> None:
        """Raises ConfigError when it is no model of `width` features."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            (self._input,) = (each.name for each in self._session.get_inputs())
            self._outputs = [self._session.get_outputs()[-1].name]
            self(np.zeros((1, width), np.float32))
        except Exception as error:  # the runtime's errors share no base but this
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ConfigError(
                f"{where}: expected an ONNX model of {width} features, was unusable: {said}"
            ) from error

    def __call__(self, inputs: Inputs) -> Floats:
        (found,) = self._session.run(self._outputs, {self._input: inputs})
        return np.asarray(found, np.float64)
