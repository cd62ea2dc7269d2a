"""The commands, as a person uses them, on a real RabbitMQ with a real worker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from task_processor.amqp.connect import session
from task_processor.cli import run_command_line
from task_processor.settings import Broker
from task_processor.submit import publish

from course.brokers import Broker as CourseBroker
from tests.project_3_task_processor.faults.system import System
from tests.support import eventually

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(system: System, capsys: pytest.CaptureFixture[str], monkeypatch) -> Say:
    """Runs a command line; its exit code, standard output and standard error."""
    monkeypatch.setenv("TASK_PROCESSOR_RETRY_DELAYS", "1,2")
    monkeypatch.chdir(system.folder)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command_line(["--url", system.broker.url, *words])
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_a_job_from_submit_to_results(system: System, say: Say) -> None:
    system.make_images(12, poison=2)
    request = ("submit", "in", "--out", "out", "--ops", "grayscale,thumbnail:24")
    code, out, err = say(*request)
    job = out.strip()
    assert (code, len(job)) == (0, 16)
    assert "14 of 14 tasks accepted." in err and "No worker is running yet" in err
    assert f"{job}: running" in say("status", job[:6])[1]
    worker = system.worker()
    code, out, err = say(
        "submit", "in", "--out", "out", "--ops", "grayscale,thumbnail:24", "--wait"
    )
    assert code == 1 and "0 of 14 tasks accepted, 14 were there before" in err
    assert "12 of 14 done" in out and "2 x not-an-image" in out
    status = json.loads(say("status", job, "--json")[1])
    assert (status["state"], status["counts"]["done"]) == ("finished", 12)
    assert f"{job}  " in say("jobs")[1]
    rows = [json.loads(line) for line in say("results", job, "--json")[1].splitlines()]
    assert len(rows) == 14
    assert all(Path(row["target"]).exists() for row in rows if row["state"] == "done")
    assert len(say("results", job, "--failed")[1].splitlines()) == 2
    assert worker.end() == 0
    assert f"{job}: finished" in say("status", job)[1], "it needs no worker to say so"


def test_dead_letters_are_shown_retried_and_discarded(system: System, say: Say) -> None:
    system.make_images(2, poison=3)
    job = system.submit()
    system.worker()
    system.wait(job)
    out = say("dead", "list")[1]
    assert "3 x not-an-image. What to do: " in out
    key = next(word for word in out.split() if word.startswith(f"{job}/"))
    shown = json.loads(say("dead", "show", key)[1])
    assert shown["reason"] == "not-an-image" and json.loads(shown["body"])["job"] == job
    assert say("dead", "show", "nothing/1")[0] == 1
    assert say("dead", "retry")[0] == 2
    assert say("dead", "retry", key) == (0, "1 tasks are with the workers again.\n", "")
    eventually(lambda: system.state(job).counts()["dead"] == 3, "it is dead again")
    assert say("dead", "discard", "--all")[0] == 2, "nobody is there to say yes"
    assert say("dead", "discard", "--job", job, "--yes")[1] == "3 dead letters are gone.\n"
    assert say("dead", "list")[1] == "No dead letters.\n"
    assert system.state(job).counts()["discarded"] == 3


def test_an_interrupted_submission_says_how_many_and_goes_on(
    system: System, say: Say, monkeypatch
) -> None:
    system.make_images(300)
    send = publish.Sender._send

    def interrupting(self: publish.Sender, publisher, task) -> None:
        send(self, publisher, task)
        if task.number == 120:
            self._interrupt()

    with monkeypatch.context() as patch:
        patch.setattr(publish.Sender, "_send", interrupting)
        code, _, err = say("submit", "in", "--out", "out")
    assert code == 1 and "interrupted. 120 of 300 tasks of job " in err
    job = err.rpartition(" ")[2].strip()
    with session(system.broker, "test") as on:
        assert on.count(on.names.tasks)[0] == 120, "what it said is what the broker has"
    assert "120 waiting" in say("status", job)[1]
    code, _, err = say("submit", "--resume", job)
    assert code == 0 and "180 of 300 tasks accepted, 120 were there before" in err
    with session(system.broker, "test") as on:
        assert on.count(on.names.tasks)[0] == 300


def test_a_cancelled_job_stops_and_goes_on_when_submitted_again(system: System, say: Say) -> None:
    system.make_images(60)
    job = system.submit()
    assert "0 of 60 are done" in say("cancel", job)[1]
    assert say("cancel", job)[0] == 1
    system.worker()
    eventually(lambda: system.state(job).counts()["dropped"] == 60, "workers drop its tasks", 60)
    assert "cancelled" in say("status", job)[1] and not system.outputs()
    assert system.submit() == job
    system.wait(job)
    assert len(system.outputs()) == 60


def test_purge_deletes_what_waits_and_everything_only_when_told_so(
    system: System, say: Say
) -> None:
    system.make_images(5)
    job = system.submit()
    assert say("purge")[0] == 2, "nobody is there to say yes"
    assert "5 messages are deleted" in say("purge", "--yes")[1]
    assert job in say("jobs")[1]
    assert say("purge", "--everything", "--yes")[0] == 0
    assert say("jobs")[1].startswith("No job was submitted yet")


def test_the_monitor_on_a_pipe_prints_a_line_for_each_look(system: System, say: Say) -> None:
    worker = system.worker()
    worker.wait_for("ready")
    code, out, _ = say("monitor", "--every", "3", "--count", "2")
    assert code == 0 and len(out.splitlines()) == 2
    assert "tasks=0 again=0 dead=0 workers=1 busy=0/2" in out.splitlines()[1]


def test_the_topology_and_the_doctor_say_what_there_is(system: System, say: Say) -> None:
    assert "x-dead-letter-strategy: at-least-once" in say("topology")[1]
    code, out, _ = say("doctor")
    assert code == 0 and "ok  RabbitMQ 4." in out and "ok  0 workers listen" in out


def test_what_can_go_wrong_is_said_in_a_line(system: System, say: Say) -> None:
    for words, code, text in (
        (["status", "0123"], 1, "no job 0123"),
        (["submit", "--out", "out"], 2, "submit PATH... --out FOLDER"),
        (["submit", "nothing.jpg", "--out", "out"], 2, "there is no such file"),
        (["submit", ".", "--out", "out", "--ops", "blurr"], 2, "blurr"),
        (["submit", "--resume", "0123"], 1, "no list of job 0123"),
        (["worker", "--root", "gs://x"], 2, "neither"),
        (["nonsense"], 2, "nonsense"),
    ):
        found, _, err = say(*words)
        assert found == code and text in err and err.count("\n") == 1, (words, err)


def test_where_no_broker_answers_that_is_said(capsys) -> None:
    url = "amqp://guest:secret@127.0.0.1:1/%2F"
    assert run_command_line(["--url", url, "jobs"]) == 3
    said = capsys.readouterr().err
    assert "nothing answers" in said and "secret" not in said
    assert Broker(url).url == url


def test_a_user_with_rights_to_the_prefix_alone_is_enough(
    system: System, say: Say, rabbitmq: CourseBroker
) -> None:
    plain = system.broker.url
    vhost = plain.rpartition("/")[2]
    for words in (
        ["add_user", "limited", "pass word"],
        ["set_permissions", "-p", vhost, "limited", "^images", "^images", "^images"],
    ):
        done = rabbitmq.container.exec(["rabbitmqctl", "-q", *words])
        assert done.exit_code == 0, done.output
    try:
        limited = plain.replace("guest:guest@", "limited:pass%20word@")
        system.make_images(3)
        worker = system.worker(url=limited)
        worker.wait_for("ready")
        code, out, err = say("--url", limited, "submit", "in", "--out", "out", "--wait")
        assert (code, "3 of 3 done" in out) == (0, True), err
        for command in (("topology",), ("monitor", "--count", "1"), ("dead", "list"), ("jobs",)):
            code, out, err = say("--url", limited, *command)
            assert code == 0, (command, err)
        code, out, err = say("--url", limited, "--prefix", "other", "jobs")
        assert (code, out) == (3, "")
        assert "ACCESS_REFUSED - configure access to exchange 'other'" in err
        assert "Give the user configure, write and read for ^other" in err
    finally:
        rabbitmq.container.exec(["rabbitmqctl", "-q", "delete_user", "limited"])
