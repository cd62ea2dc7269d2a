"""Judges the answers that a lab decides: route, predict and state."""

from collections.abc import Sequence

from course.quiz.lab import Lab, Refused, Topology
from course.quiz.models import Predict, Route, State
from course.quiz.parts import PatternTask, QueuesTask, WrongQueues, WrongText
from course.quiz.verdict import Answer, Note, Verdict
from course.quiz.words import fold, patterns

QUEUE = "learn_quiz"
EMPTY = '""'


def pattern(question: Route, answer: str, lab: Lab) -> Verdict:
    """The learner's bindings are built, and every probe published."""
    task = question.route
    assert isinstance(task, PatternTask)  # noqa: S101 - the file's validation holds it
    bindings = patterns(answer)
    known = _known_patterns(question, bindings)
    right = " or ".join(task.answers)
    topology = Topology(task.exchange_type, tuple((QUEUE, key) for key in bindings))
    try:
        arrived = lab.route(topology, [probe.key for probe in task.probes])
    except Refused as refusal:
        notes = (Note(answer.strip(), False, f"The broker refuses it: {refusal}."), *known)
        return Verdict(0, right, notes, evidence=evidence(lab))
    rows = [("routing key", "arrived", "wanted", "")]
    good = True
    for probe in task.probes:
        came = bool(arrived[probe.key])
        good = good and came == probe.wanted
        sign = "" if came == probe.wanted else "not as wanted"
        rows.append((probe.key or EMPTY, _yes(came), _yes(probe.wanted), sign))
    return Verdict(
        float(good), right, () if good else known, table=tuple(rows), evidence=evidence(lab)
    )


def queues(question: Route, answer: tuple[int, ...], lab: Lab) -> Verdict:
    """The bindings of the question are built, and its message published."""
    task = question.route
    assert isinstance(task, QueuesTask)  # noqa: S101 - the file's validation holds it
    bindings = tuple((binding.queue, binding.key) for binding in task.bindings)
    topology = Topology(task.exchange_type, bindings)
    try:
        arrived = lab.route(topology, [task.key])[task.key]
    except Refused as refusal:
        return Verdict(0, "", surprise=f"The broker refuses a binding: {refusal}.")
    ticked = {task.queues[n] for n in answer}
    rows = [("queue", "bound with", "got it", "your answer")]
    for queue in task.queues:
        keys = " ".join(key or EMPTY for name, key in bindings if name == queue)
        rows.append((queue, keys, _yes(queue in arrived), _yes(queue in ticked)))
    good = ticked == set(arrived)
    notes = tuple(
        Note(", ".join(wrong.value) or "none", False, wrong.why)
        for wrong in question.wrong
        if isinstance(wrong, WrongQueues) and set(wrong.value) == ticked and not good
    )
    surprise = ""
    if set(arrived) != set(task.answer):
        surprise = _surprise(", ".join(task.answer) or "none", ", ".join(arrived) or "none")
    right = ", ".join(arrived) or "none"
    return Verdict(float(good), right, notes, tuple(rows), evidence(lab), surprise)


def predict(question: Predict, answer: str, lab: Lab) -> Verdict:
    """The script is run; its last line decides."""
    line = lab.last_line(question.predict)
    good = fold(answer) == fold(line)
    if question.options:
        shown = [o for o in question.options if fold(o.text) in (fold(answer), fold(line))]
        shown.sort(key=lambda option: fold(option.text) != fold(answer))  # what was chosen first
        notes = tuple(Note(o.text, fold(o.text) == fold(line), o.why) for o in shown)
    else:
        notes = () if good else known(question.wrong, answer)
    expected = question.predict.answer
    surprise = "" if fold(line) == fold(expected) else _surprise(expected, line)
    how = "As recorded: no broker ran it." if lab.simulated else f"Run on {lab.describe()}."
    return Verdict(float(good), line, notes, evidence=how, surprise=surprise)


def state(question: State, answer: str, lab: Lab) -> Verdict:
    """The steps are taken, and the messages counted."""
    counts = lab.count(question.steps, question.queue)
    number = {
        "ready": counts.ready,
        "unacked": counts.unacked,
        "redelivered": counts.redelivered,
    }[question.ask]
    good = float(answer) == number
    notes = tuple(
        Note(answer.strip(), False, wrong.why)
        for wrong in question.wrong
        if wrong.value == float(answer) and not good
    )
    rows = (
        ("queue", "ready", "unacked", "redelivered"),
        (question.queue, str(counts.ready), str(counts.unacked), str(counts.redelivered)),
    )
    surprise = "" if number == question.answer else _surprise(str(question.answer), str(number))
    return Verdict(float(good), str(number), notes, rows, evidence(lab), surprise)


def known(wrong: Sequence[WrongText], answer: str) -> tuple[Note, ...]:
    """The note on an answer that the file knows to be wrong."""
    return tuple(
        Note(answer.strip(), False, entry.why)
        for entry in wrong
        if fold(entry.value) == fold(answer)
    )


def wrong_routes(question: Route) -> list[Answer]:
    """The wrong answers that the file lists, in the shape that `judge` takes."""
    found: list[Answer] = []
    for wrong in question.wrong:
        if isinstance(wrong, WrongText):
            found.append(wrong.value)
        elif isinstance(question.route, QueuesTask):
            places = enumerate(question.route.queues)
            found.append(tuple(n for n, queue in places if queue in wrong.value))
    return found


def evidence(lab: Lab) -> str:
    """Who decided, in one line."""
    return "Simulated: no broker here." if lab.simulated else f"Seen on {lab.describe()}."


def _known_patterns(question: Route, bindings: list[str]) -> tuple[Note, ...]:
    return tuple(
        Note(wrong.value, False, wrong.why)
        for wrong in question.wrong
        if isinstance(wrong, WrongText) and sorted(patterns(wrong.value)) == sorted(bindings)
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _surprise(expected: str, seen: str) -> str:
    return f"The quiz file expects {expected!r}, and here it was {seen!r}. What happened counts."
