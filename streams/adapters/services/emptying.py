"""Back to clean embedded services: stop them and remove what they and the pipelines hold."""

import shutil
from pathlib import Path

from streams.adapters.services.lifecycle import Progress, down
from streams.adapters.settings import Settings


def reset(settings: Settings, progress: Progress | None = None) -> list[Path]:
    """Stop this home's services and remove their data; returns the folders that are gone.

    External services are never touched; the pipelines' state belongs to Kafka's topics and stays
    when Kafka is external. The caller sees to it that no pipeline is running.
    """
    down(settings, progress)
    home = settings.home
    folders = [home / "data", home / "broker"]
    if settings.kafka_bootstrap_servers is None:
        folders.append(home / "state")
    gone = [folder for folder in folders if folder.exists()]
    for folder in gone:
        shutil.rmtree(folder)
    return gone
