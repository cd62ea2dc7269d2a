"""A small quiz with one question of every type."""

from course.quiz.models import Question, QuizFile

SAMPLE = r'''
schema_version = 1
module = 3
title = "A sample: #1, 100 % {real}"
sitting = 8

[[objectives]]
id = "topics"
lesson = "3.4"
text = "Write binding keys."

[[questions]]
id = "one"
lesson = "3.4"
objective = "topics"
type = "single"
difficulty = 1
prompt = "Which?"
explanation = "Because."
source = "module_3/04_topics/README.md#the-idea"
hints = ["Look.", "Look again."]

[[questions.options]]
text = "the right one"
correct = true
why = "Yes."

[[questions.options]]
text = "a wrong one"
why = "No."

[[questions.options]]
text = "another"
why = "No, neither."

[[questions]]
id = "some"
lesson = "3.4"
objective = "topics"
type = "multiple"
difficulty = 1
prompt = "Which ones?"
explanation = "Because."
source = "https://www.rabbitmq.com/docs/exchanges"

[[questions.options]]
text = "right A"
correct = true
why = "Yes, A."

[[questions.options]]
text = "right B"
correct = true
why = "Yes, B."

[[questions.options]]
text = "wrong C"
why = "No, C."

[[questions]]
id = "row"
lesson = "3.4"
objective = "topics"
type = "order"
difficulty = 1
prompt = "In which order?"
explanation = "Because."
source = "module_3/README.md"
items = [
    { text = "first", why = "It begins." },
    { text = "second", why = "It goes on." },
    { text = "third", why = "It ends -> there." },
]

[[questions]]
id = "seconds"
lesson = "3.4"
objective = "topics"
type = "number"
difficulty = 1
prompt = "How long?"
explanation = "Because."
source = "module_3/README.md"
answer = 2.5
tolerance = 0.5
unit = "s"
wrong = [{ value = 4, why = "Too long." }]

[[questions]]
id = "word"
lesson = "3.4"
objective = "topics"
type = "text"
difficulty = 1
prompt = "Its name?"
explanation = "Because."
source = "module_3/README.md"
accept = ["alternate exchange", "AE"]
wrong = [{ value = "dead letter exchange", why = "That is for messages that were in a queue." }]

[[questions]]
id = "pattern"
lesson = "3.4"
objective = "topics"
type = "route"
difficulty = 2
prompt = "Everything critical."
explanation = "Because."
source = "module_3/README.md"
wrong = [
    { value = "*.critical", why = "A star is one word." },
    { value = "#.critical.#.x.#", why = "Three are too many." },
]

[questions.route]
task = "pattern"
exchange_type = "topic"
probes = [
    { key = "critical", wanted = true },
    { key = "a.critical", wanted = true },
    { key = "a.b.critical", wanted = true },
    { key = "a.criticals", wanted = false },
]
answers = ["#.critical"]

[[questions]]
id = "queues"
lesson = "3.4"
objective = "topics"
type = "route"
difficulty = 2
prompt = "Who gets it?"
explanation = "Because."
source = "module_3/README.md"
wrong = [{ value = ["one", "two"], why = "The dot matters." }]

[questions.route]
task = "queues"
exchange_type = "topic"
bindings = [
    { queue = "one", key = "a.*" },
    { queue = "two", key = "a*" },
    { queue = "one", key = "#" },
]
key = "a.b"
answer = ["one"]

[[questions]]
id = "run"
lesson = "3.4"
objective = "topics"
type = "predict"
difficulty = 2
prompt = "What does it print?"
explanation = "Because."
source = "module_3/README.md"
wrong = [{ value = "1", why = "Nothing was published." }]

[questions.predict]
code = """
import os

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
queue = connection.channel().queue_declare(queue="", exclusive=True)
print("counting")
print(queue.method.message_count)
connection.close()
"""
answer = "0"

[[questions]]
id = "count"
lesson = "3.4"
objective = "topics"
type = "state"
difficulty = 2
prompt = "How many are unacked?"
explanation = "Because."
source = "module_3/README.md"
ask = "unacked"
queue = "tasks"
answer = 2
wrong = [{ value = 3, why = "The prefetch count holds one back." }]
steps = [
    { do = "declare", queue = "tasks" },
    { do = "publish", key = "tasks", count = 3 },
    { do = "consume", consumer = "worker", queue = "tasks", prefetch = 2 },
]
'''


def sample() -> QuizFile:
    import tomllib

    return QuizFile.model_validate(tomllib.loads(SAMPLE))


def question(name: str) -> Question:
    return next(question for question in sample().questions if question.id == name)
