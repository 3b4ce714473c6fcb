"""Context within `run signals`: news, orders, fundamentals and the economy to signals."""

import msgspec

from streams.adapters.config_context import context_rules
from streams.adapters.context_messages import decode_context, place_of
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic
from streams.domain.context_rules.context_rules import ContextState, context_signal

OUTPUTS = (Topic.SIGNALS,)
_STATE = "context"


class _Saved(msgspec.Struct):
    """The rules' state of one symbol; of its sources, the number of the last event of each."""

    state: ContextState
    known: dict[str, int] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Saved).decode


class ContextStep:
    """One `context` message to the signal of its rule, where that speaks.

    A function of the topic alone: read again, from any place, it gives the same signals.
    """

    def __init__(self, settings: Settings, metrics: PipelineMetrics) -> None:
        """Raises ConfigError where the configuration is wrong."""
        self._rules = context_rules(settings)
        self._interval = settings.signal_interval_names[0]
        self._metrics = metrics

    def __call__(self, message: Message, state: State) -> list[Record]:
        self._metrics.messages.inc()
        try:
            event = decode_context(message.value)
        except msgspec.MsgspecError:  # `run archive` puts it among the dead letters
            self._metrics.rejected.inc()
            return []
        if message.key != event.symbol:  # its state would not be the symbol's
            self._metrics.rejected.inc()
            return []
        saved = state.get_bytes(_STATE)
        before = _decode(saved) if saved else _Saved(ContextState())
        source, number = place_of(message)
        if number <= before.known.get(source, -1):
            return []
        after, verdict = self._rules.step(before.state, event)
        records = []
        if verdict is not None:
            signal = context_signal(event, verdict, f"{source}/{number}", self._interval)
            headers, value = signal_event(signal, message.trace)
            records.append(Record(Topic.SIGNALS, event.symbol, value, headers))
        state.set_bytes(_STATE, _encode(_Saved(after, before.known | {source: number})))
        return records
