"""Prometheus metrics, on 127.0.0.1 unless told otherwise."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, start_http_server
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from task_processor.monitor.gather import View
from task_processor.settings import UsageError
from task_processor.worker.counts import Counts


def serve(registry: CollectorRegistry, host: str, port: int) -> None:
    """Answer at http://host:port/metrics from a thread. Raises UsageError if the port is taken."""
    try:
        start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise UsageError(f"metrics cannot be offered at {host}:{port}: {error.strerror}") from None


class SystemMetrics:
    """What a monitor sees of the whole system."""

    def __init__(self, host: str, port: int) -> None:
        registry = CollectorRegistry()
        self._up = Gauge(
            "task_processor_broker_up", "1 while the broker answers", registry=registry
        )
        self._queue = Gauge(
            "task_processor_queue_messages", "Messages ready", ["queue"], registry=registry
        )
        self._workers = Gauge("task_processor_workers", "Workers that beat", registry=registry)
        self._busy = Gauge("task_processor_processes_busy", "At a task", registry=registry)
        self._processes = Gauge("task_processor_processes", "Processes", registry=registry)
        self._rate = Gauge("task_processor_tasks_per_second", "Done lately", registry=registry)
        serve(registry, host, port)

    def show(self, view: View) -> None:
        """Offer this look from now on."""
        self._up.set(1)
        for queue, count in view.queues.items():
            self._queue.labels(queue).set(count)
        busy, processes = view.busy
        self._workers.set(len(view.workers))
        self._busy.set(busy)
        self._processes.set(processes)
        self._rate.set(view.rate)

    def lost(self) -> None:
        """The broker doesn't answer."""
        self._up.set(0)


class WorkerMetrics(Collector):
    """What one worker has done since it started."""

    def __init__(self, counts: Counts, host: str, port: int) -> None:
        self._counts = counts
        registry = CollectorRegistry()
        registry.register(self)
        serve(registry, host, port)

    def collect(self) -> Iterable[Metric]:
        counts = self._counts
        for name, text, value in (
            ("deliveries", "Deliveries from the broker", counts.delivered),
            ("redeliveries", "Deliveries that came again", counts.redelivered),
            ("done", "Tasks whose output is in place", counts.done),
            ("skipped", "Of these, outputs that were there before", counts.skipped),
            ("retries", "Tasks sent to wait for another attempt", counts.retried),
            ("reconnects", "Connections lost", counts.reconnects),
        ):
            yield CounterMetricFamily(f"task_processor_worker_{name}", text, value=value)
        dead = CounterMetricFamily(
            "task_processor_worker_dead", "Tasks given up", labels=["reason"]
        )
        for reason, count in list(counts.dead.items()):
            dead.add_metric([reason], count)
        yield dead
