"""What is not accepted, and why: one error for a whole body and for an item of an array."""

import json
from typing import Any, Final

from streams.domain.errors import InputError

MISSING: Final = object()
"""The value of a field that is not there."""
_SHOWN = 80


class Refused(InputError):
    """A body or an item is not accepted; `status` is the HTTP answer to it.

    `reason` is a short constant that can be counted, `field` what was looked at.
    """

    def __init__(
        self, field: str, expected: str, was: str, *, reason: str, status: int = 422
    ) -> None:
        super().__init__(f"{field}: expected {expected}, was {was}")
        self.field = field
        self.expected = expected
        self.was = was
        self.reason = reason
        self.status = status

    def members(self) -> dict[str, Any]:
        """The extension members of its problem details."""
        return {"field": self.field, "expected": self.expected, "was": self.was}


def shown(value: object) -> str:
    """A JSON value as text of bounded length; nothing is descended into."""
    if value is MISSING:
        return "missing"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, str):
        return json.dumps(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        return "a very large integer"
    return json.dumps(value)
