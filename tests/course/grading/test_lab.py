"""The lab's own connection, its waiting and its programs, on the brokers that there are."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.brokers import Broker
from course.grading.bench import Setting
from course.grading.client import QueueState
from course.grading.findings import Found
from course.grading.lab import Lab
from course.tap.tap import Tap

TALK = """
import os, pika
with pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"])) as connection:
    channel = connection.channel()
    channel.queue_declare(queue="talk", durable=True)
    for body in (b"one", b"two"):
        channel.basic_publish(exchange="", routing_key="talk", body=body)
"""


@pytest.fixture(scope="module", params=["embedded", "rabbitmq"])
def vhost(request: pytest.FixtureRequest) -> Iterator[str]:
    broker: Broker = request.getfixturevalue(request.param)
    with broker.new_vhost() as url:
        yield url


@pytest.fixture
def lab(vhost: str, tmp_path: Path) -> Iterator[Lab]:
    folder = tmp_path / "scratch"
    folder.mkdir()
    setting = Setting(
        url=vhost, provider="any", version=(4, 3), seed=1, check="c", token=f"t{time.time_ns()}",
        folder=folder, deadline=time.monotonic() + 120, restart=lambda: None, note=print,
    )  # fmt: skip
    with Tap(vhost) as tap:
        lab = Lab(setting, tap)
        try:
            yield lab
        finally:
            lab.close()


def write(lab: Lab, name: str, text: str) -> str:
    (lab.setting.folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_message_comes_back_with_what_it_was_given(lab: Lab) -> None:
    queue = lab.declare_queue()
    assert lab.publish({"n": 1}, queue, headers={"h": 1}, correlation_id="c")
    assert lab.queue(queue) == QueueState(1, 0)
    message = lab.get(queue)
    assert message is not None
    assert message.json() == {"n": 1}
    assert message.properties == {"headers": {"h": 1}, "correlation_id": "c"}
    assert (message.exchange, message.routing_key) == ("", queue)
    assert lab.get(queue) is None
    lab.delete_queue(queue)
    assert lab.queue(queue) is None
    assert lab.get(queue) is None


def test_what_no_queue_takes_is_told(lab: Lab) -> None:
    assert not lab.publish("x", "no-such-queue")
    assert not lab.publish("x", "key", exchange="no-such-exchange")
    queue = lab.declare_queue()
    assert lab.publish("x", queue), "the connection goes on after a refusal"
    assert [message.text for message in lab.drain(queue)] == ["x"]


def test_exchanges_are_known_by_name_and_type(lab: Lab) -> None:
    lab.declare_exchange("lab-logs", "topic")
    assert lab.exchange_exists("lab-logs")
    assert lab.exchange_exists("lab-logs", "topic")
    assert not lab.exchange_exists("lab-logs", "fanout")
    assert not lab.exchange_exists("lab-nothing")
    queue = lab.declare_queue()
    lab.bind(queue, "lab-logs", "a.#")
    assert lab.publish("x", "a.b", exchange="lab-logs")
    assert not lab.publish("x", "b.b", exchange="lab-logs")


def test_a_program_is_seen_on_the_wire_under_its_name(lab: Lab) -> None:
    done = lab.run(write(lab, "talk.py", TALK), seconds=30)
    assert done.code == 0, done.text
    published = lab.wire(method="basic.publish", process=done.process)
    assert [event.preview for event in published] == ["one", "two"]
    assert [message.text for message in lab.drain("talk")] == ["one", "two"]
    assert "headers" not in (lab.wire(method="basic.publish")[0].properties or {})
    assert lab.mark() >= published[-1].number
    assert lab.quiet()


def test_two_of_the_same_name_are_told_apart(lab: Lab) -> None:
    script = write(lab, "talk.py", TALK)
    names = [lab.run(script, seconds=30).process.name for _ in range(2)]
    assert names == ["talk", "talk-2"]
    assert len(lab.wire(method="basic.publish", process="talk-2")) == 2


def test_input_arguments_environment_and_files_are_handed_over(lab: Lab) -> None:
    text = "import os, sys; print(sys.argv[1], os.environ['A'], input()); open('f', 'w').write('x')"
    done = lab.run(write(lab, "echo.py", text), 7, env={"A": "b"}, stdin="line\n", seconds=30)
    assert done.lines == ["7 b line"]
    assert lab.file("f") == "x"
    assert lab.file("nothing") == ""
    with pytest.raises(ValueError, match="outside"):
        lab.file("../../etc/passwd")


def test_a_program_that_does_not_end_has_no_code(lab: Lab) -> None:
    done = lab.run(write(lab, "long.py", "import time; time.sleep(60)"), seconds=0.5)
    assert done.code is None
    assert not done.process.alive


def test_a_traceback_is_a_finding_with_its_line(lab: Lab) -> None:
    process = lab.start(write(lab, "bad.py", "import os\n\nos.environ['NOT THERE']\n"))
    with pytest.raises(Found) as caught:
        lab.connected(process, seconds=30)
    assert caught.value.name == "crashed"
    assert caught.value.line == ("bad.py", 3)
    assert "KeyError" in caught.value.saw


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_is_no_crash(lab: Lab) -> None:
    text = "import time\nprint('up', flush=True)\ntime.sleep(60)\n"
    process = lab.start(write(lab, "nap.py", text))
    assert lab.eventually(lambda: process.lines, 30)
    process.interrupt()
    assert process.wait(10) not in (None, 0)
    assert process.traceback() is not None
    lab.crashed(process)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_paused_program_stands_still_until_it_is_resumed(lab: Lab) -> None:
    text = "import time\nfor n in range(10_000):\n    print(n, flush=True)\n    time.sleep(0.02)\n"
    process = lab.start(write(lab, "count.py", text))
    assert lab.eventually(lambda: len(process.lines) > 3, 30)
    process.pause()
    time.sleep(0.2)
    before = len(process.lines)
    time.sleep(0.3)
    assert len(process.lines) == before
    process.resume()
    assert lab.eventually(lambda: len(process.lines) > before)
    process.kill()
    assert not process.alive


def test_eventually_returns_what_was_said_last(lab: Lab) -> None:
    assert lab.eventually(lambda: 0, 0.1) == 0
    assert lab.eventually(lambda: "yes", 0.1) == "yes"


def test_the_same_seed_and_check_give_the_same_numbers(lab: Lab) -> None:
    import random

    assert lab.random.random() == random.Random("1/c").random()
