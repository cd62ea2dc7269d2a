"""The Prometheus metrics of a worker and of the monitor, read as Prometheus reads them."""

import contextlib
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from course.brokers import probe
from tests.project_3_task_processor.faults.system import System
from tests.support import eventually

pytestmark = pytest.mark.slow


def metrics(port: int) -> dict[str, float]:
    """Name and labels, such as `task_processor_worker_dead_total{reason=not-an-image}`."""
    found = {}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        for family in text_string_to_metric_families(answer.read().decode()):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
                found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def shows(port: int, **wanted: float) -> bool:
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        now = metrics(port)
        return all(now.get(f"task_processor_{name}") == value for name, value in wanted.items())
    return False


def test_a_worker_counts_what_it_did(system: System) -> None:
    system.make_images(20, poison=3)
    port = probe.free_port(0)
    system.worker("--metrics-port", str(port))
    system.wait(system.submit())
    eventually(lambda: shows(port, worker_done_total=20), "20 are counted", 20)
    now = metrics(port)
    assert now["task_processor_worker_deliveries_total"] == 23
    assert now["task_processor_worker_dead_total{reason=not-an-image}"] == 3
    assert now["task_processor_worker_retries_total"] == 0


def test_the_monitor_sees_queues_and_workers(system: System) -> None:
    system.make_images(30)
    system.submit()
    port = probe.free_port(0)
    system.program("monitor", "--every", "0.5", "--metrics-port", str(port))
    waiting = {"queue_messages{queue=tasks}": 30.0}
    eventually(lambda: shows(port, broker_up=1, workers=0, **waiting), "30 tasks wait", 30)
    system.worker()
    waiting = {"queue_messages{queue=tasks}": 0.0}
    idle = {"workers": 1.0, "processes": 2.0, "processes_busy": 0.0}
    eventually(lambda: shows(port, **idle, **waiting), "all is done", 60)
