"""Random topologies and steps, for comparing the local model with a broker."""

from hypothesis import strategies as st

from course.quiz.lab import Topology
from course.quiz.steps import (
    Ack,
    Bind,
    Close,
    Consume,
    Declare,
    Nack,
    Publish,
    Step,
    mistake,
)

word = st.sampled_from(["", "a", "b", "B", "a*", "#b"])
pattern_word = st.one_of(word, st.sampled_from(["*", "#"]))


def _key(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(words, max_size=5).map(".".join)


routing_keys = st.lists(_key(word), min_size=1, max_size=12, unique=True)
topologies = st.builds(
    Topology,
    st.sampled_from(["topic", "topic", "topic", "direct", "fanout"]),
    st.lists(
        st.tuples(st.sampled_from(["one", "two"]), _key(pattern_word)), min_size=1, max_size=4
    ).map(tuple),
)


@st.composite
def step_lists(draw: st.DrawFn) -> list[Step]:
    """Steps that make sense together: a queue for work, one for its dead letters, consumers.

    None of them waits for a time to live: that is slow, and tested case by case.
    """
    kind = draw(st.sampled_from(["quorum", "classic"]))
    max_length = draw(st.none() | st.integers(1, 3))
    steps: list[Step] = [
        Declare(do="declare", queue="dead", kind=kind),
        Declare(
            do="declare",
            queue="work",
            kind=kind,
            max_length=max_length,
            dead_letter_to=draw(st.sampled_from([None, "dead"])),
        ),
        Bind(do="bind", queue="work", exchange="events", type="topic", key="a.*"),
    ]
    kinds = ["publish", "publish", "event", "consume", "ack", "nack", "reject", "close"]
    running: list[str] = []
    started = 0
    for chosen in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=7)):
        if chosen == "publish":
            steps.append(Publish(do="publish", key="work", count=draw(st.integers(1, 4))))
        elif chosen == "event":
            key = draw(st.sampled_from(["a.b", "b.a"]))
            steps.append(Publish(do="publish", exchange="events", key=key))
        elif chosen == "consume":
            started += 1
            running.append(f"c{started}")
            steps.append(
                Consume(
                    do="consume",
                    consumer=running[-1],
                    queue="work",
                    prefetch=draw(st.integers(0, 2)),
                    auto_ack=draw(st.booleans()),
                )
            )
        elif running:
            consumer = draw(st.sampled_from(running))
            if chosen == "ack":
                steps.append(Ack(do="ack", consumer=consumer, count=draw(st.integers(1, 2))))
            elif chosen == "close":
                running.remove(consumer)
                steps.append(Close(do="close", consumer=consumer))
            else:
                requeue = draw(st.booleans())
                steps.append(Nack(do=chosen, consumer=consumer, requeue=requeue))
    assert mistake(steps, "work") is None
    return steps
