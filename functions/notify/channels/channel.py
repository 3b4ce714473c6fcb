"""What a channel is, and how it fails."""

from typing import Protocol

from functions.notify.message import Told
from streams.domain.errors import DeliveryError


class Channel(Protocol):
    """A way to people; its name is a key in the database and stays."""

    @property
    def name(self) -> str: ...

    def send(self, message: Told) -> str | None:
        """Return when it is accepted, with a remark where not all of it was.

        Raises DeliveryError when it is not; its text never holds a secret.
        """
        ...


class TransientError(DeliveryError):
    """Not accepted, but it may well be in a moment; `after` (seconds) is when, if known."""

    def __init__(self, text: str, after: float | None = None) -> None:
        super().__init__(text)
        self.after = after
