"""Back to clean embedded services: stop them and remove what they and the pipelines hold."""

import shutil
from pathlib import Path

from streams.adapters.services.lifecycle import Progress, down
from streams.adapters.services.processes import running_processes
from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError


def what_reset_removes(settings: Settings) -> list[Path]:
    """The folders with data of this home; empty when there is nothing to reset.

    The pipelines' state belongs to Kafka's topics and stays when Kafka is external.
    """
    home = settings.home.resolve()
    folders = [home / "data", home / "broker"]
    if settings.kafka_bootstrap_servers is None:
        folders.append(home / "state")
    return [folder for folder in folders if folder.exists()]


def reset(settings: Settings, progress: Progress | None = None) -> list[Path]:
    """Stop this home's services and remove their data; returns the folders that are gone.

    External services are never touched. The caller sees to it that no pipeline is running.
    Raises ServiceError when a folder cannot be removed.
    """
    folders = what_reset_removes(settings)
    down(settings, progress)
    for folder in folders:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise ServiceError(f"reset: {folder} cannot be removed: {error}") from error
    return folders


def require_idle(settings: Settings) -> None:
    """Raises ServiceError that names the processes of this home that run."""
    if running := running_processes(settings.home):
        names = ", ".join(f"{each.name} (pid {each.pid})" for each in running)
        raise ServiceError(f"reset: expected no process of Tapedeck to run, was {names}: stop it")
