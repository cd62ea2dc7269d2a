"""An event in a few words, for people. Those that teach a beginner nothing have none."""

from __future__ import annotations

from course.tap.event import Event

_TOLD = {
    "connection.blocked": "blocked: publish no more",
    "connection.unblocked": "go on publishing",
    "basic.get-empty": "the queue is empty",
    "basic.cancel": "your consumer is cancelled",
}
KNOWN = 10_000  # messages whose label is remembered


class Labels:
    """Short names for messages, m1, m2, ..., in the order in which they are seen.

    What was published past the tap is known by its delivery only.
    """

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._count = 0

    def of(self, event: Event) -> str:
        """Of the one message that the event is about."""
        return self._of(event.message or self._delivery(event, event.delivery_tag))

    def all_of(self, event: Event) -> list[str]:
        """Of the messages that the event settles."""
        tags = event.delivery_tags or ()
        known = event.messages or (None,) * len(tags)
        return [
            self._of(message or self._delivery(event, tag))
            for message, tag in zip(known, tags, strict=True)
        ]

    def _delivery(self, event: Event, tag: int | None) -> str:
        return f"{event.connection} {event.channel} {tag}"

    def _of(self, message: str) -> str:
        if message not in self._labels:
            self._count += 1
            self._labels[message] = f"m{self._count}"
            if len(self._labels) > KNOWN:
                del self._labels[next(iter(self._labels))]
        return self._labels[message]


def words(event: Event, labels: Labels) -> str:
    """For example 'publish m1 "task 1"'; "" for the events that are left out."""
    method = event.method
    if method == "basic.publish":
        return f"publish {labels.of(event)} {_body(event)}"
    if method in ("basic.deliver", "basic.get-ok"):
        return _delivery(event, labels)
    if method in ("basic.ack", "basic.nack", "basic.reject"):
        return _settled(event, labels)
    if method == "basic.return":
        return f"return {labels.of(event)}: {event.reply_text}"
    if method == "tap.requeued":
        return f"{labels.of(event)} is requeued (inferred)"
    if method in ("channel.close", "connection.close") and (event.reply_code or 0) > 200:
        return f"error {event.reply_code}: {event.reply_text}"
    if method == "tap.closed":
        if event.sender == "tap":
            return "connection ended by the tap"
        return str(event.reply_text).removeprefix("the client ").removeprefix("the ")
    if method in ("tap.fault", "tap.malformed"):
        return "" if event.fault == "cut" else str(event.reply_text)
    if event.sender == "client":
        return _asked(event)
    return _TOLD.get(method, "")


def _delivery(event: Event, labels: Labels) -> str:
    if event.redelivered:
        return f"deliver {labels.of(event)}, redelivered"
    mark = ", auto-ack" if event.auto_ack else ""
    return f"deliver {labels.of(event)}{mark} {_body(event)}"


def _settled(event: Event, labels: Labels) -> str:
    known = labels.all_of(event)
    what = " ".join(known)
    if len(known) > 3:
        what = f"{known[0]} to {known[-1]}, {len(known)} of them"
    what = what or f"delivery {event.delivery_tag}"
    name = event.method.removeprefix("basic.")
    if event.sender == "broker":
        return f"{'confirm' if name == 'ack' else 'refuse'} {what}"
    if name == "ack":
        return f"ack {what}"
    return f"{name} {what}, {'requeue' if event.requeue else 'do not requeue'}"


def _asked(event: Event) -> str:
    """What a client asks for, apart from messages and acknowledgements."""
    place = event.queue or "a new queue"
    asked = {
        "queue.declare": f"declare {place}",
        "queue.bind": f"bind {place} to {event.exchange}",
        "queue.unbind": f"unbind {place} from {event.exchange}",
        "queue.purge": f"purge {place}",
        "queue.delete": f"delete {place}",
        "exchange.declare": f"declare {event.exchange} ({event.exchange_type})",
        "exchange.delete": f"delete {event.exchange}",
        "exchange.bind": f"bind {event.destination} to {event.source}",
        "basic.qos": f"prefetch {event.prefetch}",
        "basic.consume": f"consume {place}",
        "basic.get": f"get from {place}",
        "basic.cancel": "cancel the consumer",
        "basic.recover": "recover what is unacknowledged",
        "confirm.select": "ask for confirms",
        "tx.commit": "commit",
        "tx.rollback": "roll back",
    }
    return asked.get(event.method, "")


def _body(event: Event) -> str:
    """The beginning of the body, fit for a terminal: no control characters."""
    text = (event.preview or "")[:40]
    return '"' + "".join(sign if sign.isprintable() else "?" for sign in text) + '"'
