"""`run predict`: rows of indicators to the models' votes and forecasts.

The models' libraries are imported here and nowhere else among the pipelines, and only when models
are loaded.
"""

import logging

from quixstreams import Application

from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import producer
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.models.extra import SERVING, require
from streams.adapters.models.store import models_folder
from streams.adapters.models.wiring import shelf_of
from streams.adapters.quix import message_of, topic
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.prediction.engine import Engine
from streams.apps.prediction.sink import PredictSink
from streams.apps.prediction.trainer import Trainer, training_child

logger = logging.getLogger(__name__)


def build(app: Application, settings: Settings, metrics: PipelineMetrics) -> None:
    """Put the pipeline on an Application; raises ConfigError without the extra `ml`."""
    require(SERVING)
    topics = Topics(settings.topic_prefix)
    shelf = shelf_of(settings)
    loaded = shelf.load_all()
    logger.info("models loaded sets=%d folder=%s", loaded, models_folder(settings))
    intervals = settings.signal_interval_names if settings.auto_train else ()
    trainer = Trainer(shelf, intervals, lambda interval: training_child(settings, interval))
    sink = PredictSink(
        Engine(shelf),
        producer(kafka_address(settings)),
        {which: topics.name(which) for which in (Topic.PREDICTIONS, Topic.DEAD_LETTERS)},
        metrics,
        trainer,
    )
    app.dataframe(topic(app, settings, Topic.INDICATORS)).apply(message_of, metadata=True).sink(
        sink
    )
    trainer.watch()
