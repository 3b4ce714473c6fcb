"""A provider's WebSocket, connected again whenever it breaks."""

import logging
from contextlib import suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from streams.adapters.feeds.provider import BusyError, RefusedError, SocketProvider
from streams.apps.feed.intake import Intake
from streams.apps.feed.patience import Patience, retry_after
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)
# Its own log shows the URLs, and so the keys, that it connects to.
_quiet = logging.getLogger(f"{__name__}.websockets")
_quiet.setLevel(logging.ERROR)

_MOST_BYTES = 16 << 20
_AHEAD = 1_024  # frames
_OPEN_S = 15.0


async def stream(name: str, provider: SocketProvider, intake: Intake, patience: Patience) -> None:
    """Hear a provider until cancelled; raises ServiceError when it refuses us or never answers."""
    while True:
        try:
            await _listen(provider, intake, patience)
            raise ConnectionError("the server closed the connection")  # as if broken
        except RefusedError as error:
            raise ServiceError(f"{name}: refused us: {patience.hide(str(error))}") from None
        except InvalidStatus as error:
            intake.connected(False)
            await patience.bear(_status(name, error))
        except (BusyError, OSError, WebSocketException) as error:
            intake.connected(False)
            await patience.bear(error)


async def _listen(provider: SocketProvider, intake: Intake, patience: Patience) -> None:
    """One connection, from its opening to its end."""
    async with connect(
        provider.address,
        logger=_quiet,
        max_size=_MOST_BYTES,
        max_queue=_AHEAD,
        open_timeout=_OPEN_S,
    ) as socket:
        # A server that closes at once may have said why: that is still there to be read.
        with suppress(ConnectionClosed):
            for words in provider.opening():
                await socket.send(words)
        intake.connected(True)
        async for raw in socket:
            heard = provider.read(raw)
            intake.hear(heard)
            for words in heard.replies:
                await socket.send(words)
            if heard.trades:
                patience.worked()


def _status(name: str, error: InvalidStatus) -> Exception:
    """What an HTTP answer to the handshake means; raises ServiceError when we are not let in."""
    code = error.response.status_code
    if code in (401, 403):
        raise ServiceError(f"{name}: refused us: HTTP {code}, is the key right?") from None
    if code in (429, 503):
        return BusyError(f"HTTP {code}", retry_after(error.response.headers.get("Retry-After")))
    return ConnectionError(f"expected HTTP 101, was {code}")
