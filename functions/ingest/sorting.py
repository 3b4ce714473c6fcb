"""A body into what is good and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.ingest.body import parse, raw_items
from functions.ingest.items import Tick, plain_ticks, read_item
from functions.ingest.refused import Refused
from streams.domain.context_event import ContextEvent


@dataclass(frozen=True, slots=True)
class Bad:
    """A refused item of an array."""

    index: int
    refused: Refused
    raw: bytes


@dataclass(slots=True)
class Sorted:
    """The items of one body, in their order; `single` when it is no array."""

    ticks: Sequence[Tick] = ()
    context: Sequence[ContextEvent] = ()
    bad: list[Bad] = field(default_factory=list)
    single: bool = False

    @property
    def accepted(self) -> int:
        return len(self.ticks) + len(self.context)


def sort_body(raw: bytes, latest: int) -> Sorted:
    """Read a body whole; no time may be after `latest` (epoch ms).

    Raises Refused when it is no JSON, an empty array, or a single item that is not accepted.
    """
    if raw.startswith(b"[") and (plain := plain_ticks(raw, latest)) is not None:
        return Sorted(plain)
    value = parse(raw)
    if isinstance(value, list):
        return _sort_items(value, raw, latest)
    item = read_item(value, latest)
    return (
        Sorted([item], single=True) if isinstance(item, Tick) else Sorted((), [item], single=True)
    )


def _sort_items(items: list[Any], raw: bytes, latest: int) -> Sorted:
    if not items:
        raise Refused("body", "at least one item", "an empty array", reason="bad_message")
    ticks: list[Tick] = []
    context: list[ContextEvent] = []
    refused: list[tuple[int, Refused]] = []
    for at, item in enumerate(items):
        try:
            good = read_item(item, latest)
        except Refused as error:
            refused.append((at, error))
        else:
            if isinstance(good, Tick):
                ticks.append(good)
            else:
                context.append(good)
    raws = raw_items(raw, items) if refused else []
    return Sorted(ticks, context, [Bad(at, error, raws[at]) for at, error in refused])
