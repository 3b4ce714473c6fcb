"""Logs of the command line's processes: one line each on standard error, key=value."""

import logging


def configure(level: str) -> None:
    """Set the log up once, at the start of a long-running command."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("quixstreams").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
