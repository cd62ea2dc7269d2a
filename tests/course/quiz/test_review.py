"""What was missed is due again, later each time that it is known."""

from datetime import UTC, datetime, timedelta

import pytest

from course import progress
from course.progress import Progress, QuizProgress
from course.quiz.review import due, remember

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_was_right_at_once_is_not_reviewed() -> None:
    entry = QuizProgress()
    remember(entry, "known", 1, NOW)
    assert entry.cards == {}
    assert due(entry, ["known"], NOW) == ([], None)


def test_what_was_missed_is_due_soon_and_then_ever_later() -> None:
    entry = QuizProgress()
    remember(entry, "missed", 0, NOW)
    names, later = due(entry, ["missed", "other"], NOW)
    assert names == []
    assert later is not None and NOW < later <= NOW + timedelta(hours=1)
    gaps = []
    moment = later
    for _ in range(5):
        assert due(entry, ["missed"], moment)[0] == ["missed"]
        remember(entry, "missed", 1, moment)
        _, later = due(entry, ["missed"], moment)
        assert later is not None
        gaps.append(later - moment)
        moment = later
    assert gaps == sorted(gaps)
    assert gaps[-1] > timedelta(days=10)


def test_another_miss_brings_it_back_soon() -> None:
    entry = QuizProgress()
    moment = NOW
    for score in (0, 1, 1, 1, 0):
        remember(entry, "q", score, moment)
        _, later = due(entry, ["q"], moment)
        assert later is not None
        gap, moment = later - moment, later
    assert gap <= timedelta(hours=1)


def test_the_longest_due_comes_first_and_other_lessons_do_not_come() -> None:
    entry = QuizProgress()
    for number, name in enumerate(["late", "early", "elsewhere"]):
        remember(entry, name, 0, NOW - timedelta(hours=number))
    names, _ = due(entry, ["late", "early"], NOW + timedelta(days=1))
    assert names == ["early", "late"]


def test_cards_survive_the_store() -> None:
    so_far = Progress()
    remember(so_far.quiz(3), "q", 0, NOW)
    remember(so_far.quiz(3), "q", 0.5, NOW + timedelta(minutes=10))
    progress.save(so_far)
    again = progress.load(pytest.fail).quiz(3)
    later = NOW + timedelta(days=2)
    assert due(again, ["q"], later) == due(so_far.quiz(3), ["q"], later) == (["q"], None)
    remember(again, "q", 1, later)
    assert due(again, ["q"], later)[0] == []


@pytest.mark.parametrize("card", [{}, {"due": "never"}, {"card_id": 1, "state": 99}])
def test_a_card_that_cannot_be_read_is_no_card(card: dict) -> None:
    entry = QuizProgress(cards={"q": card})
    assert due(entry, ["q"], NOW) == ([], None)
    remember(entry, "q", 0, NOW)
    assert due(entry, ["q"], NOW + timedelta(days=1))[0] == ["q"]
