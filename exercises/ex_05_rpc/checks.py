"""Checks of exercise 5: we are the server that replies late, twice, to others, or not at all."""

import contextlib
import json
import time
import uuid

import pytest

REQUESTS = "rpc_queue"


def start(lab, *questions, timeout=5.0, options=(), name=""):
    """Start ask.py; its questions come to us, since nobody else serves rpc_queue."""
    lab.declare_queue(REQUESTS, **{"x-queue-type": "quorum"})
    words = ["--timeout", timeout, *options, *questions]
    process = lab.start("ask.py", *words, name=name)
    lab.connected(process)
    return process


def question(lab):
    return f"Q{lab.random.randint(10_000, 99_999)}"


def answer(lab):
    return f"A{lab.random.randint(10_000, 99_999)}"


def results(lab):
    """What ask.py wrote down, a dictionary for each question that is over."""
    found = []
    for line in lab.file("answers.jsonl").splitlines():
        with contextlib.suppress(ValueError):  # a line that is being written
            found.append(json.loads(line))
    return found


def result(lab, number, seconds=6.0):
    """The outcome number 0, 1, ...; None if it does not come."""
    lab.eventually(lambda: len(results(lab)) > number, seconds)
    return (results(lab)[number:] or [None])[0]


def told(outcome):
    """An outcome in words."""
    if outcome is None:
        return "call() has not come back"
    if outcome["outcome"] == "answer":
        return f"call() returned {outcome['value']!r}"
    return f"call() ended with {outcome['outcome']}: {outcome['value']}"


