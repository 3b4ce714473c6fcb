"""Moments as people write them: epoch milliseconds or ISO-8601."""

import re
from datetime import UTC, datetime, timedelta

from streams.domain.tick import MAX_TS, MIN_TS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_INTEGER = re.compile(r"[0-9]{1,15}")
# A `+` that was not percent-encoded arrives as a space.
_LOST_PLUS = re.compile(r"(.*[0-9]) ([0-9]{2}:?[0-9]{2})")


def parse_moment(text: object) -> int:
    """Epoch ms UTC of `1636362000000` or `2021-11-08T09:00Z`; without a zone it is UTC.

    Finer than a millisecond is floored. Raises ValueError when it is neither, or not in 1970..2199.
    """
    written = str(text).strip()
    moment = int(written) if _INTEGER.fullmatch(written) else _calendar(written)
    if not MIN_TS <= moment <= MAX_TS:
        raise ValueError("expected a time within 1970..2199")
    return moment


def _calendar(written: str) -> int:
    lost = _LOST_PLUS.fullmatch(written) if "T" in written else None
    try:
        when = datetime.fromisoformat(f"{lost[1]}+{lost[2]}" if lost else written)
        return (when.replace(tzinfo=when.tzinfo or UTC) - _EPOCH) // _MS
    except (ValueError, OverflowError) as error:
        raise ValueError("expected epoch ms or ISO-8601 such as 2021-11-08T09:00Z") from error
