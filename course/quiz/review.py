"""When a question that was missed is due again: spaced repetition with fsrs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fsrs import Card, Rating, Scheduler

from course.progress import QuizProgress

HALF = 0.5


def remember(entry: QuizProgress, question: str, score: float, now: datetime | None = None) -> None:
    """Note an answer: a missed question gets a card, and a card is scheduled by each answer."""
    known = entry.cards.get(question)
    if known is None and score >= 1:
        return
    card = _card(known) or Card()
    rating = Rating.Good if score >= 1 else Rating.Hard if score >= HALF else Rating.Again
    scheduler = Scheduler(enable_fuzzing=False)
    card, _ = scheduler.review_card(card, rating, now or datetime.now(UTC))
    entry.cards[question] = {**card.to_dict()}


def due(
    entry: QuizProgress, questions: Sequence[str], now: datetime | None = None
) -> tuple[list[str], datetime | None]:
    """The cards of these questions that are due, longest due first, and when the next will be."""
    moment = now or datetime.now(UTC)
    dates = {
        name: card.due for name in questions if (card := _card(entry.cards.get(name))) is not None
    }
    ready = sorted((name for name in dates if dates[name] <= moment), key=lambda n: dates[n])
    later = [date for date in dates.values() if date > moment]
    return ready, min(later, default=None)


def _card(kept: dict[str, Any] | None) -> Card | None:
    """The kept card; None if there is none, or if another version of fsrs wrote it."""
    if kept is None:
        return None
    try:
        # store leaves out what is None, and fsrs wants to see it.
        blank = {"step": None, "stability": None, "difficulty": None, "last_review": None}
        return Card.from_dict({**blank, **kept})  # type: ignore[typeddict-item]
    except (KeyError, TypeError, ValueError):
        return None
