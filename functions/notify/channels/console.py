"""The console channel: a line on standard output."""

import sys

from functions.notify.notification import Notification
from streams.domain.errors import DeliveryError


class ConsoleChannel:
    name = "console"

    def send(self, notification: Notification) -> None:
        """Raises DeliveryError when standard output is closed."""
        try:
            sys.stdout.write(f"{notification.text}\n")
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"console: cannot write: {error}") from error
