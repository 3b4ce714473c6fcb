"""A moment as a user types it, for `--from` and `--to`."""

import pyarrow as pa

from streams.adapters.tape.time_column import utc_ms
from streams.domain.errors import ConfigError


def moment_ms(option: str, text: str | None, tz: str) -> int | None:
    """Epoch ms of a date or time; one without a zone is in `tz`. Raises ConfigError."""
    if text is None:
        return None
    ms, good = utc_ms(pa.array([text.strip()]), tz)
    if not good[0]:
        raise ConfigError(
            f"{option}: expected a time such as 2024-01-31T09:30 or an epoch, was {text!r}"
        )
    return int(ms[0])
