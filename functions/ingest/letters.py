"""Dead letters of what was refused, known by what it holds: the same again is stored once."""

from hashlib import blake2b

from functions.ingest.refused import Refused
from streams.adapters.letters import letter_record
from streams.adapters.records import Record
from streams.domain.dead_letter import DeadLetter

ORIGIN = "ingest"


def letter(refused: Refused, raw: bytes, client: str, position: int = 0) -> Record:
    """The record of a refused body, or of the item at `position` of one."""
    content = blake2b(raw, digest_size=16).hexdigest()
    return letter_record(
        DeadLetter(
            f"{ORIGIN}/{content}/{refused.reason}",
            ORIGIN,
            refused.reason,
            str(refused),
            f"http/{client}",
            position,
            raw,
        )
    )
