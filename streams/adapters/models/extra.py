"""The packages of the extra `ml`: looked for before anything is done without them."""

from importlib.util import find_spec

from streams.domain.errors import ConfigError

SERVING = ("numpy", "onnxruntime")
TRAINING = (*SERVING, "onnx", "skl2onnx", "sklearn", "xgboost")


def require(packages: tuple[str, ...]) -> None:
    """Raises ConfigError that names the extra when one of them is not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"models: expected the packages of the extra ml, missing were {', '.join(missing)}: "
            "install tapedeck[ml]"
        )
