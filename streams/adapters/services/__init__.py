"""Kafka, PostgreSQL and Redis from wheels: started, looked after and stopped on this machine."""

from streams.adapters.services.emptying import reset
from streams.adapters.services.lifecycle import Progress, down, revive, up
from streams.adapters.services.state import ServiceStatus, State, status

__all__ = ["Progress", "ServiceStatus", "State", "down", "reset", "revive", "status", "up"]
