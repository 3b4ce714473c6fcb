"""A provider's WebSocket, connected again whenever it breaks."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from streams.adapters.feeds.provider import BusyError, RefusedError, SocketProvider
from streams.apps.feed.intake import Intake
from streams.apps.feed.patience import Patience, retry_after

logger = logging.getLogger(__name__)
# Its own log shows the URLs, and so the keys, that it connects to.
_quiet = logging.getLogger(f"{__name__}.websockets")
_quiet.setLevel(logging.ERROR)

_MOST_BYTES = 16 << 20
_AHEAD = 1_024  # frames
_OPEN_S = 15.0


async def stream(provider: SocketProvider, intake: Intake, patience: Patience) -> None:
    """Hear a provider until cancelled; raises ServiceError when it refuses us or never answers."""
    while True:
        try:
            await _listen(provider, intake, patience)
            raise ConnectionError("the server closed the connection")  # as if broken
        except RefusedError as error:
            raise patience.refused(error) from None
        except (BusyError, OSError, WebSocketException) as error:
            await patience.bear(error)


async def _listen(provider: SocketProvider, intake: Intake, patience: Patience) -> None:
    """One connection, from its opening to its end."""
    async with _connected(provider.address) as socket:
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


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[ClientConnection]:
    opening = connect(
        address, logger=_quiet, max_size=_MOST_BYTES, max_queue=_AHEAD, open_timeout=_OPEN_S
    )
    try:
        socket = await opening
    except InvalidStatus as error:
        raise _status(error) from None
    async with socket:
        yield socket


def _status(error: InvalidStatus) -> Exception:
    """What an HTTP answer to the handshake means."""
    code = error.response.status_code
    if code in (401, 403):
        return RefusedError(f"HTTP {code}, is the key right?")
    if code in (429, 503):
        return BusyError(f"HTTP {code}", retry_after(error.response.headers.get("Retry-After")))
    return ConnectionError(f"expected HTTP 101, was {code}")
