"""Which web pages may talk to the server: an Origin that a browser names must be ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Origins:
    """`host:port` names; `*` is any. Programs that are no browsers name no origin."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, port: int, others: Iterable[str]) -> "Origins":
        """This machine's names at a port, and others, where a port may be left out (80 or 443)."""
        ours = (f"localhost:{port}", f"127.0.0.1:{port}")
        return cls(frozenset((*ours, *(name.strip() for name in others if name.strip()))))

    def allow(self, origin: str | None) -> bool:
        """Is this `Origin` header (None: there is none) one that may?"""
        if origin is None or "*" in self.allowed:
            return True
        try:
            parsed = urlsplit(origin)
            port = parsed.port or _DEFAULT_PORTS.get(parsed.scheme)
        except ValueError:
            return False
        host = parsed.hostname or ""
        named = f"{host}:{port}" in self.allowed
        return named or (host in self.allowed and port in (80, 443))
