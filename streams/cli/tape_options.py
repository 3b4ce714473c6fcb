"""How a tape is read, picked and paced: the options that every command that replays one has.

@app.command()
@takes_a_tape
def _replay(files: Files, tape: TapeOptions, wait: Wait = False) -> None: ...
"""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from streams.cli.option_groups import takes
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.tape.plan import ReadOptions
    from streams.adapters.tape.reading import Pick
    from streams.apps.replay.request import ReplayRequest

Formats = Literal["auto", "debs", "ticks", "quotes", "candles", "wide"]


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What the files are."""

    format: Annotated[Formats, typer.Option("--format", help="What the files are.")] = "auto"
    symbol: Annotated[
        str | None, typer.Option(metavar="S", help="Symbol of files that have no symbol column.")
    ] = None
    tz: Annotated[
        str, typer.Option(metavar="ZONE", help="Zone of times that do not say theirs.")
    ] = "UTC"
    candle_time: Annotated[
        Literal["start", "end"],
        typer.Option(
            help="What a candle's time is. An end is moved 1 ms back, so that a candle written "
            "09:05 counts in the bar that ends at 09:05."
        ),
    ] = "start"
    date_order: Annotated[
        Literal["dmy", "mdy"] | None,
        typer.Option(help="How to read 03/04/2024 when the file does not tell."),
    ] = None
    time_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of the time.")
    ] = None
    price_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of the price.")
    ] = None
    size_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of the size.")
    ] = None
    symbol_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of the symbol.")
    ] = None


@dataclass(frozen=True, slots=True)
class PickOptions:
    """What of the files is taken."""

    symbols: Annotated[
        str | None,
        typer.Option(metavar="GLOB,...", help="Only these symbols, such as 'A*,MSFT'."),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Only ticks at or after this time (ISO-8601)."),
    ] = None
    to: Annotated[str | None, typer.Option(metavar="TIME", help="Only ticks before this time.")] = (
        None
    )
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Read no more than N rows (of each lap)."),
    ] = None


@dataclass(frozen=True, slots=True)
class PacingOptions(PickOptions):
    """What of the files is taken, and how fast."""

    speed: Annotated[
        str,
        typer.Option(help="1 = as it happened, 60 = a minute a second, max = as fast as it goes."),
    ] = "max"
    loop: Annotated[
        bool, typer.Option("--loop", help="Again and again, shifted by whole days, until Ctrl-C.")
    ] = False
    no_end: Annotated[
        bool,
        typer.Option("--no-end", help="Leave bars open that have not ended when the tape does."),
    ] = False


@dataclass(frozen=True, slots=True)
class TapeOptions:
    """All of them, as they are typed."""

    reading: ReadingOptions = ReadingOptions()
    pacing: PacingOptions = PacingOptions()

    def request(self, files: list[str], *, dry_run: bool = False) -> "ReplayRequest":
        """What is to be replayed; raises ConfigError that names a bad option."""
        from streams.apps.replay.request import ReplayRequest

        pacing = self.pacing
        read, pick = _read(self.reading, pacing)
        return ReplayRequest(
            tuple(files),
            read,
            pick,
            speed=speed_of(pacing.speed),
            limit=pacing.limit,
            loop=pacing.loop,
            end=not pacing.no_end,
            dry_run=dry_run,
        )


@dataclass(frozen=True, slots=True)
class PastOptions:
    """Those of a command that reads a tape and sends nothing."""

    reading: ReadingOptions = ReadingOptions()
    pick: PickOptions = PickOptions()

    def options(self) -> dict[str, Any]:
        """Arguments of `streams.research.load`; raises ConfigError that names a bad option."""
        read, pick = _read(self.reading, self.pick)
        told = {field.name: getattr(read, field.name) for field in fields(read)}
        return {**told, "pick": pick, "limit": self.pick.limit}


def _read(reading: ReadingOptions, pick: PickOptions) -> "tuple[ReadOptions, Pick]":
    from streams.adapters.tape.moment import moment_ms
    from streams.adapters.tape.plan import CandleTime, Format, ReadOptions
    from streams.adapters.tape.reading import Pick
    from streams.adapters.tape.time_column import check_zone

    kinds = {"format": Format(reading.format), "candle_time": CandleTime(reading.candle_time)}
    read = ReadOptions(**asdict(reading) | kinds)
    check_zone(read.tz)
    globs = tuple(part.strip() for part in (pick.symbols or "").split(",") if part.strip())
    start, end = moment_ms("--from", pick.from_, read.tz), moment_ms("--to", pick.to, read.tz)
    return read, Pick(globs, start, end)


takes_a_tape = takes("tape")
"""Give a command the options of its parameter `tape`, and the parameter what was typed."""


def speed_of(text: str) -> float | None:
    """Times as fast as it happened, None for `max`; raises ConfigError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise ConfigError(f"--speed: expected max or a number > 0 such as 60, was {text!r}")
    return speed
