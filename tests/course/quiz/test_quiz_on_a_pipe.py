"""A sitting through a pipe: numbers and lines, resumed, reviewed, with and without a broker."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course import progress
from course.brokers import Broker
from course.quiz import load
from course.quiz.judge import choices, right_answers, wrong_answers
from course.quiz.models import Question, Route
from course.quiz.sitting import choose, shuffled
from course.toml import files
from tests.support import REPOSITORY, learn

QUIZ = load.quiz("3")
BY_ID = {question.id: question for question in QUIZ.questions}
DEAD = {"RABBITMQ_URL": "amqp://guest:guest@127.0.0.1:1/"}
ASKED = [BY_ID[name] for name in choose(QUIZ, 7).questions]


def typed(question: Question, seed: int, right: bool = True) -> str:
    """The line that a person would type for the first right or wrong answer."""
    answer = (right_answers(question) if right else wrong_answers(question))[0]
    if isinstance(answer, str):
        return answer
    order = shuffled(choices(question), seed, question.id)
    if isinstance(question, Route):
        order.sort()
    return " ".join(str(order.index(place) + 1) for place in answer) or "0"


def quiz(*words: str, lines: list[str], **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-P", "-m", "course", "quiz", *words],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **environment},
        check=False,
    )


def test_a_whole_sitting_on_rabbitmq_is_passed_with_the_right_answers(rabbitmq: Broker) -> None:
    environment = {
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_MANAGEMENT_URL": rabbitmq.management.base_url,
    }
    lines = [typed(question, 7) for question in ASKED]
    done = quiz("3", "--seed", "7", "--plain", lines=lines, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nRight.\n") == len(ASKED) == 15
    assert "Passed with 100 %" in done.stdout
    assert "Simulated" not in done.stdout
    assert re.search(r"(Seen|Run) on RabbitMQ \d", done.stdout)
    assert done.stdout.isascii() and "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    entry = progress.load(pytest.fail).quiz(3)
    assert (entry.best_percent, entry.sitting) == (100, None)
    assert entry.passed_at is not None


def test_a_whole_sitting_without_a_broker_is_simulated_and_reviewed() -> None:
    lines = [typed(question, 7, right=number > 3) for number, question in enumerate(ASKED)]
    done = quiz("3", "--seed", "7", lines=lines, **DEAD)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No broker, so its part is simulated: " in done.stdout
    assert "Run on" not in done.stdout and "Seen on" not in done.stdout
    assert "To read again:" in done.stdout
    assert "% are needed. Review: ./learn quiz 3 --review" in done.stderr
    for question in ASKED[:4]:
        assert question.source in done.stdout
    entry = progress.load(pytest.fail).quiz(3)
    assert entry.passed_at is None
    assert set(entry.cards) == {question.id for question in ASKED[:4]}
    soon = quiz("3", "--review", lines=[], **DEAD)
    assert soon.returncode == 0
    assert "Nothing is due now. The next question is due" in soon.stdout


def test_an_ended_input_keeps_the_sitting_and_the_next_one_goes_on() -> None:
    first = quiz("3", "--seed", "7", lines=["?", "rubbish", typed(ASKED[0], 7)], **DEAD)
    assert first.returncode == 1
    assert first.stderr.splitlines()[-1] == (
        "learn: the input is over, 1 of 15 answered and kept. Go on: ./learn quiz 3"
    )
    assert "Hint:" in first.stdout
    second = quiz("3", lines=[typed(ASKED[1], 7), "q"], **DEAD)
    assert "1 of 15 answered, seed 7." in second.stdout
    assert "Question 2 of 15" in second.stdout
    assert "learn: stopped, 2 of 15 answered and kept." in second.stderr
    third = quiz("3", "--lesson", "topics", "--count", "1", "--seed", "1", lines=[], **DEAD)
    assert "A sitting that was begun is put away" in third.stderr
    assert "Question 1 of 1 (lesson 3.4)" in third.stdout


def test_what_is_due_is_asked_again(own_work_folder: Path) -> None:
    name = ASKED[0].id
    so_far = progress.Progress()
    from course.quiz.review import remember

    remember(so_far.quiz(3), name, 0)
    so_far.quiz(3).cards[name]["due"] = "2026-01-01T00:00:00+00:00"
    progress.save(so_far)
    done = quiz("3", "--review", "--seed", "7", lines=[typed(ASKED[0], 7)], **DEAD)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "To review: 1 question," in done.stdout
    kept = json.loads((own_work_folder / "progress.json").read_text())
    assert kept["quizzes"]["3"]["cards"][name]["due"] > "2026-01-01T00:00:00+00:00"
    assert "sitting" not in kept["quizzes"]["3"]


def test_a_damaged_store_is_set_aside_and_the_quiz_goes_on(own_work_folder: Path) -> None:
    own_work_folder.mkdir()
    (own_work_folder / "progress.json").write_text('{"schema_version": 2, "quizzes": [')
    done = quiz("3", "--count", "1", "--seed", "1", lines=[], **DEAD)
    assert "progress.json could not be read" in done.stderr
    assert "Question 1 of 1" in done.stdout
    assert (own_work_folder / "progress.damaged-1.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["quiz", "4"], 2, "there is no quiz '4'"),
        (["quiz", "3", "--lesson", "3.44"], 2, "there is no lesson '3.44'. Did you mean 3.4?"),
        (["quiz", "3", "--count", "0"], 2, "Invalid value for '--count'"),
        (["quiz", "export", "3", "--format", "pdf"], 2, "Invalid value for '--format'"),
        (["quiz", "interview", "kafka-or-rabbit"], 2, "there is no interview question"),
    ],
)
def test_wrong_use_is_one_line(words: list[str], code: int, said: str) -> None:
    done = learn(*words, **DEAD)
    assert done.returncode == code
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_an_interview_is_judged_by_oneself() -> None:
    question = files.read(load.FOLDER / "interview.toml", interview_file()).questions[0]
    name, rubric = question.id, question.rubric
    answers = ["", *["y" for _ in rubric[1:]], "maybe", "n"]
    done = quiz("interview", name, "--plain", lines=answers, **DEAD)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "A model answer" in done.stdout
    assert f"{len(rubric) - 1} of {len(rubric)} points." in done.stdout
    assert progress.load(pytest.fail).interview == {name: len(rubric) - 1}


def interview_file():
    from course.quiz.interview import InterviewFile

    return InterviewFile
