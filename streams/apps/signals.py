"""`run signals`: final bars to indicators, signals and anomalies, in one stateful step per bar.

Beside them context events to signals, a step of their own: see `context_signals`.
"""

import time
from collections.abc import Callable

import msgspec
from quixstreams import Application

from streams.adapters.config_analysis import configured_analyses
from streams.adapters.letters import message_letter
from streams.adapters.messages import decode_bar, encode
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.quix import connect
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic
from streams.apps.anomalies import BarAnomalies
from streams.apps.context_signals import OUTPUTS as CONTEXT_OUTPUTS
from streams.apps.context_signals import ContextStep
from streams.domain.analysis import AnalysisState
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from streams.domain.rules.own_rule import PREFIX
from streams.domain.rules.step import Finding
from streams.domain.signal import Signal

OUTPUTS = (Topic.INDICATORS, Topic.SIGNALS, Topic.DEAD_LETTERS)


class _Saved(msgspec.Struct, array_like=True):
    """The state of one symbol and interval, and the EMA mode that made it."""

    ema_mode: str
    state: AnalysisState


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Saved).decode


class SignalsStep:
    """One `bars` message to an `indicators` record and the signals of its bar."""

    def __init__(
        self,
        settings: Settings,
        metrics: PipelineMetrics,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ema_mode = settings.ema_mode
        self._intervals = frozenset(settings.signal_interval_names)
        self._analyses = configured_analyses(settings)
        self._anomalies = BarAnomalies(settings, now)
        self._metrics = metrics

    def __call__(self, message: Message, state: State) -> list[Record]:
        self._metrics.messages.inc()
        try:
            bar = decode_bar(message.value)
        except msgspec.MsgspecError as error:
            self._metrics.rejected.inc()
            return [message_letter(message, "signals", "bad_message", f"bars: {error}")]
        if not bar.final:
            return []
        before = self._load(bar, state.get_bytes(bar.interval))
        after, row, found = self._analyses.of(bar.interval).step(before, bar)
        if row is None:
            return []
        state.set_bytes(bar.interval, _encode(_Saved(self._ema_mode, after)))
        trace = message.trace
        records = [Record(Topic.INDICATORS, bar.symbol, encode(row), trace)]
        records.extend(_event(each, message) for each in found if self._leaves(each))
        records.extend(self._anomalies(row, message, state))
        return records

    def _leaves(self, found: Finding) -> bool:
        """A user's own rule says by itself which intervals it looks at."""
        return found.interval in self._intervals or found.kind.startswith(PREFIX)

    def _load(self, bar: Bar, saved: bytes | None) -> AnalysisState:
        if saved is None:
            return AnalysisState()
        memory = _decode(saved)
        if memory.ema_mode != self._ema_mode:
            raise ConfigError(
                f"TAPEDECK_EMA_MODE: the state of {bar.symbol} was made with {memory.ema_mode}, "
                f"was {self._ema_mode}: set it back, or start anew with `tapedeck reset`"
            )
        return memory.state


def _event(signal: Signal, message: Message) -> Record:
    headers, value = signal_event(signal, message.trace)
    return Record(Topic.SIGNALS, signal.symbol, value, headers)


def build(app: Application, settings: Settings, metrics: PipelineMetrics) -> None:
    """Put the pipeline on an Application."""
    connect(app, settings, Topic.BARS, SignalsStep(settings, metrics), OUTPUTS)
    connect(app, settings, Topic.CONTEXT, ContextStep(settings, metrics), CONTEXT_OUTPUTS)
