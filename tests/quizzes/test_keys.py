"""Every key of module 3 is right on every broker, and every listed wrong answer fails there."""

import pytest

from course.brokers import Broker
from course.quiz.check import key_problems
from course.quiz.models import EXECUTED, Question
from course.quiz.rabbit import Rabbit
from course.quiz.simulated import Simulated
from tests.quizzes.files import MODULE_3

EXECUTED_ONES = [question for question in MODULE_3.questions if isinstance(question, EXECUTED)]
every_question = pytest.mark.parametrize("question", MODULE_3.questions, ids=lambda q: q.id)
every_executed = pytest.mark.parametrize("question", EXECUTED_ONES, ids=lambda q: q.id)


@every_executed
def test_a_key_is_what_rabbitmq_does(question: Question, rabbitmq: Broker) -> None:
    assert key_problems(question, Rabbit(rabbitmq)) == []


@every_executed
def test_a_key_is_what_the_installed_rabbitmq_does(
    question: Question, native_rabbitmq: Broker
) -> None:
    assert key_problems(question, Rabbit(native_rabbitmq)) == []


@every_executed
def test_a_key_is_what_the_embedded_broker_does(question: Question, embedded: Broker) -> None:
    assert key_problems(question, Rabbit(embedded)) == []


@every_question
def test_without_a_broker_the_same_answers_are_right_and_wrong(question: Question) -> None:
    assert key_problems(question, Simulated()) == []


def test_a_wrong_key_is_noticed() -> None:
    question = next(q for q in MODULE_3.questions if q.id == "orders-in-europe")
    route = question.route.model_copy(update={"answers": ["order.#.eu"]})
    problems = key_problems(question.model_copy(update={"route": route}), Simulated())
    assert problems and "'order.#.eu' scores 0%" in problems[0]
