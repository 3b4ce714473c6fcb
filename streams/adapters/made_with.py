"""State fits only the settings that made it: others are refused at the start."""

import json

from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError


def check_state(settings: Settings) -> None:
    """Compare with what the state under this home was made with; note it the first time.

    Raises ConfigError that names `tapedeck reset` when intervals or EMA mode differ.
    """
    path = settings.home / "state" / "made-with.json"
    wanted = {
        "TAPEDECK_INTERVALS": settings.intervals_key,
        "TAPEDECK_EMA_MODE": settings.ema_mode,
    }
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(wanted))
        fresh.replace(path)
        return
    made = json.loads(path.read_text())
    for name, value in wanted.items():
        if made.get(name) != value:
            raise ConfigError(
                f"{name}: the state in {path.parent} was made with {made.get(name)}, was {value}: "
                "set it back, or start anew with `tapedeck reset`"
            )
