"""Where made-up and live market data goes in Kafka: ticks, context events, dead letters."""

from threading import Event

from streams.adapters.context_messages import encode_context
from streams.adapters.messages import Headers
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.replay.sink import KafkaSink
from streams.domain.context_event import ContextEvent

_LINGER_MS = 2  # ticks have been gathered before they come here


class LiveSink(KafkaSink):
    """A replay's sink that sends sooner, and context events too."""

    def __init__(self, settings: Settings, stop: Event) -> None:
        super().__init__(settings, stop, linger_ms=_LINGER_MS)
        self._context = Topics(settings.topic_prefix).name(Topic.CONTEXT)

    def context(self, event: ContextEvent, headers: Headers | None = None) -> None:
        """Send one `context` message."""
        self._send(self._context, event.symbol.encode(), encode_context(event), headers or [])
