"""Ask questions through client.py, and write down what became of each. Given, not to be edited.

Usage: ask.py [--timeout SECONDS] [--together] QUESTION [QUESTION ...]
One question is asked after the other; with --together all of them at once, each in its own thread.
"""

import argparse
import json
import os
import threading
import time
import traceback
from pathlib import Path

import pika.exceptions
from client import Client, RemoteError

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ANSWERS = Path(__file__).with_name("answers.jsonl")
lock = threading.Lock()


def ask(client: Client, question: str, timeout: float) -> None:
    began = time.monotonic()
    try:
        outcome, value = "answer", client.call(question, timeout)
    except TimeoutError:
        outcome, value = "timeout", f"no reply within {timeout:g} s"
    except RemoteError as error:
        outcome, value = "error", str(error)
    except (ConnectionError, pika.exceptions.AMQPError) as error:
        outcome, value = "lost", repr(error)
    except Exception as error:  # client.py must raise nothing else
        traceback.print_exc()
        outcome, value = "exception", repr(error)
    seconds = round(time.monotonic() - began, 3)
    line = {"question": question, "outcome": outcome, "value": value, "seconds": seconds}
    with lock, ANSWERS.open("a", encoding="utf-8", newline="\n") as answers:
        answers.write(json.dumps(line, default=repr) + "\n")
        print(f" [.] {question}: {outcome}, {value} ({seconds:.1f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--timeout", type=float, default=3.0)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("questions", nargs="+")
    options = parser.parse_args()
    client = Client(URL)
    callers = [
        threading.Thread(target=ask, args=(client, question, options.timeout))
        for question in options.questions
    ]
    for caller in callers:
        caller.start()
        if not options.together:
            caller.join()
    for caller in callers:
        caller.join()
    client.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
