"""A page or script that is not right any more makes its lesson fail, and the failure says where."""

import shutil
from pathlib import Path

import pytest

from course.brokers import Broker
from course.player import page as pages
from course.player.play import Mismatch, play
from tests.player_views import Silent


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """Lesson 3.1 in a repository of its own, free to be broken."""
    folder = tmp_path / "module_3" / "01_work_queues"
    shutil.copytree(repository / "module_3" / "01_work_queues", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def failure(folder: Path, scene: str, broker: Broker, tmp_path: Path) -> str:
    page = pages.read(folder / "README.md")
    with broker.new_vhost() as url, pytest.raises(Mismatch) as caught:
        play(page, pages.choose(page, scene), broker, url, Silent(), tmp_path / "log", 4)
    return str(caught.value)


def test_two_lines_in_the_wrong_order(copy: Path, rabbitmq: Broker, tmp_path: Path) -> None:
    edit(
        copy / "README.md",
        " [x] Received task 1\n [x] Done task 1",
        " [x] Done task 1\n [x] Received task 1",
    )
    said = failure(copy, "Two workers", rabbitmq, tmp_path)
    line = (copy / "README.md").read_text(encoding="utf-8").splitlines().index(" [x] Done task 1")
    assert said.startswith(f"{copy / 'README.md'}:{line + 1}: terminal-1 should show")
    assert "' [x] Received task 1' came" in said


def test_a_missing_acknowledgement(copy: Path, rabbitmq: Broker, tmp_path: Path) -> None:
    edit(copy / "worker.py", "channel.basic_ack(delivery_tag=method.delivery_tag)", "pass")
    said = failure(copy, "Two workers", rabbitmq, tmp_path)
    assert "terminal-1 should show ' [x] Received task 3'" in said
    assert "nothing came" in said


def test_a_renamed_queue(copy: Path, rabbitmq: Broker, tmp_path: Path) -> None:
    edit(copy / "new_task.py", "task_queue", "tasks")
    assert "terminal-1 should show ' [x] Received task 1'" in failure(
        copy, "Two workers", rabbitmq, tmp_path
    )


def test_a_line_too_many(copy: Path, rabbitmq: Broker, tmp_path: Path) -> None:
    edit(copy / "worker.py", 'print(f" [x] Done', 'print("more"); print(f" [x] Done')
    said = failure(copy, "Two workers", rabbitmq, tmp_path)
    assert "' [x] Done task 1'; 'more' came" in said


def test_a_script_that_does_not_end_cleanly_on_ctrl_c(
    copy: Path, rabbitmq: Broker, tmp_path: Path
) -> None:
    edit(copy / "worker.py", "pass  # the connection", "raise SystemExit(7)  # the connection")
    said = failure(copy, "Two workers", rabbitmq, tmp_path)
    assert "should end cleanly on Ctrl-C" in said
