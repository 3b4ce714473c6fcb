"""All that a home has stored, in a form that two runs can be compared by."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.adapters.database import connect_engine
from streams.adapters.database.export import Selection, open_snapshot, read_export
from streams.adapters.services import down, up
from tests.fakes import settings

Row = tuple[Any, ...]
Tables = dict[str, list[Row]]

# What depends on the clock or on how often something had to be tried.
_LEFT_OUT = {
    "dead_letters": {"seen_ms"},
    "notifications": {"attempts", "delivered_ms", "error"},
}
TABLES = (
    "ticks", "bars", "indicators", "signals", "anomalies", "notifications", "dead_letters",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """The tables, sorted, and the ids that the file channel told people, in order."""

    tables: Tables
    told: list[str]

    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.tables.items()}


def stored(home: Path) -> Stored:
    """Read everything; PostgreSQL is started for it, and stopped, when the home is at rest."""
    own = settings(TAPEDECK_HOME=home)
    was_up = (home / "run" / "postgres.pid").exists()
    address = up(own, only={"postgres"}).database
    try:
        assert address is not None
        return Stored({name: export(address, name) for name in TABLES}, told(home))
    finally:
        if not was_up:
            down(own)


def export(address: str, table: str) -> list[Row]:
    """The rows that `tapedeck export` writes, without what may differ between runs."""
    engine = connect_engine(address)
    try:
        with open_snapshot(engine) as connection:
            exported = read_export(connection, Selection(table))
            names = list(exported.columns)
            kept = [i for i, n in enumerate(names) if n not in _LEFT_OUT.get(table, set())]
            rows = (row for portion in exported.portions for row in portion)
            # As text: None and numbers would not sort among each other.
            return sorted(tuple(repr(row[i]) for i in kept) for row in rows)
    finally:
        engine.dispose()


def told(home: Path) -> list[str]:
    """The ids in the file channel's JSON lines."""
    path = home / "notifications.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line)["id"] for line in lines]


def differences(truth: Stored, found: Stored) -> list[str]:
    """One line per table that differs, with an example; empty when none does."""
    lines = []
    for name, rows in truth.tables.items():
        if rows != found.tables[name]:
            lines.append(_difference(name, rows, found.tables[name]))
    return lines


def _difference(name: str, truth: Iterable[Row], found: Iterable[Row]) -> str:
    expected, was = Counter(truth), Counter(found)
    missing, extra = expected - was, was - expected
    examples = "".join(
        f"\n  {word}: {' '.join(row)}"
        for word, rows in (("missing", missing), ("extra", extra))
        for row in sorted(rows)[:3]
    )
    return f"{name}: {missing.total()} rows missing, {extra.total()} too many{examples}"


def notification_faults(found: Stored, *, function_died: bool) -> list[str]:
    """What is wrong with who was told what; a repeat is forgiven when the function had died.

    Each warm signal and each high or critical anomaly is one delivered row of each channel (here:
    `file`), and one line in its file.
    """
    warm = {row[0].strip("'") for row in found.tables["signals"] if row[8] == "True"}
    loud = ("'high'", "'critical'")
    warm |= {row[0].strip("'") for row in found.tables["anomalies"] if row[5] in loud}
    delivered = Counter(
        row[0].strip("'") for row in found.tables["notifications"] if row[2] == "'delivered'"
    )
    lines = Counter(found.told)
    faults = []
    if delivered != Counter(warm):
        wrong = sorted((delivered - Counter(warm)) + (Counter(warm) - delivered))
        faults.append(f"notifications: expected one delivered row per warm signal: {wrong[:5]}")
    if set(lines) != warm:
        faults.append(f"file channel: wrong ids: {sorted(set(lines) ^ warm)[:5]}")
    repeats = {name: count for name, count in lines.items() if count > 1}
    if repeats and not function_died:
        faults.append(f"file channel: told more than once: {dict(list(repeats.items())[:5])}")
    return faults
