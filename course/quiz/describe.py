"""Questions in words: as Markdown for the terminal and for export."""

from course.quiz.models import Multiple, Number, Order, Predict, Question, Route, State
from course.quiz.parts import PatternTask, QueuesTask
from course.quiz.steps import Ack, Bind, Close, Consume, Declare, Expire, Publish, Step


def body(question: Question) -> str:
    """The prompt, the code, and what the question is about; without the options."""
    parts = [question.prompt.strip()]
    if question.code:
        parts.append(fenced(question.code))
    if isinstance(question, Predict):
        parts.append(fenced(question.predict.code))
    if isinstance(question, State):
        steps = (f"{n}. {sentence(step)}" for n, step in enumerate(question.steps, start=1))
        parts.append("\n".join(steps))
    if isinstance(question, Route) and isinstance(question.route, QueuesTask):
        parts.append(_bindings(question.route))
    return "\n\n".join(parts)


def how_to_answer(question: Question) -> str:
    """What to type, where numbers stand before the options."""
    if isinstance(question, Order):
        return "Their numbers in the right order"
    if isinstance(question, Multiple):
        return "All right ones, by number, with spaces"
    if isinstance(question, Route):
        if isinstance(question.route, PatternTask):
            several = question.route.at_most > 1
            return "Binding keys, with spaces" if several else "A binding key"
        return "The queues' numbers, with spaces; 0 for none"
    if isinstance(question, Predict) and not question.options:
        return "The last line that it prints"
    if isinstance(question, Number):
        return f"A number, in {question.unit}" if question.unit else "A number"
    return "A number" if isinstance(question, State) else "Your answer"


def sentence(step: Step) -> str:
    """A step, as it is said to a learner."""
    if isinstance(step, Declare):
        return _declared(step)
    if isinstance(step, Bind):
        return (
            f"The queue `{step.queue}` is bound to the {step.type} exchange `{step.exchange}` "
            f"with the key {_key(step.key)}."
        )
    if isinstance(step, Publish):
        what = "A message is" if step.count == 1 else f"{step.count} messages are"
        if not step.exchange:
            return f"{what} published to the queue `{step.key}`."
        return f"{what} published to the exchange `{step.exchange}` with the key {_key(step.key)}."
    if isinstance(step, Consume):
        if step.auto_ack:
            how = "with automatic acknowledgement"
        else:
            limit = step.prefetch or "no limit"
            how = f"with manual acknowledgement and a prefetch count of {limit}"
        return f"The consumer `{step.consumer}` starts on `{step.queue}`, {how}."
    if isinstance(step, Close):
        return f"The connection of `{step.consumer}` ends."
    if isinstance(step, Expire):
        return f"The time to live passes for everything that is in `{step.queue}` now."
    many = "its oldest delivery" if step.count == 1 else f"its {step.count} oldest deliveries"
    if isinstance(step, Ack):
        return f"`{step.consumer}` acknowledges {many}."
    verb = "rejects" if step.do == "reject" else "nacks"
    return f"`{step.consumer}` {verb} {many}, with `requeue={step.requeue}`."


def fenced(code: str, language: str = "python") -> str:
    """A fence that no line of the code can end."""
    fence = "```"
    while fence in code:
        fence += "`"
    code = code.strip("\n")
    return f"{fence}{language}\n{code}\n{fence}"


def _declared(step: Declare) -> str:
    words = f"The durable {step.kind} queue `{step.queue}` is declared"
    more = []
    if step.max_length is not None:
        more.append(f"holds at most {step.max_length} ready")
    if step.ttl_ms is not None:
        more.append(f"lets messages expire after {step.ttl_ms} ms")
    if step.dead_letter_to is not None:
        more.append(f"sends dead letters to `{step.dead_letter_to}`")
    return f"{words}{'; it ' if more else ''}{' and '.join(more)}."


def _bindings(task: QueuesTask) -> str:
    rows = [f"| `{binding.queue}` | {_key(binding.key)} |" for binding in task.bindings]
    head = ["| queue | bound with |", "| --- | --- |"]
    return "\n".join([*head, *rows]) + f"\n\nThe message's routing key: {_key(task.key)}"


def _key(key: str) -> str:
    return f"`{key}`" if key else '`""` (empty)'
