"""Keeps what Eventing gave up on, until somebody sends it back to where it failed."""

from functions.dead_letter.app import create_app

__all__ = ["create_app"]
