"""What a channel is given: words for people, JSON for programs, and a key against repeats."""

from dataclasses import dataclass, field
from typing import Any, Protocol


class Told(Protocol):
    """One message; a notification is one, and so is a digest of many."""

    @property
    def key(self) -> str:
        """The same for every attempt at the same message."""
        ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def traceparent(self) -> str | None: ...

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the words of a channel's templates."""

    key: str
    subject: str
    text: str
    body: dict[str, Any] = field(default_factory=dict)
    traceparent: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {**self.body, "subject": self.subject, "text": self.text}
