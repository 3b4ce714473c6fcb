"""Logs of the command line's processes: one line each on standard error, key=value."""

import logging


def configure(level: str) -> None:
    """Set the log up once, at the start of a long-running command."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("quixstreams").setLevel(logging.WARNING)
    logging.getLogger("quixstreams.state.rocksdb.partition").addFilter(_of_no_migration)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _of_no_migration(record: logging.LogRecord) -> bool:
    """A store that was recovered says at every start that it is half-way to one that expires.

    Ours never expire, and it goes on as it is.
    """
    return "interrupted legacy-TTL migration bookkeeping" not in record.getMessage()
