"""What the checks of all milestones do: run the program, look at frames, ask what it says."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from batches import HEAVY, batch, bmp, large

__all__ = ["HEAVY", "batch", "bmp", "large"]

PROGRAM = "task_processor"
MOST_HELD = 32  # tasks that a worker with one process may hold
DELAYS = "1,1,3"
START = 30  # seconds for a program to be connected, on a busy machine
PATIENCE = 40  # seconds for a command to end


# -- the program


USUAL = 1.0  # seconds from the start of a program to its end, or to its connection
MOST_PATIENT = 8
pace = 1.0  # how much slower this machine is now; by that much longer we wait


def took(seconds):
    """A program took so long."""
    global pace
    pace = min(MOST_PATIENT, max(1.0, seconds / USUAL))


def until(lab, check, seconds):
    """As lab.eventually, with more patience on a busy machine."""
    return lab.eventually(check, seconds * pace)


def settings(lab):
    """The environment that every command gets."""
    return {
        "TASK_PROCESSOR_RETRY_DELAYS": DELAYS,
        "TASK_PROCESSOR_STATE": str(lab.folder("state")),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def start(lab, *words, name, machine=""):
    return lab.start("-m", PROGRAM, *words, name=name, env=settings(lab), machine=machine)


def run(lab, *words, name, machine=""):
    """Run a command to its end. A traceback is a finding."""
    result = lab.run(
        "-m", PROGRAM, *words, name=name, env=settings(lab), machine=machine, seconds=PATIENCE
    )
    lab.crashed(result.process)
    no_streams_here(lab)
    return result


def start_submit(lab, made, name="submit"):
    words = ["submit", made.inputs, "--out", made.out, "--ops", made.ops]
    return start(lab, *words, name=name)


def submit(lab, made, name="submit"):
    """Submit a batch; the job's id. Anything but success is a finding."""
    did = f"We ran `{PROGRAM} submit` for a folder with {made.total} images."
    process = start_submit(lab, made, name)
    began = time.monotonic()
    process.wait(PATIENCE)
    took(time.monotonic() - began)
    lab.crashed(process)
    no_streams_here(lab)
    publishes = lab.wire(method="basic.publish", process=process)
    saw = f"It ended with exit code {process.code}, and published {len(publishes)} messages."
    if process.alive:
        saw = f"It was still running after {PATIENCE} seconds."
    lab.expect(process.code == 0 and publishes, "nothing-submitted", did, saw, publishes[-3:])
    return job_of(lab, process)


def job_of(lab, process):
    """The id that submit printed: the last line that is one word."""
    lines = [line.strip() for line in process.lines if line.strip()]
    word = next((line for line in reversed(lines) if " " not in line), "")
    saw = f"It printed {lines[-1]!r} last." if lines else "It printed nothing."
    lab.expect(word, "nothing-submitted", "We looked for the job's id in what submit prints.", saw)
    return word


def start_worker(lab, name="worker", disks=("disk",)):
    """A worker with one process, and these folders as its roots."""
    base = lab.folder("disk").parent  # one that is unmounted must not be made again
    roots = [word for disk in disks for word in ("--root", base / disk)]
    return start(lab, "worker", "--processes", "1", *roots, name=name)


def ready(lab, *workers):
    """Wait until the workers take messages."""
    for worker in workers:
        lab.connected(worker, START)
        if not until(lab, lambda w=worker: takes(lab, w) or not w.alive, 10):
            saw = "It is connected, and takes no messages."
            lab.fail("images-missing", f"We started `{PROGRAM} worker`.", saw)
        lab.crashed(worker)
        no_streams_here(lab)
        if not worker.alive:
            saw = f"It ended with exit code {worker.wait(0)}."
            lab.fail("ended-early", f"We started `{PROGRAM} worker`.", saw)


def takes(lab, worker, after=0):
    return lab.wire(method=("basic.consume-ok", "basic.get"), process=worker, after=after)


