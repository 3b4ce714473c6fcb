"""Section `[feed]` of the file that `TAPEDECK_CONFIG` names: providers' symbols and ours."""

from pathlib import Path

from streams.adapters.config_section import Section, read_config
from streams.domain.screen import symbol_fault


def feed_symbols(path: Path | None) -> dict[str, str]:
    """`[feed.symbols]`: {a provider's symbol: ours}; empty without a file or the section.

    Raises ConfigError that names the key.
    """
    if path is None:
        return {}
    section = Section(path, "feed", read_config(path).get("feed", {}))
    section.only(("symbols",))
    names = section.deeper("symbols", section.keys.get("symbols", {}))
    found: dict[str, str] = {}
    for theirs, ours in names.keys.items():
        if not isinstance(ours, str):
            raise names.error(theirs, f"expected a symbol such as 'BTC-USD', was {ours!r}")
        fault = symbol_fault(ours)
        if fault is not None:
            raise names.error(theirs, fault)
        found[theirs] = ours
    return found
