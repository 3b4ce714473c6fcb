"""Files that are no tape: content, name, and what the refusal says."""

import gzip
import io
import zipfile

TAPE = "symbol,timestamp,price,size\nA,2024-03-04T09:00:00Z,10.5,3\n"


def _zip(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, TAPE)
    return held.getvalue()


NO_TAPES: dict[str, tuple[str | bytes, str, str]] = {
    "binary": (bytes(range(256)) * 40, "tape.csv", "binary data"),
    "UTF-16": ((TAPE).encode("utf-16"), "tape.csv", "UTF-16"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(3_000), "tape.csv", "binary data"),
    "one column": ("hello\nworld\n", "tape.csv", "columns separated by"),
    "wrong columns": ("colour,shape\nred,round\n", "tape.csv", "colour"),
    "no price": ("symbol,timestamp\nA,2024-03-04T09:00:00Z\n", "tape.csv", "price"),
    "no time": ("symbol,price\nA,10\n", "tape.csv", "time"),
    "no symbol": ("timestamp,price\n2024-03-04T09:00:00Z,10\n", "tape.csv", "--symbol"),
    "gzip of nothing": (gzip.compress(b"x" * 9)[:12], "tape.csv.gz", "cut before"),
    "gzip of rubbish": (b"\x1f\x8b\x08\0" + b"rubbish" * 90, "tape.csv.gz", "expected"),
    "zstd of rubbish": (b"\x28\xb5\x2f\xfd" + b"rubbish" * 90, "tape.csv.zst", "expected"),
    "zip of two": (_zip("a.csv", "b.csv"), "tape.zip", "expected one file in the zip, was 2"),
    "zip of none": (_zip(), "tape.zip", "expected"),
    "cut zip": (_zip("a.csv")[:40], "tape.zip", "expected a readable zip"),
    "cut Parquet": (b"PAR1" + b"x" * 900, "tape.parquet", "expected"),
    "ambiguous days": (
        "symbol,timestamp,price\nA,03/04/2024 09:00,1\nA,05/04/2024 09:00,1\n",
        "tape.csv",
        "--date-order",
    ),
    "two times": (
        "symbol,timestamp,ts,price\nA,2024-03-04T09:00:00Z,2024-03-05T09:00:00Z,1\n",
        "tape.csv",
        "--time-column",
    ),
    "two prices": (
        "symbol,timestamp,price,price\nA,2024-03-04T09:00:00Z,1,2\n",
        "tape.csv",
        "price",
    ),
}