def request(lab, process, text="", seconds=4.0):
    """Take the next request, as a server does. `text` is what it must ask, others are dropped."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.alive:
        message = lab.eventually(
            lambda: lab.get(REQUESTS) or not process.alive, deadline - time.monotonic()
        )
        if isinstance(message, bool) or message is None:
            break
        if text in message.text:
            return message
    return None


def reply(lab, message, text, **properties):
    """Reply to a request as the server of lesson 3.5 does, unless told otherwise."""
    same = {"correlation_id": message.properties.get("correlation_id"), "type": "result"}
    given = {key: value for key, value in {**same, **properties}.items() if value is not None}
    return lab.publish(text, message.properties.get("reply_to", ""), **given)


def is_answer(outcome, text):
    return outcome is not None and (outcome["outcome"], outcome["value"]) == ("answer", text)


def not_too_short(lab, process, did):
    """The first request, and after how many ms it expires, None for never."""
    publishes = lab.wire(method="basic.publish", process=process, routing_key=REQUESTS)[:1]
    text = str(publishes[0].properties.get("expiration")) if publishes else ""
    expiration = int(text) if text.isdigit() else None
    saw = f"Its request expired after {text} ms."
    early = expiration is not None and expiration < 500
    lab.expect(not early, "request-expires-too-early", did, saw, publishes)
    return publishes, expiration


@pytest.mark.task(1)
def test_a_question_gets_its_answer(lab):
    asked = [question(lab) for _ in range(2)]
    process = start(lab, *asked)
    for number, text in enumerate(asked):
        did = f"ask.py asked {text}."
        message = request(lab, process, text)
        if not message:
            not_too_short(lab, process, did)
        saw = f"No request with this text came to {REQUESTS}. {told(result(lab, number, 0))}."
        lab.expect(message, "no-request", did, saw)
        address = message.properties.get("reply_to")
        saw = "The request came, and its property reply_to is not set."
        lab.expect(address, "no-reply-address", did, saw)
        expected = answer(lab)
        did = f"ask.py asked {text}. We replied {expected}, with the request's correlation id."
        routed = reply(lab, message, expected)
        lab.expect(routed, "no-reply-address", did, f"There is no queue {address} for our reply.")
        outcome = result(lab, number)
        saw = f"{told(outcome)}."
        back = outcome is not None and outcome["outcome"] in ("answer", "exception")
        lab.expect(back, "reply-not-taken", did, saw)
        lab.expect(is_answer(outcome, expected), "answer-changed", did, saw)


@pytest.mark.task(2)
def test_silence_has_an_end(lab):
    first, second = question(lab), question(lab)
    process = start(lab, first, second, timeout=1.0)
    did = f"ask.py asked {first}, with a timeout of 1 second. We did not reply."
    outcome = result(lab, 0, 4)
    saw = f"{told(outcome)}, after {outcome['seconds'] if outcome else 4:.1f} seconds."
    lab.expect(outcome, "waits-forever", did, saw)
    lab.expect(outcome["outcome"] == "timeout", "silence-not-told", did, saw)
    lab.expect(0.8 < outcome["seconds"] < 2.2, "timeout-of-its-own", did, saw)
    publish, expiration = not_too_short(lab, process, did)
    saw = "Its request " + (f"expires in {expiration} ms." if expiration else "never expires.")
    short = expiration is not None and expiration <= 2000
    lab.expect(short, "request-outlives-its-caller", did, saw, publish)
    message = request(lab, process, second)
    did = f"After that timeout ask.py asked {second}. We replied at once."
    expected = answer(lab)
    if message:
        reply(lab, message, expected)
    outcome = result(lab, 1, 4)
    saw = f"{told(outcome)}." if message else f"No request came. {told(outcome)}."
    lab.expect(is_answer(outcome, expected), "unusable-after-a-timeout", did, saw)


def nobodys(lab):
    """A correlation id that no request had."""
    return str(uuid.UUID(int=lab.random.getrandbits(128)))


@pytest.mark.task(3)
def test_only_its_own_reply_counts(lab):
    same, last = question(lab), question(lab)
    process = start(lab, same, same, last, timeout=1.2)
    wrong, right, next_right = "98", answer(lab), answer(lab)
    did = f"ask.py asked {same}, with a timeout of 1.2 seconds. Four times a second we sent a "
    did += "reply that belongs to nobody."
    late = request(lab, process, same)
    for _ in range(12):
        if late and not results(lab):
            reply(lab, late, wrong, correlation_id=nobodys(lab))
            lab.eventually(lambda: results(lab), 0.25)
    outcome = result(lab, 0, 0)
    saw = f"After 3 seconds, {told(outcome)}."
    lab.expect(outcome is None or outcome["value"] != wrong, "reply-not-compared", did, saw)
    lab.expect(outcome, "clock-starts-again", did, saw)

    did = f"After a timeout ask.py asked {same} again. First came our reply to the question "
    did += "before, then one without a correlation id, then the right one, twice."
    message, old = request(lab, process, same), answer(lab)
    if late and message:
        reply(lab, late, old)
        reply(lab, message, wrong, correlation_id=None)
        reply(lab, message, right)
        reply(lab, message, right)
    outcome = result(lab, 1, 4)
    saw = f"Instead of {right!r}, {told(outcome)}."
    if outcome is not None and outcome["value"] in (old, wrong):
        ids = [m.properties.get("correlation_id") for m in (late, message)]
        seen = f"{saw} Both requests had the correlation id {ids[0]!r}."
        lab.expect(not ids[0] or ids[0] != ids[1], "correlation-id-reused", did, seen)
        lab.fail("reply-not-compared", did, saw)
    lab.expect(is_answer(outcome, right), "foreign-reply-breaks-it", did, saw)

    if message := request(lab, process, last):
        reply(lab, message, next_right)
    outcome = result(lab, 2, 4)
    did = f"After a reply that came twice ask.py asked {last}, and we replied."
    saw = f"Instead of {next_right!r}, {told(outcome)}."
    compared = outcome is None or outcome["value"] != right
    lab.expect(compared, "correlation-id-reused", did, saw)
    lab.expect(is_answer(outcome, next_right), "foreign-reply-breaks-it", did, saw)


@pytest.mark.task(4)
def test_an_error_is_an_answer_too(lab):
    asked = [question(lab) for _ in range(3)]
    process = start(lab, *asked, timeout=2.0)
    words = f"ValueError: {lab.random.randint(10_000, 99_999)} is no town"
    texts, kinds, outcomes = [words, answer(lab), answer(lab)], ["error", "result", None], []
    for number in range(3):
        if message := request(lab, process, asked[number]):
            reply(lab, message, texts[number], type=kinds[number])
        outcomes.append(result(lab, number, 4))
    did = f"ask.py asked {asked[0]}. We replied with type 'error' and the text {words!r}."
    saw = f"{told(outcomes[0])}."
    kind = outcomes[0]["outcome"] if outcomes[0] else None
    lab.expect(kind != "answer", "error-taken-for-an-answer", did, saw)
    later = f"After that error ask.py asked {asked[1]}, and we replied {texts[1]!r}."
    works = is_answer(outcomes[1], texts[1])
    lab.expect(works, "error-breaks-the-client", later, f"{told(outcomes[1])}.")
    lab.expect(kind not in (None, "timeout"), "error-not-told", did, saw)
    lab.expect(kind == "error", "error-breaks-the-client", did, saw)
    lab.expect(words in outcomes[0]["value"], "error-without-words", did, saw)
    did = f"ask.py asked {asked[2]}. We replied {texts[2]!r}, without a type."
    works = is_answer(outcomes[2], texts[2])
    lab.expect(works, "error-breaks-the-client", did, f"{told(outcomes[2])}.")


@pytest.mark.task(5)
def test_many_callers_share_one_connection(lab):
    asked = lab.random.sample([f"Q{n}" for n in range(10_000, 99_999)], 6)
    process = start(lab, *asked, timeout=3.0, options=["--together"])
    messages = []
    while len(messages) < 6 and (message := request(lab, process, seconds=1.5)):
        messages.append(message)
    opened = lab.wire(method="connection.open-ok", process=process)
    did = "ask.py asked 6 questions at the same time, each in a thread of its own."
    saw = f"It opened {len(opened)} connections."
    lab.expect(len(opened) < 3, "connection-per-call", did, saw, opened)
    broken = [r for r in results(lab) if r["outcome"] in ("exception", "lost")]
    saw = f"{told(broken[0])}." if broken else ""
    lab.expect(not broken, "connection-shared-by-threads", did, saw)
    saw = f"Before the first reply {len(messages)} of 6 requests had come."
    lab.expect(len(messages) == 6, "one-at-a-time", did, saw)
    expected = {message.text: answer(lab) + message.text for message in messages}
    for message in reversed(messages):
        reply(lab, message, expected[message.text])
    result(lab, 5)
    found = {r["question"]: r for r in results(lab)}
    did = f"{did} We replied in the opposite order."
    for text in asked:
        outcome = found.get(text)
        saw = f"For {text} the reply was {expected[text]!r}. {told(outcome)}."
        mixed = outcome is not None and outcome["value"] in expected.values()
        lab.expect(is_answer(outcome, expected[text]) or not mixed, "matched-by-order", did, saw)
        lab.expect(is_answer(outcome, expected[text]), "connection-shared-by-threads", did, saw)


@pytest.mark.task(6)
def test_nothing_is_left_behind(lab):
    asked = [[question(lab) for _ in range(3)] for _ in range(2)]
    clients = [start(lab, *texts, name=f"ask-{n}") for n, texts in enumerate(asked, start=1)]
    addresses = {client.name: [] for client in clients}
    for _ in range(6):
        message = lab.eventually(lambda: lab.get(REQUESTS), 4)
        if message:
            owner = clients[0 if message.text in asked[0] else 1]
            addresses[owner.name].append(message.properties["reply_to"])
            reply(lab, message, answer(lab))
    did = "Two programs with a client each asked 3 questions."
    shared = set(addresses["ask-1"]) & set(addresses["ask-2"])
    saw = f"Both wait for their replies in the queue {', '.join(shared)}."
    lab.expect(not shared, "reply-queue-shared", did, saw)
    for client in clients:
        saw = f"{client.name} had its answers and called close(), and still runs after 4 seconds."
        lab.expect(client.wait(4) is not None, "does-not-end", did, saw)
        lab.crashed(client)
        made = lab.wire(method="queue.declare-ok", process=client)
        gone = lab.wire(method="queue.delete-ok", process=client)
        saw = f"One of them made {len(made)} reply queues and deleted {len(gone)} while it ran."
        lab.expect(len(made) - len(gone) < 3, "reply-queue-per-call", did, saw, made)
        held = lab.wire(method="tap.requeued", process=client)
        saw = f"It left {len(held)} replies unacknowledged."
        lab.expect(not held, "replies-not-acknowledged", did, saw, held)
        names = {a for a in addresses[client.name] if not a.startswith("amq.rabbitmq.reply-to")}
        lab.eventually(lambda n=names: not any(map(lab.queue, n)), 2)
        left = [name for name in names if lab.queue(name)]
        saw = f"It has ended, and its reply queue {', '.join(left)} is still there."
        lab.expect(not left, "reply-queue-left", did, saw)


@pytest.mark.task(6)
def test_a_broken_connection_is_told_at_once(lab):
    first, second = question(lab), question(lab)
    process = start(lab, first, second, timeout=15.0)
    request(lab, process, first)
    before = time.monotonic()
    lab.cut(process)
    did = f"While ask.py waited for the reply to {first}, with a timeout of 15 seconds, we cut its "
    did += "connection."
    outcome = None
    while outcome is None and time.monotonic() < before + 5:
        if message := lab.get(REQUESTS):  # a client may come back and ask again
            reply(lab, message, "again")
        outcome = result(lab, 0, 0.1)
    saw = f"{told(outcome)}, 5 seconds later." if outcome is None else f"{told(outcome)}."
    lab.expect(outcome and outcome["outcome"] in ("lost", "answer"), "deaf-to-a-break", did, saw)
    while len(results(lab)) < 2 and time.monotonic() < before + 9:
        if message := lab.eventually(lambda: lab.get(REQUESTS), 0.1):
            reply(lab, message, "again")
    outcome = result(lab, 1, 0)
    did = f"{did} Then it asked {second}."
    saw = f"{told(outcome)}."
    lab.expect(outcome and outcome["outcome"] in ("lost", "answer"), "deaf-to-a-break", did, saw)
    saw = "It called close(), and still runs after 4 seconds."
    lab.expect(process.wait(4) is not None, "does-not-end", did, saw)
    lab.crashed(process)
