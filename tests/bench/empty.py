"""The least that Flask can do: what `functions.ingest` is measured against."""

from flask import Flask

app = Flask("empty")


@app.post("/ingest")
def _nothing() -> str:
    return ""
