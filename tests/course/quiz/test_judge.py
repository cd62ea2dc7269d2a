"""Scores and explanations of every type of question."""

import pytest

from course.quiz.judge import choices, judge, read, right_answers, wrong_answers
from course.quiz.lab import Counts
from course.quiz.parts import Script
from course.quiz.simulated import Simulated
from course.quiz.verdict import Answer, Unclear
from tests.course.quiz.sample import question, sample

NAMES = [question.id for question in sample().questions]


@pytest.mark.parametrize("name", NAMES)
def test_every_right_answer_scores_full_and_every_wrong_one_less(name: str) -> None:
    asked = question(name)
    assert right_answers(asked)
    assert wrong_answers(asked)
    for answer in right_answers(asked):
        assert judge(asked, answer, Simulated()).score == 1, answer
    for answer in wrong_answers(asked):
        assert judge(asked, answer, Simulated()).score < 1, answer


@pytest.mark.parametrize(
    ("name", "answer", "score"),
    [
        ("one", (0,), 1),
        ("one", (1,), 0),
        ("some", (0, 1), 1),
        ("some", (0,), 0.5),
        ("some", (0, 2), 0),
        ("some", (0, 1, 2), 0.5),
        ("some", (2,), 0),
        ("some", (), 0),
        ("row", (0, 1, 2), 1),
        ("row", (1, 2, 0), 0.5),
        ("row", (2, 1, 0), 0),
        ("seconds", "2.5", 1),
        ("seconds", " 3 S ", 1),
        ("seconds", "2,0", 1),
        ("seconds", "3.1", 0),
        ("word", "  Alternate   EXCHANGE", 1),
        ("word", "ae", 1),
        ("word", "exchange", 0),
        ("pattern", '"#.critical"', 1),
        ("pattern", "*.critical", 0),
        ("pattern", "#.#.critical", 1),
        ("queues", (0,), 1),
        ("queues", (), 0),
        ("queues", (0, 1), 0),
        ("run", " 0 ", 1),
        ("run", "1", 0),
        ("count", "2", 1),
        ("count", "3", 0),
    ],
)
def test_an_answer_scores(name: str, answer: Answer, score: float) -> None:
    assert judge(question(name), answer, Simulated()).score == score


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        ("one", (2,), "No, neither."),
        ("some", (0, 2), "No, C."),
        ("seconds", "4", "Too long."),
        ("word", "Dead Letter Exchange", "That is for messages that were in a queue."),
        ("pattern", "*.critical", "A star is one word."),
        ("queues", (0, 1), "The dot matters."),
        ("run", "1", "Nothing was published."),
        ("count", "3", "The prefetch count holds one back."),
    ],
)
def test_a_known_wrong_answer_is_told_its_own_why(name: str, answer: Answer, why: str) -> None:
    notes = judge(question(name), answer, Simulated()).notes
    assert why in [note.why for note in notes if not note.right]


def test_a_chosen_option_and_the_right_one_are_both_explained() -> None:
    notes = judge(question("one"), (1,), Simulated()).notes
    assert [(note.right, note.why) for note in notes] == [(False, "No."), (True, "Yes.")]


def test_bindings_are_shown_as_a_table_of_what_arrived() -> None:
    verdict = judge(question("pattern"), "*.critical", Simulated())
    assert verdict.table == (
        ("routing key", "arrived", "wanted", ""),
        ("critical", "no", "yes", "not as wanted"),
        ("a.critical", "yes", "yes", ""),
        ("a.b.critical", "no", "yes", "not as wanted"),
        ("a.criticals", "no", "no", ""),
    )


def test_a_refused_binding_is_wrong_in_the_brokers_words() -> None:
    verdict = judge(question("pattern"), "#.a.#.b.#", Simulated())
    assert verdict.score == 0
    assert "at most 2 are allowed" in verdict.notes[0].why


def test_what_happened_counts_and_not_what_the_file_expects() -> None:
    class Other(Simulated):
        def last_line(self, script: Script) -> str:
            return "7"

        def count(self, steps: object, queue: str) -> Counts:
            return Counts(0, 7, 0)

    for name in ("run", "count"):
        assert judge(question(name), "7", Other()).score == 1
        assert "here it was '7'" in judge(question(name), "7", Other()).surprise


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("seconds", "soon"),
        ("seconds", "nan"),
        ("seconds", "inf"),
        ("count", "2.5"),
        ("count", "-1"),
        ("pattern", "a b"),
        ("pattern", "a" * 256),
        ("word", "   "),
    ],
)
def test_what_is_no_answer_is_asked_for_again(name: str, typed: str) -> None:
    with pytest.raises(Unclear):
        read(question(name), typed)


def test_choices_are_offered_where_there_are_some() -> None:
    offered = {name: len(choices(question(name))) for name in NAMES}
    assert offered == {
        **{"one": 3, "some": 3, "row": 3, "seconds": 0, "word": 0},
        **{"pattern": 0, "queues": 2, "run": 0, "count": 0},
    }