def done(lab, *made, seconds=8):
    """Wait until all outputs are there; whether they are."""
    return until(lab, lambda: not any(one.missing() for one in made), seconds)


def deliveries(lab, process=None, after=0):
    """Deliveries of tasks to a worker: from queues that have brought what submit published.

    A worker may read a log or orders from other queues.
    """
    sent = {event.message for event in lab.wire(method="basic.publish") if of(event, "submit")}
    got = lab.wire(method=("basic.deliver", "basic.get-ok"))
    got = [event for event in got if of(event, "worker") and event.queue not in streams(lab)]
    queues = {event.queue for event in got if event.message in sent}
    name = process.name if process else "worker"
    return [e for e in got if e.queue in queues and of(e, name) and e.number > after]


def of(event, kind):
    """Whether it passed on a connection of such programs: worker, worker-1, worker-1#2."""
    return event.connection.startswith(kind)


def streams(lab):
    """The names of streams, whose deliveries are acknowledged and never settled."""
    declared = lab.wire(method="queue.declare", sender="client")
    return {e.queue for e in declared if (e.arguments or {}).get("x-queue-type") == "stream"}


def settling(lab, name):
    """For a rule: a worker's acknowledgement of a task."""
    others = streams(lab)
    where = lambda event: event.queue not in others  # noqa: E731
    return {
        "connection": f"{name}*", "sender": "client", "method": "basic.ack", "where": where
    }  # fmt: skip


def acks(lab, process):
    """What settles deliveries: acknowledgements of a worker's, not the broker's confirms."""
    found = lab.wire(method="basic.ack", process=process, sender="client")
    return [event for event in found if event.queue not in streams(lab)]


# -- what it says


def values(text):
    """Every JSON object in what a program printed, also of arrays, and over several lines."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while (place := min((i for c in "{[" if (i := text.find(c, place)) >= 0), default=-1)) >= 0:
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError:
            place += 1
            continue
        found += value if isinstance(value, list) else [value]
    return [value for value in found if isinstance(value, dict)]


def status(lab, job, name="status", machine=""):
    """What status says: (total, done, dead). No such answer is a finding."""
    result = run(lab, "status", job, "--json", name=name, machine=machine)
    return status_in(lab, result.text, result.code)


def status_in(lab, text, code):
    for value in values(text):
        counts = value.get("counts")
        if isinstance(counts, dict) and isinstance(value.get("total"), int):
            return value["total"], counts.get("done", 0), counts.get("dead", 0)
    said = text.strip().splitlines()[-1:] or ["nothing"]
    did = f"We ran `{PROGRAM} status JOB --json`."
    lab.fail("no-status", did, f"It ended with exit code {code}, and said: {said[0][:150]}")


def dead(lab, name="dead", job=None):
    """The dead letters, of one job or all."""
    found = values(run(lab, "dead", "list", "--json", name=name).text)
    return [letter for letter in found if job is None or letter.get("job") == job]


def dead_letters(lab, least, name="dead"):
    """All of them, when there are so many; what a reader held returns a moment after it ended."""
    found = []

    def enough():
        found[:] = dead(lab, name=name)
        return len(found) >= least

    until(lab, enough, 5)
    return found


def names_in(letter, made):
    """The image of a batch that a dead letter is about, whatever field names it."""
    text = json.dumps(letter)
    return [name for name in (*made.good, *made.bad) if f"{made.inputs.name}/{name}" in text]


def results(lab, job, name="results", machine=""):
    return values(run(lab, "results", job, "--json", name=name, machine=machine).text)


def sha256(path):
    """The hash of a file; "" if there is none."""
    try:
        return hashlib.sha256(Path(os.fspath(path)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return ""


def no_streams_here(lab):
    """A program that declares a stream is not wrong where the broker has none."""
    if lab.provider == "embedded" and streams(lab):
        pytest.skip("your program declares a stream, and burrow has none")
