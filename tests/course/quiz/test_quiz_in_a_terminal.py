"""A whole sitting in a terminal: arrow keys and Enter, as a person does it."""

import os
import sys

import pytest

from course import progress
from course.quiz import load
from course.quiz.judge import choices, right_answers
from course.quiz.models import Multiple, Order, Question, Route
from course.quiz.sitting import choose, shuffled
from tests.support import REPOSITORY

pexpect = pytest.importorskip("pexpect", reason="there is no pty on this system")
DOWN, SPACE, ENTER = "\x1b[B", " ", "\r"
QUIZ = load.quiz("3")
DEAD = "amqp://guest:guest@127.0.0.1:1/"


def start(*words: str, **environment: str):
    return pexpect.spawn(
        sys.executable,
        ["-P", "-m", "course", "quiz", *words],
        cwd=str(REPOSITORY),
        env={**os.environ, "TERM": "xterm", "RABBITMQ_URL": DEAD, **environment},
        encoding="utf-8",
        dimensions=(40, 80),
        timeout=60,
    )


def keys(question: Question, seed: int) -> str:
    """The keys for the right answer."""
    answer = right_answers(question)[0]
    if isinstance(answer, str):
        return answer + ENTER
    order = shuffled(choices(question), seed, question.id)
    if isinstance(question, Route):
        order.sort()
    places = [order.index(place) for place in answer]
    if isinstance(question, Order):
        return " ".join(str(place + 1) for place in places) + ENTER
    if not isinstance(question, Multiple | Route):
        return DOWN * places[0] + ENTER
    pressed = ""
    for place in range(len(order)):
        pressed += (SPACE if place in places else "") + DOWN
    return pressed + ENTER


def prompt(question: Question) -> str:
    typed = isinstance(question, Order) or not choices(question)
    return r"\? hint, q stop" if typed else "stop here"


def test_a_whole_sitting_is_passed_by_keys() -> None:
    by_id = {question.id: question for question in QUIZ.questions}
    child = start("3", "--seed", "7")
    for number, name in enumerate(choose(QUIZ, 7).questions, start=1):
        question = by_id[name]
        child.expect(f"Question {number} of 15")
        child.expect(prompt(question))
        child.send(keys(question, 7))
        assert child.expect(["Right.", "Wrong.", "Partly right"]) == 0, name
    child.expect("Passed with 100 %")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert progress.load(pytest.fail).quiz(3).best_percent == 100


def test_a_hint_and_a_stop_are_among_the_choices() -> None:
    single = next(q for q in QUIZ.questions if q.type == "single" and q.hints)
    seed = next(s for s in range(2000) if choose(QUIZ, s, count=1).questions == [single.id])
    child = start("3", "--count", "1", "--seed", str(seed))
    child.expect("stop here")
    child.send(DOWN * len(choices(single)) + ENTER)
    child.expect("Hint:")
    child.expect("stop here")
    child.send(DOWN * (len(choices(single)) + 1) + ENTER)
    child.expect("learn: stopped, 0 of 1 answered and kept")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_control_c_keeps_what_was_answered() -> None:
    child = start("3", "--seed", "7")
    child.expect("Question 1 of 15")
    child.expect("stop here|q stop")
    child.sendintr()
    child.expect("learn: stopped, 0 of 15 answered and kept")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in (child.before or "")
    sitting = progress.load(pytest.fail).quiz(3).sitting
    assert sitting is not None and sitting.seed == 7


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PLAIN": "1"}])
def test_a_dumb_terminal_and_plain_have_numbers(environment: dict[str, str]) -> None:
    words = ["--plain"] if "PLAIN" in environment else []
    child = start("3", "--count", "1", "--seed", "1", *words, **environment)
    child.expect(r"\? hint, q stop\): ")
    assert "\x1b[" not in child.before
    child.sendline("q")
    child.expect("learn: stopped")
    child.expect(pexpect.EOF)
