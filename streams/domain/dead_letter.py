"""A dead letter: what was not accepted, byte for byte, with why and where from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejected row, tick, message or event.

    `id` is a pure function of where it came from, so that a replay stores it once. `origin` is the
    process that rejected it (`replay`, `bars`, `ingest`, ...), `reason` a short constant that can
    be counted, `detail` says what was expected and was, `source` and `position` tell where: a file
    and its line, or `topic/partition` and an offset.
    """

    id: str
    origin: str
    reason: str
    detail: str
    source: str
    position: int
    raw: bytes
