"""Real requests, spoilt: what goes wrong is chosen by a seed, so any of them can be made again."""

import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import quote

from tests.function_requests import Request
from tests.fuzz_values import ENCODINGS, spoil_bytes, spoil_json, spoil_text

TYPES = (
    "text/plain", "application/xml", "application/cloudevents-batch+json", "application/json",
    "application/cloudevents+json", "application/cloudevents+avro",
    "application/json; charset=utf-16",
    "application/json; charset=\"", "multipart/form-data; boundary=x", "", "/", "application",
    "application/x-www-form-urlencoded", "application/JSON;;;", "image/png", "a/b; c=é",
)  # fmt: skip
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "FOO", "GET", "POST")
CE_NAMES = ("ce-", "ce-ABC", "ce-data", "ce-a-b", "ce-a_b", "ce-id", "ce-time", "ce-specversion",
            "ce-source", "ce-type", "ce-subject", "ce-dataschema", "ce-x" + "y" * 200)  # fmt: skip
OVERSIZED = (900_001, (1 << 20) + 1, (2 << 20) + 1, 5 << 20)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A request and how it is sent: `length`, `chunked`, or `short` (less than was announced)."""

    request: Request
    how: tuple[str, ...]
    framing: str = "length"
    pause: float = 0.0

    @property
    def portions(self) -> list[bytes]:
        """The bytes to send, in two portions when there are pauses."""
        request = self.request
        lines = [f"{request.method} {request.target} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        body = request.body
        if self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            middle = len(body) // 2
            parts = [part for part in (body[:middle], body[middle:]) if part]
            chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
            body = b"".join(chunks) + b"0\r\n\r\n"
        else:
            announced = len(body) + (100 if self.framing == "short" else 0)
            lines.append(f"Content-Length: {announced}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if not self.pause:
            return [head + body]
        middle = len(body) // 2
        return [head, body[:middle], body[middle:]]


def mutant(function: str, seed: int, number: int, real: Sequence[Request]) -> Mutant:
    """One of endlessly many, made of real requests; the same for the same arguments."""
    rng = random.Random(f"{seed}/{function}/{number}")
    found = Mutant(rng.choice(real), ())
    kinds = _QUERY if function == "query" else _POST
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 3))):
        name = rng.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        found = replace(kinds[name][1](rng, found), how=(*found.how, name))
    return found


def _body(change: Callable[[random.Random, bytes], bytes]) -> "Change":
    def apply(rng: random.Random, found: Mutant) -> Mutant:
        return replace(found, request=replace(found.request, body=change(rng, found.request.body)))

    return apply


def _recoded(rng: random.Random, body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")


def _oversized(rng: random.Random, body: bytes) -> bytes:
    filling = rng.choice((b" ", b"[", b"\x00", b'{"a":1},'))
    return (body + filling * rng.choice(OVERSIZED))[: rng.choice(OVERSIZED)]


def _with(found: Mutant, *headers: tuple[str, str]) -> Mutant:
    """With these headers in the place of those of the same names."""
    names = {name for name, _ in headers}
    kept = tuple(pair for pair in found.request.headers if pair[0].lower() not in names)
    return replace(found, request=replace(found.request, headers=(*kept, *headers)))


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 50_000_000, 1)


def _gzip(rng: random.Random, found: Mutant) -> Mutant:
    body = found.request.body
    bomb = _bomb() if rng.random() < 0.1 else b""
    packed = gzip.compress(body)
    body = rng.choice((packed, spoil_bytes(rng, packed), body, packed[:-4], packed * 2, bomb))
    encoding = rng.choice(("gzip", "gzip", "gzip", "x-gzip", "GZIP", "deflate", "br", "gzip, gzip"))
    found = replace(found, request=replace(found.request, body=body))
    return _with(found, ("content-encoding", encoding))


def _headers(rng: random.Random, found: Mutant) -> Mutant:
    pairs = list(found.request.headers) or [("accept", "*/*")]
    at = rng.randrange(len(pairs))
    name, value = pairs[at]
    action = rng.randrange(5)
    if action == 0:
        del pairs[at]
    elif action == 1:
        pairs.append((rng.choice((name, name.upper())), value))
    elif action == 2:
        pairs.append((name, spoil_text(rng, value)))
    elif action == 3:
        pairs[at] = name, spoil_text(rng, value)
    else:
        pairs.append((rng.choice(CE_NAMES), spoil_text(rng, "1.0")))
    return replace(found, request=replace(found.request, headers=tuple(pairs)))


def _odd_headers(rng: random.Random, found: Mutant) -> Mutant:
    odd = (
        ("traceparent", spoil_text(rng, f"00-{'ab' * 16}-{'cd' * 8}-01")),
        ("accept", rng.choice(("text/csv", "*/*;q=x", "text/csv;q=0", "é", ",,,", "a" * 5_000))),
        ("accept-encoding", rng.choice(("gzip;q=0", "*;q=", "identity;q=0, *;q=0", "br,,;"))),
        ("if-none-match", rng.choice(('"x"', "*", 'W/"', "x" * 3_000))),
        ("if-modified-since", "Thu, 99 Foo 0000 99:99:99 GMT"),
        ("range", "bytes=5-1,-,x"),
        ("x-forwarded-for", "x" * 2_000),
        ("x-forwarded-proto", "gopher"),
        ("forwarded", 'for="_é'),
        ("cookie", "=;=;=" * 100),
        ("expect", "100-continue"),
        ("x-api-key", "é"),
        ("authorization", "Bearer \x7f"),
    )
    return _with(found, rng.choice(odd))


def _target(rng: random.Random, found: Mutant) -> Mutant:
    path, mark, query = found.request.target.partition("?")
    parts = query.split("&") if query else []
    if parts and rng.random() < 0.7:
        at = rng.randrange(len(parts))
        name, _, value = parts[at].partition("=")
        parts[at] = f"{name}={_escaped(rng, spoil_text(rng, value))}"
        parts += rng.choice(([], [parts[at]], ["limit=0"], ["cursor=AAAA"], ["x=y"]))
        return _at(found, path + "?" + "&".join(parts))
    steps = path.split("/")
    steps[-1] = _escaped(rng, spoil_text(rng, steps[-1]))
    added = rng.choice(("", "?limit=-1", "?cursor=%00", "?from=x&to=y", "?interval=5", "/", "//.."))
    return _at(found, "/".join(steps) + added + mark + query)


def _escaped(rng: random.Random, text: str) -> str:
    return quote(text, safe="%") if rng.random() < 0.8 else text.replace(" ", "").strip("\x01\t")


def _at(found: Mutant, target: str) -> Mutant:
    return replace(found, request=replace(found.request, target=target))


def _method(rng: random.Random, found: Mutant) -> Mutant:
    return replace(found, request=replace(found.request, method=rng.choice(METHODS)))


def _type(rng: random.Random, found: Mutant) -> Mutant:
    return _with(found, ("content-type", rng.choice(TYPES)))


def _framing(rng: random.Random, found: Mutant) -> Mutant:
    return replace(found, framing=rng.choice(("chunked", "chunked", "short")))


def _slow(rng: random.Random, found: Mutant) -> Mutant:
    return replace(found, pause=rng.choice((0.02, 0.1)))


Change = Callable[[random.Random, Mutant], Mutant]
_POST: dict[str, tuple[float, Change]] = {
    "json": (12, _body(spoil_json)),
    "bytes": (3, _body(spoil_bytes)),
    "encoding": (1, _body(_recoded)),
    "oversized": (0.5, _body(_oversized)),
    "gzip": (1.5, _gzip),
    "headers": (4, _headers),
    "odd headers": (2, _odd_headers),
    "type": (1.5, _type),
    "method": (0.5, _method),
    "target": (0.5, _target),
    "framing": (1, _framing),
    "slow": (0.3, _slow),
}
_QUERY: dict[str, tuple[float, Change]] = {
    "target": (14, _target),
    "headers": (2, _headers),
    "odd headers": (3, _odd_headers),
    "method": (1, _method),
    "bytes": (1, _body(spoil_bytes)),
    "framing": (0.5, _framing),
    "slow": (0.2, _slow),
}
