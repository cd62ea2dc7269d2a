"""A cluster of three loses the node that leads the tasks, and no task."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from task_processor.settings import Broker

from tests.project_3_task_processor.faults.cluster import NODES, Cluster, running
from tests.project_3_task_processor.faults.system import System
from tests.support import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

QUEUE = "images.tasks"
SLOW = {"handler": "slow", "TEST_SECONDS": "0.05"}


@pytest.fixture
def cluster(docker_engine: str) -> Iterator[Cluster]:
    with running() as made:
        yield made


def test_the_leaders_node_is_killed_while_tasks_run_and_nothing_is_lost(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_PROCESSOR_STATE", str(tmp_path / "state"))
    system = System(Broker(cluster.url("rmq1"), delays=(1, 2)), tmp_path)
    try:
        system.make_images(300, poison=10)
        job = system.submit()
        lost = cluster.leader(QUEUE)
        assert lost in NODES
        left = next(node for node in NODES if node != lost)
        system.broker = Broker(cluster.url(left), delays=(1, 2))
        workers = {node: system.worker(url=cluster.url(node), **SLOW) for node in NODES}
        system.begun()

        cluster.compose("kill", "-s", "SIGKILL", lost)
        assert len(system.outputs()) < 300, "there was work left"
        eventually(lambda: cluster.leader(QUEUE, left) not in ("", lost), "another leader", 60)
        system.wait(job, 180)
        system.check(job)

        cluster.compose("start", lost)
        workers[lost].wait_for("connected again", 120)
        eventually(lambda: cluster.online(left, 3), "three nodes again", 60)
        system.check(job)
    finally:
        for program in system.programs:
            program.end("SIGKILL")
