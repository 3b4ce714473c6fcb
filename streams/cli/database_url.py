"""Where the database is, for commands that read it on their own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.adapters.settings import Settings


def database_url(settings: "Settings") -> str:
    """The PostgreSQL that the settings name, else the embedded one, started when it is down.

    Raises ServiceError when there is none to be had.
    """
    from streams.adapters.endpoints import database_address

    if settings.database_url is None:
        from streams.adapters.services import up

        up(settings, only={"postgres"})
    return database_address(settings)
