"""`tapedeck rules`: the rules there are, whether an expression is one, and how good a rule was."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.tape_options import PastOptions, takes_a_tape

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.domain.rules.own_rule import OwnRule
    from streams.research import History

_CONFIG = typer.Option(
    metavar="FILE", help="The configuration to read (default: that of TAPEDECK_CONFIG)."
)
Config = Annotated[Path | None, _CONFIG]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Interval = Annotated[str, typer.Option(help="The bars that it looks at.")]
Side = Annotated[
    str | None,
    typer.Option(metavar="SIDE", help="What an expression recommends: buy (default) or sell."),
]
Cold = Annotated[
    bool, typer.Option("--cold", help="Count signals of averages that are not warm, too.")
]

rules = typer.Typer(
    no_args_is_help=True, help="Rules: votes, breakouts, recommendations, your own."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(rules, name="rules")
    rules.command("test")(takes_a_tape(_test))


@rules.command("list")
def list_rules(config: Config = None, as_json: Json = False) -> None:
    """Show the rules that are in force, the five votes, and the names that a rule may use.

    Example: `tapedeck rules list --config tapedeck.toml`
    """
    from streams.adapters.config_indicators import indicator_sets
    from streams.adapters.config_rules import configured_rules
    from streams.domain.rules.names import known_names
    from streams.domain.rules.votes import VOTERS

    settings = settings_with(config)
    sets = indicator_sets(settings)
    held = configured_rules(settings, sets)
    shown = [_built_in("breakout", settings)]
    if held.recommendation:
        shown.append(_built_in("recommendation", settings))
        shown[-1]["silent"] = {
            interval: missing
            for interval in settings.signal_interval_names
            if (missing := held.missing(sets.of(interval)))
        }
    shown += [_described(rule) for rule in held.own]
    names = {
        interval: list(known_names(sets.of(interval).names))
        for interval in settings.interval_lengths
    }
    if as_json:
        typer.echo(json.dumps({"rules": shown, "votes": list(VOTERS), "names": names}))
        return
    _show_rules(shown, names)


@rules.command("check")
def check(
    when: Annotated[
        str | None, typer.Argument(metavar="[WHEN]", help="An expression, such as 'rsi14 < 30'.")
    ] = None,
    interval: Interval = "5m",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Check an expression, or without one every rule of the configuration. Exit 2: it is none.

    Example: `tapedeck rules check "rsi14 < 30 and close > bb_lower"`
    """
    from streams.adapters.config_indicators import indicator_sets
    from streams.adapters.config_rules import compiled_for, configured_rules

    settings = settings_with(config)
    sets = indicator_sets(settings)
    if when is None:
        own = [_described(rule) for rule in configured_rules(settings, sets).own]
        text = "\n".join(f"{rule['name']}: {_needs(rule)}" for rule in own)
        where = settings.config or "TAPEDECK_CONFIG names no file"
        _say({"rules": own}, text or f"no rules of your own ({where})", as_json)
        return
    read = compiled_for(when, sets, interval)
    found = {"when": when, "names": list(read.names), "bars": read.bars}
    _say(found, f"ok: {_needs(found)}", as_json)


def _test(  # noqa: PLR0913  # options of a command
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="breakout, recommendation, your rule's name, or "
                            "an expression such as 'rsi14 < 30'.")
    ],
    tape: PastOptions,
    on: Annotated[
        list[str] | None,
        typer.Option(metavar="TAPE", help="A file, or several (default: the shipped tape)."),
    ] = None,
    interval: Interval = "5m",
    side: Side = None,
    cold: Cold = False,
    latest: Annotated[int, typer.Option(min=0, help="How many of the latest hits to show.")] = 10,
    config: Config = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Show where a rule would have raised signals on a tape, and how good they were.

    It is the live path's own code, without Kafka. A hit rate is worth something only beside the
    base rate: what the symbol did after all of its bars. Nothing of this is advice.

    Example: `tapedeck rules test "rsi14 < 30 and close > bb_lower" --on tape.csv.gz`
    """
    import msgspec

    from streams.cli.rules_test import show_test, test_of

    settings = settings_with(config)
    history = load_history(on or [], tape, interval, settings, rule=rule, side=side)
    found = test_of(history, rule, side, cold=cold)
    if as_json:
        typer.echo(msgspec.json.encode(found))  # JSON has no infinity: null, as it has for no value
    else:
        show_test(found, latest)


def settings_with(config: Path | None) -> "Settings":
    """The settings, with another configuration where one is named."""
    from streams.adapters.settings import load_settings

    settings = load_settings()
    return settings.model_copy(update={"config": config}) if config is not None else settings


def load_history(
    files: Sequence[str], tape: PastOptions, interval: str, settings: "Settings", *,
    rule: str, side: str | None,
) -> "History":  # fmt: skip
    """The bars of the files; a rule that is none is an error before they are read."""
    from rich.console import Console

    from streams.adapters.chosen_rule import chosen_rule
    from streams.domain.signal import side_of
    from streams.research import load
    from streams.sample.tape import sample_tape

    chosen_rule(settings, rule, interval, side_of(side))
    names = [*files] or [str(sample_tape())]
    with Console(stderr=True).status("reading the tape") as said:
        history = load(*names, interval=interval, settings=settings, **tape.options())
        said.update(f"{len(history.held):,} bars: computing indicators")
        _ = history.rows
        return history


def _built_in(name: str, settings: "Settings") -> dict[str, Any]:
    what = {
        "breakout": "EMA38 crosses EMA100",
        "recommendation": "the average of the weighted votes, with hysteresis, takes another side",
    }
    return {
        "name": name, "kind": name, "side": "both", "when": what[name], "cooldown_ms": 0,
        "intervals": list(settings.signal_interval_names), "symbols": ["*"],
    }  # fmt: skip


def _described(rule: "OwnRule") -> dict[str, Any]:
    return {
        "name": rule.rule, "kind": rule.name, "side": rule.side.value,
        "when": " ".join(rule.when.text.split()),
        "cooldown_ms": rule.cooldown, "intervals": sorted(rule.intervals),
        "symbols": list(rule.symbols), "names": list(rule.when.names), "bars": rule.when.bars,
    }  # fmt: skip


def _needs(found: dict[str, Any]) -> str:
    bars = "the last bar" if found["bars"] == 1 else f"the last {found['bars']} bars"
    return f"uses {', '.join(found['names']) or 'no name'}; looks at {bars}"


def _say(found: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(found) if as_json else text)


def _show_rules(shown: Sequence[dict[str, Any]], names: dict[str, list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("rule", "side", "intervals", "symbols", "cooldown", "when")
    for rule in shown:
        table.add_row(
            Text(rule["name"]), rule["side"], ",".join(rule["intervals"]),
            Text(",".join(rule["symbols"])), f"{rule['cooldown_ms'] / 1_000:g} s",
            Text(rule["when"]),
        )  # fmt: skip
    console = Console()
    console.print(table)
    for interval, missing in shown[1].get("silent", {}).items() if len(shown) > 1 else ():
        console.print(f"no recommendation on {interval}: without {', '.join(missing)}", style="red")
    for same in dict.fromkeys(map(tuple, names.values())):
        of = ", ".join(interval for interval, held in names.items() if tuple(held) == same)
        console.print(f"names on {of}: {' '.join(same)}", markup=False, highlight=False)
