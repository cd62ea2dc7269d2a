"""Which questions a sitting asks, and its result."""

import pytest

from course.errors import WrongUse
from course.progress import Sitting
from course.quiz import load
from course.quiz.sitting import choose, result, shuffled
from tests.course.quiz.sample import sample

QUIZ = load.quiz("3")


@pytest.mark.parametrize("seed", range(20))
def test_a_sitting_covers_every_objective(seed: int) -> None:
    asked = choose(QUIZ, seed).questions
    assert len(asked) == len(set(asked)) == QUIZ.sitting
    by_id = {question.id: question for question in QUIZ.questions}
    covered = {by_id[name].objective for name in asked}
    assert covered == {objective.id for objective in QUIZ.objectives}


def test_a_seed_gives_the_same_sitting_and_another_seed_another() -> None:
    assert choose(QUIZ, 7) == choose(QUIZ, 7)
    assert choose(QUIZ, 7).questions != choose(QUIZ, 8).questions


def test_options_are_shuffled_by_seed_and_question() -> None:
    texts = ["a", "b", "c", "d", "e"]
    orders = {tuple(shuffled(texts, seed, "q")) for seed in range(50)}
    assert len(orders) > 10
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert shuffled(texts, 1, "q") == shuffled(texts, 1, "q")


def test_a_lesson_and_a_count_narrow_the_sitting() -> None:
    by_id = {question.id: question for question in QUIZ.questions}
    narrowed = choose(QUIZ, 1, lesson="3.4", count=3)
    assert len(narrowed.questions) == 3
    assert {by_id[name].lesson for name in narrowed.questions} == {"3.4"}
    assert not narrowed.whole
    assert choose(QUIZ, 1).whole
    assert not choose(QUIZ, 1, count=QUIZ.sitting - 1).whole
    assert len(choose(QUIZ, 1, count=1000).questions) == len(QUIZ.questions)


def test_a_lesson_without_questions_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match=r"asks nothing about lesson 9\.9"):
        choose(QUIZ, 1, lesson="9.9")


@pytest.mark.parametrize(
    ("scores", "percent", "passed"),
    [
        ([1, 1, 1, 1, 0], 80, True),
        ([1, 1, 1, 0.99, 0], 79, False),
        ([1, 1, 1], 100, True),
        ([0, 0, 0.5], 16, False),
    ],
)
def test_the_result_is_rounded_down(scores: list[float], percent: int, passed: bool) -> None:
    quiz = sample()
    names = [question.id for question in quiz.questions][: len(scores)]
    sitting = Sitting(seed=1, questions=names, scores=dict(zip(names, scores, strict=True)))
    found = result(quiz, sitting)
    assert (found.percent, found.passed) == (percent, passed)
    assert len(found.missed) == sum(score < 1 for score in scores)
    assert found.by_objective == ((quiz.objectives[0], sum(scores), len(scores)),)
