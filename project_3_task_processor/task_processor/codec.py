"""Task messages: a reference to an image and what to do with it, never its pixels.

The body is JSON of one schema; what a message says about itself stands in its AMQP properties.
"""

import json
from dataclasses import asdict, dataclass

from task_processor.errors import Permanent

SCHEMA = 1
MAX_BYTES = 64 * 1024
CONTENT_TYPE = "application/json"
TYPE = "image-task"


@dataclass(frozen=True)
class Task:
    """One image of a job. `number` counts from 1; together with `job` it names the task."""

    job: str
    number: int
    source: str
    target: str
    operations: str
    content_hash: str | None

    @property
    def key(self) -> str:
        """What the message is called: the same task has the same key, however often it is sent."""
        return f"{self.job}/{self.number}"


def encode(task: Task) -> bytes:
    """The message's body."""
    return json.dumps({"schema": SCHEMA, **asdict(task)}, separators=(",", ":")).encode("ascii")


def decode(body: bytes) -> Task:
    """The task in a message's body. Raises Permanent: malformed-message, newer-schema, not-a-task.

    Fields that we don't know are refused only together with a schema that we don't know, so that
    a newer program may add some that older workers can do without.
    """
    if len(body) > MAX_BYTES:
        raise Permanent("malformed-message", f"the message has more than {MAX_BYTES} bytes")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Permanent("not-a-task", "the message is not JSON, so it is not from us") from None
    if not isinstance(fields, dict) or "schema" not in fields:
        raise Permanent("not-a-task", "the message has no schema, so it is not from us")
    schema = fields["schema"]
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise Permanent("malformed-message", "the schema of the message is not a number")
    if schema > SCHEMA:
        raise Permanent(
            "newer-schema", f"the message has schema {schema}, this worker knows {SCHEMA}"
        )
    job, number = fields.get("job"), fields.get("number")
    texts = [fields.get(name) for name in ("source", "target", "operations")]
    content_hash = fields.get("content_hash")
    if (
        not isinstance(job, str)
        or not is_job(job)
        or type(number) is not int  # True is an int, too
        or not 1 <= number <= MOST_TASKS
        or not all(isinstance(text, str) for text in texts)
        or not (content_hash is None or isinstance(content_hash, str))
    ):
        raise Permanent("malformed-message", "a field of the message is missing or of a wrong type")
    return Task(job, number, texts[0], texts[1], texts[2], content_hash)  # type: ignore[arg-type]


MOST_TASKS = 100_000_000
JOB_DIGITS = 16


def is_job(text: str) -> bool:
    """Whether this could be a job's id: lower-case hexadecimal digits."""
    return len(text) == JOB_DIGITS and all(digit in "0123456789abcdef" for digit in text)
