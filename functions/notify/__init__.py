"""Tells people about signals: a CloudEvent in, a line on each channel out."""

from functions.notify.app import create_app

__all__ = ["create_app"]
