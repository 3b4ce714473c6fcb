"""The mail server, sender and recipients that one URL names."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from streams.domain.errors import ConfigError

_SETTING = "TAPEDECK_NOTIFY_EMAIL_URL"
_SHAPE = "smtp://USER:PASSWORD@HOST:587/?from=a@b.c&to=d@e.f,g@h.i"
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\]+@[A-Za-z0-9.-]+")
_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_KEYS = ("from", "to", "tls", "ca")


@dataclass(frozen=True, slots=True)
class MailServer:
    """`ca` is a file of certificates to trust instead of the system's."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None

    @property
    def domain(self) -> str:
        """The sender's: this program's name to the server, and the end of its message ids."""
        return self.sender.rpartition("@")[2]


def mail_server(url: str) -> MailServer:
    """Raises ConfigError that says which part does not fit, without showing it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong(f"a URL such as {_SHAPE}") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise _wrong(f"a URL such as {_SHAPE}")
    # Not parse_qs, which makes a space of the plus in name+tag@host.
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    keys = {unquote(name): unquote(value) for name, _, value in pairs}
    if unknown := keys.keys() - set(_KEYS):
        raise ConfigError(
            f"{_SETTING}: expected keys among {', '.join(_KEYS)}, was {', '.join(sorted(unknown))}"
        )
    to = tuple(dict.fromkeys(each.strip() for each in keys.get("to", "").split(",")))
    if not all(_ADDRESS.fullmatch(each) for each in (keys.get("from", ""), *to)):
        raise _wrong("e-mail addresses as from= and to= (several by commas)")
    tls = _tls(parts.scheme, keys.get("tls"))
    return MailServer(
        host=parts.hostname,
        port=_port(parts) or _PORTS[tls],
        tls=tls,
        sender=keys["from"],
        to=to,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ca=keys.get("ca"),
    )


def _tls(scheme: str, wanted: str | None) -> Literal["starttls", "implicit", "none"]:
    if scheme == "smtps" and wanted is None:
        return "implicit"
    if scheme == "smtp" and wanted in (None, "starttls"):
        return "starttls"
    if scheme == "smtp" and wanted == "none":
        return "none"
    raise _wrong("tls=starttls or tls=none with smtp, and none of it with smtps")


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _wrong("a port from 1 to 65535") from None


def _wrong(expected: str) -> ConfigError:
    return ConfigError(f"{_SETTING}: expected {expected}, was something else")
