"""Channels through Apprise: Telegram, and whatever else has an Apprise URL.

Apprise answers true or false and logs what went wrong; here a failure is an error that names the
service and the code, and nothing that Apprise may have said of the URL.
"""

import re
import time
import warnings
from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

from functions.notify.channels.accepted import Accepted
from functions.notify.channels.channel import TransientError
from functions.notify.message import Told
from streams.domain.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

_SECONDS = 7.0
_ACCEPTED, _SILENT, _UNREACHED = "accepted", "no answer in time", "not reached or refused"
_CODE = re.compile(r"\berror=(\d{3})\b")
_BUSY = frozenset({"429", "502", "503", "504"})


class AppriseChannel:
    """One message to every URL; an attempt again reaches those that have not accepted it yet."""

    def __init__(self, name: str, setting: str, urls: str) -> None:
        self.name = name
        self._accepted = Accepted()
        self._services = dict(_services(name, setting, urls))

    def send(self, message: Told) -> None:
        """Raises DeliveryError that names the services which did not accept it."""
        waiting = self._accepted.missing(message.key, list(self._services))
        said: dict[str, str] = {}
        # A thread each: one that hangs must not hold up the others, nor the end of the process.
        threads = [
            Thread(target=self._tell, args=(number, message, said), daemon=True)
            for number in waiting
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + _SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        failed = {number: said.get(number, _SILENT) for number in waiting}
        failed = {number: code for number, code in failed.items() if code != _ACCEPTED}
        if failed:
            raise self._error(failed)

    def _tell(self, number: str, message: Told, said: dict[str, str]) -> None:
        from apprise import Apprise, NotifyFormat

        one = Apprise(asset=self._services[number].asset)
        one.add(self._services[number])
        result = one.notify(
            message.text, message.subject, body_format=NotifyFormat.TEXT, interpret_escapes=False
        )
        if result:
            self._accepted.add(message.key, {number})
            said[number] = _ACCEPTED
        else:
            code = _CODE.search(" ".join(entry.message for entry in result.logs()))
            said[number] = code[1] if code else _UNREACHED

    def _error(self, failed: dict[str, str]) -> DeliveryError:
        names = ", ".join(
            f"{self._services[number].service_name} (number {number}) {code}"
            for number, code in failed.items()
        )
        text = f"{self.name}: {len(failed)} of {len(self._services)} did not accept it: {names}"
        lasting = [code for code in failed.values() if code.isdigit() and code not in _BUSY]
        return DeliveryError(text) if lasting else TransientError(text)


def _services(name: str, setting: str, urls: str) -> Iterator[tuple[str, "NotifyBase"]]:
    """By number. Raises ConfigError that says which URL Apprise does not understand."""
    import apprise

    with warnings.catch_warnings():  # of imports by its plugins
        warnings.simplefilter("ignore", DeprecationWarning)
        for number, url in enumerate(re.split(r"[\s,]+(?=\w+://)", urls.strip()), 1):
            # No limit of its own: it would be kept by a pool of threads that fills up.
            asset = apprise.AppriseAsset(secure_logging=True, service_timeout=0)
            service = (
                _telegram(url, asset)
                if name == "telegram"
                else apprise.Apprise.instantiate(url, asset=asset)
            )
            if service is None:
                shape = "tgram://TOKEN/CHAT_ID" if name == "telegram" else "Apprise URLs"
                raise ConfigError(f"{setting}: expected {shape}, number {number} was none")
            service.request_rate_per_sec = 0  # it would sleep through the deadline
            service.overflow_mode = apprise.OverflowMode.SPLIT
            yield str(number), service


def _telegram(url: str, asset: "AppriseAsset") -> "NotifyBase | None":
    """Without loading Apprise's other plugins, which takes half a second."""
    from apprise.plugins.telegram import NotifyTelegram

    parsed = NotifyTelegram.parse_url(url)  # type: ignore[no-untyped-call]  # Apprise's
    if not url.startswith("tgram://") or not parsed:
        return None
    try:
        return NotifyTelegram(**parsed, asset=asset)  # type: ignore[no-untyped-call]  # Apprise's
    except TypeError:
        return None
