"""Symbols as small integers: per block, and for a whole tape."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow.compute as pc

from streams.adapters.tape.numbers import text
from streams.adapters.tape.rows import Codes, Mask, Verdicts
from streams.domain.screen import symbol_fault
from streams.domain.tick import MAX_SYMBOL

_fault = lru_cache(maxsize=65_536)(symbol_fault)


def coded(column: Any) -> tuple[list[str], Codes, Mask]:
    """The different symbols of a column, stripped, each row's code, and which rows are good."""
    values = pc.dictionary_encode(text(column))
    names = [name.strip() for name in values.dictionary.to_pylist()]
    codes = values.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    sound = np.array([_fault(name) is None for name in names], np.bool_)
    return names, codes, sound[codes] if len(names) else np.ones(len(codes), np.bool_)


def refuse_symbols(verdicts: Verdicts, good: Mask, column: Any) -> None:
    verdicts.refuse(
        ~good, "bad_symbol", f"symbol: expected 1 to {MAX_SYMBOL} printable characters", column
    )


class SymbolTable:
    """The symbols of a tape, numbered in the order in which they were first seen."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.names)

    def codes(self, names: list[str]) -> Codes:
        """The number of each name; new names get the next ones."""
        return np.array([self._code(name) for name in names], np.int32)

    def _code(self, name: str) -> int:
        code = self._codes.setdefault(name, len(self.names))
        if code == len(self.names):
            self.names.append(name)
        return code
