"""What one event makes the function do.

| type | work |
| --- | --- |
| `io.tapedeck.signal.*` | notes the signal; scores what is scoreable of its symbol; its summary |
| `dev.knative.sources.ping` | the same for every symbol that has grown, as far as time allows |
| `io.tapedeck.tape.settled` | the same, and comes again until nothing is left |

The tables follow from what is stored, whatever came how often and in which order.
"""

import logging

from prometheus_client import CollectorRegistry, Counter, Gauge

from functions.aggregate.reading import read_signal
from functions.aggregate.store import Store
from functions.aggregate.sweep import Sweep
from streams.adapters.cloud_event import CloudEvent, EventError
from streams.adapters.settled_event import TYPE as SETTLED
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

# Not from `signal_events`: with it the CloudEvents SDK would be loaded at every cold start.
SIGNALS = "io.tapedeck.signal."
PING = "dev.knative.sources.ping"


class Aggregator:
    """Handles events; one per process."""

    def __init__(self, store: Store, sweep: Sweep, registry: CollectorRegistry) -> None:
        self._store = store
        self._sweep = sweep
        self._signals = Counter(
            "tapedeck_aggregate_signals", "Signals noted, by news", ["new"], registry=registry
        )
        self._symbols = Counter(
            "tapedeck_aggregate_symbols", "Symbols brought up to date by sweeps", registry=registry
        )
        self._left = Gauge(
            "tapedeck_aggregate_left", "Symbols that the last sweep left", registry=registry
        )

    def handle(self, event: CloudEvent) -> None:
        """Return when nothing is left to do for the event, also when it was handled before.

        Raises EventError for poison, BusyError while another request works on the symbol,
        ServiceError when PostgreSQL does not answer, or a settled tape is not yet all worked off.
        """
        kind = event.attributes["type"]
        if kind.startswith(SIGNALS):
            signal = read_signal(event)
            new = signal is not None and self._store.note(event.source, event.id, signal)
            self._signals.labels("yes" if new else "no").inc()
        elif kind in (PING, SETTLED):
            self._work_off(final=kind == SETTLED)
        else:
            raise EventError(422, f"type: expected {SIGNALS}*, {PING} or {SETTLED}, was {kind!r}")

    def _work_off(self, *, final: bool) -> None:
        outcome = self._sweep.run(final=final)
        self._symbols.inc(outcome.done)
        self._left.set(outcome.left)
        logger.info(
            "sweep symbols=%d left=%d seconds=%.2f", outcome.done, outcome.left, outcome.seconds
        )
        if final and outcome.left:
            raise ServiceError(f"{outcome.left} symbols are left: come again")
