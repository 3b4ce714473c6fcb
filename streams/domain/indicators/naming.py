"""Names of indicators with several parameters."""

from functools import lru_cache


@lru_cache(maxsize=256)  # it is asked for at every bar
def named(kind: str, parameters: tuple[float, ...], usual: tuple[float, ...]) -> str:
    """`bb` with the usual parameters, else with the first (`bb50`), or all (`bb20_2_5`, for 2.5).

    An identifier, so that rules can use it.
    """
    if parameters == usual:
        return kind
    told = parameters if parameters[1:] != usual[1:] else parameters[:1]
    return kind + "_".join(map(_told, told))


def _told(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".").replace(".", "_")
