"""The JSON of tick batches straight from their columns, and of rejects as dead letters.

orjson writes numpy slices without making Python numbers, three times as fast as through lists,
and doubles in their shortest form that reads back the same.
"""

import numpy as np
import orjson
import xxhash

from streams.adapters.tape.grouping import Batch
from streams.adapters.tape.rows import RowReject
from streams.domain.dead_letter import DeadLetter


def encode_batch(
    batch: Batch, symbol: str, source: str, run: str, columns: tuple[str, ...]
) -> bytes:
    """The value of a `ticks` message, as `messages.encode_ticks` would write it."""
    return orjson.dumps(
        {
            "symbol": symbol,
            "ts": batch.ts,
            **{name: batch.columns[name] for name in columns},
            **_crossed(batch),
            "source": source,
            "first": batch.first,
            "run": run,
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def _crossed(batch: Batch) -> dict[str, list[tuple[int, float, float]]]:
    """The quotes whose bid is not below their ask, where there are any: they are few."""
    bid, ask = batch.columns.get("bid"), batch.columns.get("ask")
    if bid is None or ask is None:
        return {}
    at = np.flatnonzero(bid >= ask)
    found = list(zip(at.tolist(), bid[at].tolist(), ask[at].tolist(), strict=True))
    return {"crossed": found} if found else {}


def row_letter(reject: RowReject, source: str, file: str) -> DeadLetter:
    """A rejected row as a dead letter; its id is a function of the content, line and reason."""
    where = f"{source}/{reject.line}/{reject.reason}/{reject.part}"
    return DeadLetter(
        id=xxhash.xxh3_128_hexdigest(where.encode()),
        origin="replay",
        reason=reject.reason,
        detail=reject.detail,
        source=file,
        position=reject.line,
        raw=reject.raw,
    )
