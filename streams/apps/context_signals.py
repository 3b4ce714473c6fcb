"""Context within `run signals`: news, orders, fundamentals and the economy to signals."""

from collections.abc import Mapping

import msgspec

from streams.adapters.config_context import context_rules
from streams.adapters.context_messages import decode_context
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic
from streams.domain.context_rules.context_rules import ContextState, context_signal

OUTPUTS = (Topic.SIGNALS,)
_STATE = "context"


class _Saved(msgspec.Struct):
    """The state of one symbol, the last event's offset, and the last close that was known."""

    state: ContextState
    offset: int
    price: float


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Saved).decode


class ContextStep:
    """One `context` message to the signal of its rule, where that speaks."""

    def __init__(
        self, settings: Settings, metrics: PipelineMetrics, closes: Mapping[str, float]
    ) -> None:
        """`closes` are the last closes that this process has seen: two topics share no state.

        Both topics have the same keys and partitions, so a symbol's bars and its context are read
        by one process. Raises ConfigError where the configuration is wrong.
        """
        self._rules = context_rules(settings)
        self._interval = settings.signal_interval_names[0]
        self._closes = closes
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
        before = _decode(saved) if saved else _Saved(ContextState(), -1, 0.0)
        if message.offset <= before.offset:
            return []
        price = self._closes.get(event.symbol, before.price)
        after, verdict = self._rules.step(before.state, event)
        records = []
        if verdict is not None:
            identity = f"{message.origin}/{message.offset}"
            signal = context_signal(event, verdict, identity, self._interval, price)
            headers, value = signal_event(signal, message.trace)
            records.append(Record(Topic.SIGNALS, event.symbol, value, headers))
        state.set_bytes(_STATE, _encode(_Saved(after, message.offset, price)))
        return records
