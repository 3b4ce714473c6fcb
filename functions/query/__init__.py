"""The REST API: what is stored, as pages of JSON or CSV, and the latest price from a cache."""

from functions.query.app import create_app

__all__ = ["create_app"]
