"""Keeps a summary per symbol and day, and a scorecard per rule."""

from functions.aggregate.app import create_app

__all__ = ["create_app"]
